"""``python -m components.prepare KEY``: make plain arrays in ``data/arrays/KEY`` of what was downloaded."""

from pathlib import Path

from components.datasets.arrays import hash_arrays, write_spec
from components.datasets.command import read_command
from components.datasets.splitting import Plan, plan_parts
from components.files import atomic_folder
from components.params import SPLITS, ImageSpec, Spec, TextSpec, UserError, run_step


def main() -> None:
    """Prepare one data set."""
    params, key, dataset = read_command("prepare", "Split a downloaded data set into plain arrays.")
    from components.datasets.raw import Raw

    raw = Raw(key, dataset, Path("data/raw") / key)
    plan = plan_parts(key, raw.splits, dataset.validation, dataset.test)
    with atomic_folder(Path("data/arrays") / key) as draft:
        if dataset.kind == "image":
            from components.datasets.image import prepare_images

            described = prepare_images(raw, plan, params.seed, draft)
        else:
            from components.datasets.text import prepare_text

            described = prepare_text(raw, plan, params.seed, draft)
        check_parts(key, plan, described["counts"])
        kind = ImageSpec if dataset.kind == "image" else TextSpec
        spec: Spec = kind(name=key, source=raw.source, arrays=hash_arrays(draft), **described)
        write_spec(draft, spec)
    unit = "images" if dataset.kind == "image" else "characters"
    print(f"{key}: " + ", ".join(f"{part} {spec.counts[part]:,}" for part in SPLITS) + f" {unit}")


def check_parts(key: str, plan: Plan, counts: dict[str, int]) -> None:
    """Refuse a part that was asked for and holds nothing."""
    for shares in plan.values():
        for part, share in shares.items():
            if share and not counts[part]:
                raise UserError(f"datasets.{key}: no example for {part}, of which it is to have a share of {share:g}")


if __name__ == "__main__":
    run_step(main)

"""Register a trained model with MLflow: ``python -m components.register NAME``, or ``--all`` to fill a record again."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from components.files import write_json
from components.params import Params, UserError, load, run_step

if TYPE_CHECKING:
    from components.registry.trained import Trained

__all__ = ["main", "receipt"]


def main() -> None:
    """One version for each set of weights, alias ``candidate``, if it passes ``challenger``; a receipt for DVC."""
    parser = argparse.ArgumentParser(prog="python -m components.register", description=__doc__)
    parser.add_argument("name", nargs="?", help="a model of params.yaml")
    parser.add_argument("--all", action="store_true", help="fill a new database or server from what lies in artifacts/")
    arguments = parser.parse_args()
    if arguments.all == bool(arguments.name):
        parser.error("give the name of a model, or --all")
    params = load()
    if arguments.name:
        params.model(arguments.name)
    names = _all_trained(params) if arguments.all else [arguments.name]

    from components.registry.trained import read_trained

    models = [read_trained(name, params.seed) for name in names]

    from components.registry.challenger import read_verdicts
    from components.registry.references import register_reference
    from components.registry.versions import register

    for folder in sorted(Path("artifacts/reference").glob("*")) if arguments.all else []:
        register_reference(folder, Path(f"artifacts/metrics/reference/{folder.name}.json"))

    for trained in models:
        version = register(trained, params.gate)
        print(
            f"{trained.name}: models:/{trained.name}/{version.version}, {', '.join(sorted(version.aliases))}",
            flush=True,
        )
        for verdict in read_verdicts(version):
            if not verdict.passed:
                print(f"{trained.name}: gate: {verdict.rule} {verdict}", flush=True)
        if not arguments.all:
            write_json(Path("artifacts/registry", f"{trained.name}.json"), receipt(trained))


def receipt(trained: "Trained") -> dict[str, str]:
    """Hashes of what the version was made from: the same in every run, so DVC can keep it."""
    from components.registry.lineage import data_hash, parameters_hash

    return {
        "data": data_hash(trained.spec),
        "parameters": parameters_hash(trained.config, trained.seed),
        "weights": trained.weights,
    }


def _all_trained(params: Params) -> list[str]:
    present = [name for name in params.models if Path("artifacts/models", name).exists()]
    if not present:
        raise UserError(
            "artifacts/models holds none of the models; `dvc checkout`, `dvc pull` or `dvc repro` brings them"
        )
    for name in params.models:
        if name not in present:
            print(f"{name}: left out, artifacts/models/{name} does not exist", flush=True)
    return present


if __name__ == "__main__":
    run_step(main)

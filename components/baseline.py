"""Judge what no model made, by what models are judged by: ``python -m components.baseline KEY``.

Real examples of the training split (of a text: of the test split) are the floor of every metric of samples, noise is
the ceiling: without them a number says nothing. Writes ``artifacts/metrics/baselines/KEY.json``.
"""

from pathlib import Path
from typing import Any

import numpy as np

from components.datasets.arrays import Arrays, open_arrays
from components.datasets.command import read_command
from components.files import write_json
from components.params import ImageSpec, Params, TextSpec, run_step

__all__ = ["main"]


def main() -> None:
    """Judge the baselines of the data set that the command line names."""
    params, name, _ = read_command("baseline", "Judge real examples and noise as if a model had made them.")
    data = open_arrays(Path("data/arrays") / name)
    found = _images(data, data.spec, params) if isinstance(data.spec, ImageSpec) else _texts(data, data.spec, params)
    write_json(Path(f"artifacts/metrics/baselines/{name}.json"), found)
    print(f"{name}: judged {' and '.join(found)}")


def _images(data: Arrays, spec: ImageSpec, params: Params) -> dict[str, Any]:
    from components.evaluation.reference import open_eye
    from components.evaluation.samples import Judge

    options, random = params.evaluation, np.random.default_rng(params.seed)
    folder = Path("artifacts/reference") / spec.name
    judge = Judge(data, folder, open_eye(folder, options.batch_size), options, params.seed)
    train = data.split("train")
    size = min(options.samples, len(train) // options.sample_seeds)
    chosen = random.choice(len(train), (options.sample_seeds, size), replace=False)
    real = [train[np.sort(rows)] for rows in chosen]
    shape = (options.samples, *spec.shape)
    noise = [random.integers(spec.levels, size=shape, dtype=np.uint8) for _ in range(options.sample_seeds)]
    return {spec.floor: judge(real, new=False), spec.ceiling: judge(noise)}


def _texts(data: Arrays, spec: TextSpec, params: Params) -> dict[str, Any]:
    from components.evaluation.text import baselines

    shape = (params.evaluation.texts, params.evaluation.text_length)
    found = baselines(data.split("test"), data.split("train"), len(spec.vocabulary), shape, params.seed)
    return {spec.floor: found["test"], spec.ceiling: found["uniform"]}


if __name__ == "__main__":
    run_step(main)

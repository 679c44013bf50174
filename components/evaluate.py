"""Ask a trained model all that it can answer, on the test split: ``python -m components.evaluate NAME``.

Reads ``artifacts/models/NAME`` and the test split of its data set; writes ``artifacts/metrics/NAME.json`` and, into
``artifacts/evaluation/NAME``, ``samples``, ``reconstructions`` and ``walk`` as far as the model has them. What that
cost goes to ``artifacts/costs``, for a time is no result.
"""

import argparse
import math
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from components import pictures
from components.costs import record_costs
from components.datasets.arrays import open_arrays
from components.evaluation import SEPARATOR
from components.evaluation.finding import find_model
from components.files import atomic_folder, sha256, write_json
from components.params import Evaluation, UserError, did_you_mean, load, run_step

if TYPE_CHECKING:
    import numpy as np

    from components.models.contract import Family

__all__ = ["main"]

TEXTS = 3  # texts in the file of samples


def main() -> None:
    """Evaluate the model that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m components.evaluate", description="Measure a trained model.")
    parser.add_argument("name", metavar="NAME", help="a model of params.yaml")
    name = parser.parse_args().name
    params = load()
    if name not in params.models:
        raise UserError(f"params.yaml: models: no model is named {name!r}{did_you_mean(name, params.models)}")
    folder = find_model(name, params)
    data = open_arrays(Path("data/arrays") / params.models[name].dataset)

    import keras

    from components.models import storage

    keras.utils.set_random_seed(params.seed)
    model = storage.load(folder)
    if model.spec != data.spec:
        raise UserError(f"{folder}: trained on other data than {data.folder}; `dvc repro train@{name}` trains it anew")

    start = time.perf_counter()
    examine = _examine_text if data.spec.kind == "text" else _examine_images
    with atomic_folder(Path("artifacts/evaluation") / name) as draft:
        metrics = examine(model, data.split("test"), params.evaluation, params.seed, draft)
    metrics["parameters"] = sum(math.prod(variable.shape) for variable in model.trainable_variables)
    write_json(Path(f"artifacts/metrics/{name}.json"), metrics)

    weights = sha256(folder / "model.safetensors")
    record_costs(name, weights, "evaluation", {"seconds": time.perf_counter() - start})
    record_costs(name, weights, "sampling", _sampling(model, params.evaluation, params.seed))
    print(f"{name}: {', '.join(_spoken(metrics))}")


def _examine_images(
    model: "Family", test: "np.ndarray", options: Evaluation, seed: int, folder: Path
) -> dict[str, Any]:
    from components.evaluation import images

    for name, picture in images.show(model, test, options.grid, options.walk_steps, seed):
        pictures.save(picture, folder / f"{name}.png")
    return images.measure(model, test, options.batch_size, options.importance_samples) | {"examples": len(test)}


def _examine_text(model: Any, test: "np.ndarray", options: Evaluation, seed: int, folder: Path) -> dict[str, Any]:
    from components.evaluation import text

    samples = model.sample(TEXTS, seed, **_knobs(model, options))
    pages = [model.spec.text(sample) for sample in samples]
    (folder / "samples.txt").write_text(SEPARATOR.join(pages) + "\n", encoding="utf-8")
    return text.measure(model, test, model.config.training.batch_size, model.config.sequence_length)


def _sampling(model: "Family", options: Evaluation, seed: int) -> dict[str, float]:
    """How fast it samples, once compiled."""
    knobs = _knobs(model, options)
    model.sample(options.timed_samples, seed, **knobs)
    start = time.perf_counter()
    model.sample(options.timed_samples, seed, **knobs)
    seconds = time.perf_counter() - start
    return {"samples": options.timed_samples, "seconds": seconds, "samples_per_second": options.timed_samples / seconds}


def _knobs(model: "Family", options: Evaluation) -> dict[str, Any]:
    return {"length": options.text_length} if model.spec.kind == "text" else {}


def _spoken(metrics: dict[str, Any]) -> list[str]:
    """The metrics as they are said on a terminal."""
    return [
        f"{name} {value['mean']:.4g}" if isinstance(value, dict) else f"{name} {value:,}"
        for name, value in sorted(metrics.items())
    ]


if __name__ == "__main__":
    run_step(main)

"""Ask a trained model all that it can answer, on the test split: ``python -m components.evaluate NAME``.

Reads ``artifacts/models/NAME`` and the test split of its data set; writes ``artifacts/metrics/NAME.json`` and, into
``artifacts/evaluation/NAME``, ``samples``, ``classes``, ``reconstructions`` and ``walk`` as far as the model has them.
What that cost goes to ``artifacts/costs``, for a time is no result.
"""

import argparse
import math
import time
from pathlib import Path
from typing import Any

import numpy as np

from components import pictures
from components.costs import record_costs
from components.datasets.arrays import Arrays, open_arrays
from components.evaluation import SEPARATOR
from components.evaluation.finding import find_model
from components.files import atomic_folder, sha256, write_json
from components.params import Params, UserError, load, run_step

__all__ = ["main"]

TEXTS = 3  # texts in the file of samples


def main() -> None:
    """Evaluate the model that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m components.evaluate", description="Measure a trained model.")
    parser.add_argument("name", metavar="NAME", help="a model of params.yaml")
    name = parser.parse_args().name
    params = load()
    config, folder = params.model(name), find_model(name, params)
    data = open_arrays(Path("data/arrays") / config.dataset)

    import keras

    from components.models import storage

    keras.utils.set_random_seed(params.seed)
    model = storage.load(folder)
    if model.spec != data.spec:
        raise UserError(f"{folder}: trained on other data than {data.folder}; `dvc repro train@{name}` trains it anew")

    start = time.perf_counter()
    examine = _examine_text if data.spec.kind == "text" else _examine_images
    with atomic_folder(Path("artifacts/evaluation") / name) as draft:
        metrics, sampling = examine(model, data, params, draft)
    metrics["parameters"] = sum(math.prod(variable.shape) for variable in model.trainable_variables)
    write_json(Path(f"artifacts/metrics/{name}.json"), metrics)

    weights = sha256(folder / "model.safetensors")
    record_costs(name, weights, "evaluation", {"seconds": time.perf_counter() - start})
    record_costs(name, weights, "sampling", sampling)
    print(f"{name}: {', '.join(_spoken(metrics))}")


def _examine_images(model: Any, data: Arrays, params: Params, folder: Path) -> tuple[dict[str, Any], dict[str, float]]:
    from components.evaluation.exhibits import show
    from components.evaluation.images import compare, measure
    from components.evaluation.questions import Questions
    from components.evaluation.sampling import draw

    options, test, labels = params.evaluation, data.split("test"), data.labels("test")
    ask = Questions(model, options.batch_size, options.importance_samples)
    metrics = measure(ask, test, labels) | {"examples": len(test)}
    drawn = draw(model, options.grid, options.timed_samples, params.seed)
    metrics |= compare(ask, np.concatenate([drawn.first, drawn.more]), test, data.split("train"))
    pictures.save(pictures.grid(drawn.first, model.spec.levels), folder / "samples.png")
    for name, picture in show(ask, test, labels, options.walk_steps, params.seed):
        pictures.save(picture, folder / f"{name}.png")
    return metrics, drawn.costs


def _examine_text(model: Any, data: Arrays, params: Params, folder: Path) -> tuple[dict[str, Any], dict[str, float]]:
    from components.evaluation import text
    from components.evaluation.sampling import draw

    options, test = params.evaluation, data.split("test")
    count = max(TEXTS, options.timed_samples)  # as many each time: a sampler of texts is compiled for their number
    drawn = draw(model, count, count, params.seed, length=options.text_length)
    pages = [model.spec.text(sample) for sample in drawn.first[:TEXTS]]
    (folder / "samples.txt").write_text(SEPARATOR.join(pages) + "\n", encoding="utf-8")
    text.show(model, test, folder)
    return text.measure(model, test), drawn.costs


def _spoken(metrics: dict[str, Any]) -> list[str]:
    """The metrics as they are said on a terminal."""
    return [
        f"{name} {value['mean']:.4g}" if isinstance(value, dict) else f"{name} {value:,}"
        for name, value in sorted(metrics.items())
    ]


if __name__ == "__main__":
    run_step(main)

"""Ask a trained model all that it can answer, judge its samples, diagnose: ``python -m components.evaluate NAME``.

Reads ``artifacts/models/NAME``, what its training left, the test split of its data set, its reference classifier and
its baselines; writes ``artifacts/metrics/NAME.json`` and, into ``artifacts/evaluation/NAME``, pictures as far as the
model has them, ``quality.csv``, ``diagnosis.json``, the ``fingerprint.json`` of its samples and ``judge.json``: hashes
of what the numbers rest on beside the data. What that cost goes to ``artifacts/costs``, for a time is no result.
"""

import argparse
import json
import math
import time
from pathlib import Path
from typing import Any

import numpy as np

from components import pictures
from components.costs import record_costs
from components.curves import read_curves, write_curves
from components.datasets.arrays import Arrays, open_arrays
from components.diagnosis import Evidence, diagnose, paragraph, write_findings
from components.evaluation import SEPARATOR
from components.evaluation.finding import find_model
from components.files import atomic_folder, hash_json, sha256, write_json
from components.fingerprint import fingerprint
from components.params import Params, UserError, load, run_step

__all__ = ["main"]

TEXTS = 3  # texts in the file of samples
PAIRS = 16  # samples that are shown beside the nearest training images

Quality = list[dict[str, float]]


def main() -> None:
    """Evaluate the model that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m components.evaluate", description="Measure a trained model.")
    parser.add_argument("name", metavar="NAME", help="a model of params.yaml")
    name = parser.parse_args().name
    params = load()
    config, folder = params.model(name), find_model(name, params)
    data = open_arrays(Path("data/arrays") / config.dataset)
    baselines = _baselines(config.dataset)

    import keras

    from components.models import storage

    keras.utils.set_random_seed(params.seed)
    model = storage.load(folder)
    if model.spec != data.spec:
        raise UserError(f"{folder}: trained on other data than {data.folder}; `dvc repro train@{name}` trains it anew")

    start = time.perf_counter()
    with atomic_folder(Path("artifacts/evaluation") / name) as draft:
        if data.spec.kind == "text":
            metrics, sampling = _examine_text(model, data, params, draft)
            quality: Quality = []
        else:
            metrics, sampling, quality = _examine_images(model, data, params, draft, Path("artifacts/progress") / name)
        metrics["parameters"] = sum(math.prod(variable.shape) for variable in model.trainable_variables)
        curves = read_curves(Path(f"artifacts/curves/{name}.csv"))
        floor, ceiling = baselines[data.spec.floor], baselines[data.spec.ceiling]
        findings = diagnose(Evidence(model.config, curves, metrics, quality, floor, ceiling))
        write_findings(draft / "diagnosis.json", findings)
        write_json(draft / "judge.json", _judge(params, config.dataset))
    write_json(Path(f"artifacts/metrics/{name}.json"), metrics)

    weights = sha256(folder / "model.safetensors")
    record_costs(name, weights, "evaluation", {"seconds": time.perf_counter() - start})
    record_costs(name, weights, "sampling", sampling)
    print(f"{name}: {', '.join(_spoken(metrics))}\n{paragraph(findings)}")


def _baselines(dataset: str) -> dict[str, dict[str, Any]]:
    """What real examples and noise are judged as."""
    path = Path(f"artifacts/metrics/baselines/{dataset}.json")
    if not path.exists():
        raise UserError(f"{path}: no such file; `dvc repro baseline@{dataset}` makes it")
    found: dict[str, dict[str, Any]] = json.loads(path.read_text("utf-8"))
    return found


def _judge(params: Params, dataset: str) -> dict[str, str]:
    """Hashes of what else than the data the numbers rest on: with others they would be others."""
    found = {"evaluation": hash_json(params.evaluation.model_dump(mode="json"))}
    classifier = Path(f"artifacts/reference/{dataset}/model.safetensors")
    return found | ({"reference": sha256(classifier)} if classifier.exists() else {})


def _examine_images(
    model: Any, data: Arrays, params: Params, folder: Path, progress: Path
) -> tuple[dict[str, Any], dict[str, float], Quality]:
    from components.evaluation.exhibits import show
    from components.evaluation.images import measure
    from components.evaluation.normalising import bound_likelihood
    from components.evaluation.quality import follow
    from components.evaluation.questions import Questions
    from components.evaluation.reference import open_eye
    from components.evaluation.samples import Judge
    from components.evaluation.sampling import draw
    from components.metrics import Moments

    options, test, labels = params.evaluation, data.split("test"), data.labels("test")
    known = Path("artifacts/reference") / data.spec.name
    judge = Judge(data, known, open_eye(known, options.batch_size), options, params.seed)
    ask = Questions(model, options.batch_size, options.importance_samples)
    metrics = measure(ask, test, labels) | {"examples": len(test)}
    metrics |= bound_likelihood(ask, test, options.annealing_chains, options.annealing_temperatures, params.seed)
    drawn = draw(model, options.grid, options.samples, options.sample_seeds, params.seed)
    metrics |= judge(drawn.sets)
    if "energy" in ask and not model.conditional:
        metrics["sample_energy"] = Moments(ask("energy", np.concatenate(drawn.sets))).summary()
    if quality := follow(progress, judge):
        write_curves(folder / "quality.csv", quality)
    write_json(folder / "fingerprint.json", fingerprint(model.spec.shown(drawn.first), params.seed))
    pictures.save(pictures.grid(drawn.first, model.spec.levels), folder / "samples.png")
    pairs = drawn.first[:PAIRS]
    near = pictures.rows(pairs, *judge.nearest_training(pairs), levels=model.spec.levels)
    pictures.save(near, folder / "nearest.png")
    for name, picture in show(ask, test, labels, options.walk_steps, params.seed):
        pictures.save(picture, folder / f"{name}.png")
    return metrics, drawn.costs, quality


def _examine_text(model: Any, data: Arrays, params: Params, folder: Path) -> tuple[dict[str, Any], dict[str, float]]:
    from components.evaluation import text
    from components.evaluation.sampling import draw

    options, test = params.evaluation, data.split("test")
    count = max(TEXTS, options.texts)  # as many each time: a sampler of texts is compiled for their number
    drawn = draw(model, count, count, options.sample_seeds, params.seed, length=options.text_length)
    pages, length = model.spec.shown(drawn.first), options.text_length
    write_json(folder / "fingerprint.json", fingerprint(pages, params.seed, length=length))
    (folder / "samples.txt").write_text(SEPARATOR.join(pages[:TEXTS]) + "\n", encoding="utf-8")
    text.show(model, test, folder)
    return text.measure(model, test) | text.measure_samples(drawn.sets, data.split("train")), drawn.costs


def _spoken(metrics: dict[str, Any]) -> list[str]:
    """The metrics as they are said on a terminal."""
    return [
        f"{name} {value['mean']:.4g}" if isinstance(value, dict) else f"{name} {value:,}"
        for name, value in sorted(metrics.items())
    ]


if __name__ == "__main__":
    run_step(main)

"""Real images that are spoilt more and more, and judged as samples are: metrics get worse, each by what it sees."""

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from benchmarks.corruptions import CORRUPTIONS, Corruption, Pool, judged
from components.datasets.arrays import hash_arrays, open_arrays, write_spec
from components.evaluation.reference import open_eye
from components.evaluation.samples import Judge
from components.params import ImageSpec
from components.params.classifier import ClassifierConfig
from components.reference import FOLDER, learn
from tests.workplace import make_workplace, recording

DISTANCES = {"frechet_distance": 1, "frechet_distance_infinite": 1, "kernel_distance": 1, "energy_distance": 1}
SEES = {
    "blur": DISTANCES | {"recall": -1, "coverage": -1, "class_distance": 1, "class_entropy": -1},
    "noise": DISTANCES | {"precision": -1, "density": -1, "coverage": -1},
    "dropped classes": DISTANCES
    | {"recall": -1, "coverage": -1, "class_distance": 1, "class_entropy": -1, "classes_found": -1},
}
"""1 where a metric rises as images get worse, -1 where it falls."""
BLIND = [("noise", "classes_found"), ("dropped classes", "precision"), ("dropped classes", "density")]


@pytest.fixture(scope="module")
def curves(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, Any]]]:
    from sklearn.datasets import load_digits

    folder = tmp_path_factory.mktemp("corruptions")
    params = make_workplace(folder)
    fitting = {"epochs": 8, "batch_size": 64, "optimizer": {"learning_rate": 0.003}}
    config = ClassifierConfig.model_validate({"widths": (32, 64), "features": 32, "training": fitting})
    options = params.evaluation.model_copy(update={"batch_size": 100, "bootstrap": 20, "neighbours": 5})

    digits, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(digits))
    images, labels = digits[order].astype(np.uint8).reshape(-1, 8, 8, 1), labels[order].astype(np.int16)
    parts = {"train": slice(600, None), "validation": slice(500, 600), "test": slice(500)}
    for name, rows in parts.items():
        np.save(folder / f"{name}.npy", images[rows])
        np.save(folder / f"{name}_labels.npy", labels[rows])
    described = {"counts": {name: len(images[rows]) for name, rows in parts.items()}, "duplicates": {}}
    classes = tuple("0123456789")
    arrays = hash_arrays(folder)
    write_spec(
        folder,
        ImageSpec(name="digits", source="-", shape=(8, 8, 1), levels=17, classes=classes, arrays=arrays, **described),
    )
    data = open_arrays(folder)
    with pytest.MonkeyPatch.context() as patch, recording(f"sqlite:///{folder}/mlflow.db"):
        patch.chdir(folder)
        learn("digits", data, data.spec, params.model_copy(update={"reference": config}))
    known = folder / FOLDER / "digits"
    judge = Judge(data, known, open_eye(known, options.batch_size), options, seed=0)
    pool = Pool(data.split("train"), data.labels("train"), levels=17, size=250)
    weaker = {name: Corruption(kind.of, kind.strengths[::3], kind.unit) for name, kind in CORRUPTIONS.items()}
    return {name: judged(judge, pool, kind) for name, kind in weaker.items()}


@pytest.mark.parametrize(("corruption", "metric"), [(name, metric) for name, sees in SEES.items() for metric in sees])
def test_a_metric_gets_worse_with_what_it_sees(curves: dict[str, list[dict[str, Any]]], corruption: str, metric: str):
    rises = SEES[corruption][metric]
    values = [(rises * row[metric]["mean"], row[metric]["standard_error"]) for row in curves[corruption]]
    for (weaker, error), (stronger, other) in pairwise(values):
        assert stronger > weaker - 2 * math.hypot(error, other)
    (first, error), (last, other) = values[0], values[-1]
    assert last > first + 3 * math.hypot(error, other)


@pytest.mark.parametrize(("corruption", "metric"), BLIND)
def test_a_metric_does_not_change_with_what_it_does_not_see(
    curves: dict[str, list[dict[str, Any]]], corruption: str, metric: str
):
    first, *others = (row[metric] for row in curves[corruption])
    for other in others:
        error = math.hypot(first["standard_error"], other["standard_error"])
        assert other["mean"] == pytest.approx(first["mean"], abs=3 * error)


def test_blur_and_noise_move_diversity_to_opposite_sides(curves: dict[str, list[dict[str, Any]]]):
    blurred, noisy = ([row["diversity"]["mean"] for row in curves[name]] for name in ("blur", "noise"))
    assert blurred[-1] < 0.5 < blurred[0] == noisy[0] < 1.2 < noisy[-1]

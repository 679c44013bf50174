"""A judge of digits, with a classifier that has learned them."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp

import numpy as np

from components.datasets.arrays import Arrays
from components.evaluation.reference import Eye, write_seen
from components.evaluation.samples import Judge
from components.params import Evaluation
from tests.models.digits import digits, fitted

__all__ = ["judge", "judge_of"]

OPTIONS = Evaluation(
    batch_size=100,
    grid=4,
    walk_steps=2,
    importance_samples=2,
    samples=100,
    texts=1,
    text_length=10,
    sample_seeds=2,
    bootstrap=20,
    neighbours=5,
    annealing_chains=2,
    annealing_temperatures=2,
)
KEPT = TemporaryDirectory()  # as long as the process lives


@cache
def judge(neighbours: int = 5, classes: int = 10) -> Judge:
    """A judge with 400 test images, who knows 1,000 others."""
    return judge_of(digits()["train"][0], digits()["test"][0][:400], neighbours, classes)


def judge_of(train: np.ndarray, test: np.ndarray, neighbours: int = 5, classes: int = 10) -> Judge:
    """A judge with these images."""
    folder, model = Path(mkdtemp(dir=KEPT.name)), fitted(classes)
    images = {"train": train, "test": test}
    for split, array in images.items():
        np.save(folder / f"{split}.npy", array)
    counts = {split: len(array) for split, array in images.items()}
    arrays, eye = Arrays(folder, model.spec.model_copy(update={"counts": counts})), Eye(model, 100)
    write_seen(eye, arrays, folder)
    return Judge(arrays, folder, eye, OPTIONS.model_copy(update={"neighbours": neighbours}), 7)

"""What it costs to judge samples: seconds and peak memory of each metric, for some samples and for twice as many.

    python -m benchmarks.judging data/arrays/mnist --only frechet_distance judge

The folder is that of a prepared image data set. Samples are its training images under a little noise; they are compared
with its test split and its training split as a model's are. What features are does not matter to a cost, so they are
those of a reference classifier that nobody trained, and no pipeline need have run.

Each measurement has a process of its own, one thread, and its arrays in memory before it begins. A machine may be
shared, so seconds are those that the processor worked, and beside them stands how many times longer that is than a
yardstick: the scalar products of the pixels of all samples with those of all test images, of which the same process
times a tenth just before. Memory is what the metric needs beyond its arrays.
"""

import argparse
import multiprocessing
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from components import metrics
from components.costs import peak_memory
from components.datasets.arrays import open_arrays
from components.evaluation.reference import open_eye, seen, write_seen
from components.evaluation.samples import Judge
from components.params import ImageSpec, load

__all__ = ["METRICS", "main"]

REFERENCE = "reference"
MEBI = 2**20
FEW = 200  # samples of the call before the one that is measured


@dataclass(frozen=True)
class Samples:
    """What a metric is given; ``…_features`` are ``float32[…, D]``, the rest ``uint8[…, H, W, C]``."""

    images: np.ndarray
    test: np.ndarray
    train: np.ndarray
    features: np.ndarray
    test_features: np.ndarray
    train_features: np.ndarray
    judge: Judge

    @property
    def random(self) -> np.random.Generator:
        """The same for every metric."""
        return np.random.default_rng(0)

    def unit(self, images: np.ndarray) -> np.ndarray:
        """Pixels in [0, 1]."""
        return images / (self.judge.eye.model.spec.levels - 1)


def _bootstrapped(s: Samples) -> Any:
    found = metrics.neighbourhoods(s.features, s.test_features)
    return metrics.bootstrap_means([found.precision], s.random)


METRICS: dict[str, Callable[[Samples], Any]] = {
    "features": lambda s: s.judge.eye(s.images),
    "frechet_distance": lambda s: metrics.frechet_distance(s.features, s.test_features),
    "frechet_contributions": lambda s: metrics.frechet_contributions(s.features, s.test_features),
    "frechet_distance_infinite": lambda s: metrics.frechet_distance_infinite(s.features, s.test_features, s.random),
    "kernel_distance": lambda s: metrics.kernel_distance(s.features, s.test_features, s.random),
    "neighbourhoods": lambda s: metrics.neighbourhoods(s.features, s.test_features),
    "neighbourhoods, 1000 replicates": _bootstrapped,
    "energy_distance": lambda s: metrics.energy_distance(s.unit(s.images), s.unit(s.test)),
    "nearest_training_feature": lambda s: metrics.nearest(s.features, s.train_features),
    "nearest_training_pixel": lambda s: metrics.nearest(s.images, s.train),
    "judge": lambda s: replace(s.judge)([s.images]),
}
"""The costly ones of each file of ``components/metrics``; ``judge`` is all of them, with all standard errors."""


@dataclass(frozen=True)
class Cost:
    """Of one metric.

    Args:
        cpu: seconds that the processor worked.
        yardstick: the same of the yardstick.
        wall: seconds that went by.
        memory: bytes beyond the arrays.
        peak: bytes of the whole process.
    """

    cpu: float
    yardstick: float
    wall: float
    memory: int
    peak: int


def main() -> None:
    """Measure the metrics that the command line names, all by default, and print a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.judging", description=__doc__.splitlines()[0])
    parser.add_argument("folder", metavar="FOLDER", type=Path, help="a prepared image data set")
    parser.add_argument("--samples", metavar="N", type=int, default=10_000, help="by default 10,000")
    parser.add_argument("--only", metavar="METRIC", nargs="+", choices=METRICS, default=list(METRICS))
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        _apart(_prepare, asked.folder, place, 2 * asked.samples)
        print(f"{'':<33}{asked.samples:>12,} samples{2 * asked.samples:>36,} samples")
        print(f"{'':<33}" + f"{'CPU s':>8}{'yardsticks':>12}{'MiB':>8}{'of process':>12}" * 2 + f"{'memory':>10}")
        for metric in asked.only:
            costs = [_apart(_measure, asked.folder, place, size, metric) for size in (asked.samples, 2 * asked.samples)]
            cells = [
                f"{cost.cpu:8.3g}{cost.cpu / cost.yardstick:12.2g}{cost.memory / MEBI:8.0f}{cost.peak / MEBI:12.0f}"
                for cost in costs
            ]
            print(
                f"{metric:<33}{''.join(cells)}{max(MEBI, costs[1].memory) / max(MEBI, costs[0].memory):9.2f}x",
                flush=True,
            )


def _apart(work: Callable[..., Any], *given: Any) -> Any:
    """What some work returns in a process of its own."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as processes:
        return processes.submit(work, *given).result()


def _prepare(folder: Path, place: Path, count: int) -> None:
    """Write samples, a classifier, and what it makes of them all."""
    import keras

    from components.models.classifier import Classifier
    from components.models.storage import save

    data, params, random = open_arrays(folder), load(), np.random.default_rng(0)
    if not isinstance(data.spec, ImageSpec):
        raise SystemExit(f"{folder}: holds no images")
    keras.utils.set_random_seed(0)
    reference = place / REFERENCE
    reference.mkdir()
    save(Classifier(params.reference, data.spec), reference)
    eye = open_eye(reference, params.evaluation.batch_size)
    write_seen(eye, data, reference)
    train, highest = data.split("train"), data.spec.levels - 1
    rows = random.permutation(np.resize(np.arange(len(train)), count))
    noise = random.normal(0, 0.05 * highest, (count, *data.spec.shape))
    images = np.rint(np.clip(train[rows] + noise, 0, highest)).astype(np.uint8)
    np.save(place / "images.npy", images)
    np.save(place / "features.npy", eye(images).features)


def _measure(folder: Path, place: Path, count: int, metric: str) -> Cost:
    """Of one metric in this process, which has done nothing yet."""
    data, params, reference = open_arrays(folder), load(), place / REFERENCE
    judge = Judge(data, reference, open_eye(reference, params.evaluation.batch_size), params.evaluation, params.seed)
    samples = Samples(
        images=np.load(place / "images.npy", mmap_mode="r")[:count].copy(),
        test=np.array(data.split("test")),
        train=np.array(data.split("train")),
        features=np.load(place / "features.npy", mmap_mode="r")[:count].copy(),
        test_features=np.array(seen(reference, "test").features),
        train_features=np.array(seen(reference, "train").features),
        judge=judge,
    )
    few = replace(samples, images=samples.images[:FEW], features=samples.features[:FEW])
    with threadpool_limits(1):
        METRICS[metric](few)  # libraries are loaded and functions compiled
        yardstick = _yardstick(samples)
        before = _forget_peak()
        cpu, wall = time.process_time(), time.perf_counter()
        METRICS[metric](samples)
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    peak = peak_memory()
    return Cost(cpu, yardstick, wall, peak - before, peak)


def _yardstick(samples: Samples) -> float:
    """Seconds that the processor works for all scalar products, by those of a tenth of the samples."""
    some, test = (samples.unit(x.reshape(len(x), -1)) for x in (samples.images[::10], samples.test))
    start = time.process_time()
    some @ test.T
    return 10 * (time.process_time() - start)


def _forget_peak() -> int:
    """Bytes that this process holds; from here on its peak is counted anew, where the kernel lets it (Linux does)."""
    counter = Path("/proc/self/clear_refs")
    if counter.exists():
        counter.write_text("5", encoding="ascii")
    return peak_memory()


if __name__ == "__main__":
    main()

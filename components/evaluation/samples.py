"""How samples of images compare with test images: one judgement for models, for real images and for noise."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from components.datasets.arrays import Arrays
from components.evaluation.reference import Eye, Seen, seen
from components.metrics import (
    bootstrap,
    bootstrap_means,
    class_distance,
    class_entropy,
    classes_found,
    copies,
    energy_distance,
    frechet_contributions,
    frechet_distance,
    frechet_distance_infinite,
    histogram,
    kernel_distance,
    memorisation,
    nearest,
    neighbourhoods,
    radii,
)
from components.params import Evaluation

__all__ = ["Judge", "evenly"]

MOST = 2_000  # test images whose distances in pixels from all samples are summed
FEWEST = 6  # samples of a set from which a distance is extrapolated to infinitely many
SHARED = {"recall", "coverage"}
"""Means over the test images, which every set of samples has in common."""


@dataclass(frozen=True)
class Judge:
    """Test images, and all that is known of them before any sample is seen.

    Args:
        data: the data set.
        folder: of its reference classifier.
        eye: that classifier.
        options: how to judge.
        seed: of the bootstrap and of subsets.
    """

    data: Arrays
    folder: Path
    eye: Eye
    options: Evaluation
    seed: int

    def __call__(self, sets: Sequence[np.ndarray], new: bool = True) -> dict[str, Any]:
        """Everything that samples tell.

        Args:
            sets: independent sets of samples, each ``uint8[N, H, W, C]``.
            new: whether they may be compared with the training images, of which they are not themselves.

        Returns:
            Numbers by name, each with its standard error; those that there are for sets of this size.
        """
        looked = [self.eye(images) for images in sets]
        metrics: dict[str, Any] = {"samples": len(sets[0]), "sample_seeds": len(sets)}
        with threadpool_limits(1, user_api="blas"):  # thousands of small matrices, for which threads only wait
            metrics |= self._distances(looked) | self._neighbourhoods(looked) | self._classes(looked)
        metrics |= self._in_pixels(sets)
        return _finite(metrics | (self._novelty(sets, looked) if new else {}))

    def glance(self, images: np.ndarray) -> dict[str, float]:
        """The same of one set of samples in three numbers, without errors: for a look at many sets."""
        looked, names, k = self.eye(images), self.eye.model.spec.classes, self.options.neighbours
        found = {"frechet_distance": frechet_distance(looked.features, self.test.features)}
        if names and looked.classes is not None:
            found["class_entropy"] = float(class_entropy(histogram(looked.classes, len(names))))
        if min(len(images), len(self.test.features)) > k:
            around = neighbourhoods(looked.features, self.test.features, k, self.reach)
            found["coverage"] = float(around.coverage.mean())
        return found

    def nearest_training(self, images: np.ndarray) -> list[np.ndarray]:
        """The training images that are nearest to samples, by pixels and by features."""
        train = self.data.split("train")
        by = [(images, train), (self.eye(images).features, self.train.features)]
        return [np.asarray(train[nearest(samples, known)[1]]) for samples, known in by]

    @cached_property
    def reach(self) -> np.ndarray:
        """How far each test image is from its ``neighbours``-th neighbour."""
        return radii(self.test.features, self.options.neighbours)

    @cached_property
    def test(self) -> Seen:
        """The test split as the classifier sees it."""
        return seen(self.folder, "test")

    @cached_property
    def train(self) -> Seen:
        """The training split as the classifier sees it."""
        return seen(self.folder, "train")

    def _distances(self, looked: Sequence[Seen]) -> dict[str, Any]:
        random, test = self._random("distances"), self.test.features
        features = [part.features for part in looked]
        parts = [frechet_contributions(x, test) for x in features]
        kernel = partial(kernel_distance, random=random)
        spread = bootstrap(partial(kernel, subsets=4), features, test, random, self.options.bootstrap)
        found = {
            "frechet_distance": self._linear([frechet_distance(x, test) for x in features], parts, random),
            "kernel_distance": spread | {"mean": float(np.mean([kernel(x, test) for x in features]))},
        }
        if min(map(len, features)) >= FEWEST:
            random = self._random("infinitely many")
            values = [frechet_distance_infinite(x, test, random) for x in features]
            found["frechet_distance_infinite"] = self._linear(values, parts, random)
        return found

    def _linear(
        self, values: list[float], parts: Sequence[tuple[np.ndarray, np.ndarray]], random: np.random.Generator
    ) -> dict[str, Any]:
        """The value of each seed, and its error by what each sample and each test image adds to it, to first order."""
        replicates = self.options.bootstrap
        ours = bootstrap_means(
            [value + part for value, (part, _) in zip(values, parts, strict=True)], random, replicates
        )
        theirs = bootstrap_means([part for _, part in parts], random, replicates, shared=True)
        error = math.hypot(ours["standard_error"], theirs["standard_error"])
        return {"mean": float(np.mean(values)), "standard_error": error, "seeds": values}

    def _neighbourhoods(self, looked: Sequence[Seen]) -> dict[str, Any]:
        test, k = self.test.features, self.options.neighbours
        if min(len(test), *(len(part.features) for part in looked)) <= k:
            return {}
        found = [neighbourhoods(part.features, test, k, self.reach) for part in looked]
        random = self._random("neighbourhoods")
        return {
            name: bootstrap_means(
                [getattr(one, name) for one in found], random, self.options.bootstrap, shared=name in SHARED
            )
            for name in ("precision", "recall", "density", "coverage")
        }

    def _classes(self, looked: Sequence[Seen]) -> dict[str, Any]:
        names, real = self.eye.model.spec.classes, self.test.classes
        if not names or real is None:
            return {}
        random = self._random("classes")
        sets = [part.classes for part in looked if part.classes is not None]

        def told(statistic: Callable[[np.ndarray, np.ndarray], Any]) -> dict[str, float]:
            def of(x: np.ndarray, y: np.ndarray) -> float:
                return float(statistic(histogram(x, len(names)), histogram(y, len(names))))

            return bootstrap(of, sets, real, random, self.options.bootstrap)

        return {
            "class_entropy": told(lambda counts, _: class_entropy(counts)),
            "class_distance": told(class_distance),
            "classes_found": told(classes_found),
        }

    def _in_pixels(self, sets: Sequence[np.ndarray]) -> dict[str, Any]:
        """By distances of pixels: how far samples are from test images, and how far from one another."""
        real = self._unit(evenly(self.data.split("test"), MOST))
        found = [energy_distance(self._unit(images), real) for images in sets]
        means = {name: float(np.mean([one[name] for one in found])) for name in found[0]}
        return {
            # All sets are compared with the same test images, so their errors are taken as if they were one error.
            "energy_distance": {name: means[name] for name in ("mean", "standard_error")},
            "diversity": {"mean": means["diversity"], "standard_error": _of_mean([one["diversity"] for one in found])},
        }

    def _novelty(self, sets: Sequence[np.ndarray], looked: Sequence[Seen]) -> dict[str, Any]:
        """How far samples are from the nearest training image, against how far test images are."""
        train, test = self.data.split("train"), self.data.split("test")
        spaces = {
            "feature": (self.train.features, self.test.features, [part.features for part in looked]),
            "pixel": (train, evenly(test, MOST), sets),
        }
        random, metrics = self._random("novelty"), {}
        statistics = {"nearest_training": memorisation, "copies": copies}
        for name, (seen_before, real, samples) in spaces.items():
            reference = nearest(real, seen_before)[0]
            found = [nearest(images, seen_before)[0] for images in samples]
            for statistic, of in statistics.items():
                metrics[f"{statistic}_{name}"] = bootstrap(of, found, reference, random, self.options.bootstrap)
        return metrics

    def _unit(self, images: np.ndarray) -> np.ndarray:
        return images / (self.eye.model.spec.levels - 1)

    def _random(self, purpose: str) -> np.random.Generator:
        """One for each purpose, so that a metric does not depend on which others there are."""
        return np.random.default_rng([self.seed, *purpose.encode()])


def evenly(images: np.ndarray, count: int) -> np.ndarray:
    """At most ``count`` of the images, spread over all of them."""
    return np.asarray(images[np.linspace(0, len(images) - 1, min(count, len(images))).astype(int)])


def _of_mean(values: Sequence[float]) -> float | None:
    """Standard error of the mean of independent values."""
    return float(np.std(values, ddof=1) / math.sqrt(len(values))) if len(values) > 1 else None


def _finite(metrics: dict[str, Any]) -> dict[str, Any]:
    """Metrics that are numbers; those that divide by nothing are left out, and their errors are unknown."""
    found = {}
    for name, value in metrics.items():
        if not isinstance(value, dict):
            found[name] = value
        elif math.isfinite(value["mean"]):
            error = value["standard_error"]
            found[name] = value | {"standard_error": error if error is not None and math.isfinite(error) else None}
    return found

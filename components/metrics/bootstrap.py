"""Standard errors by the hierarchical bootstrap: over sample seeds, and over examples within each.

Davison and Hinkley, *Bootstrap Methods and their Application* (section 3.8),
https://doi.org/10.1017/CBO9780511802843. A model is judged by several sets of samples, one a seed. A replicate draws as
many seeds as there are, with replacement, then as many examples of each as it has; its value is the mean over the seeds
it drew, and the standard deviation of the replicates' values is the standard error. With one seed this is the ordinary
bootstrap.

Seeds are drawn although their sets are often as good as independent draws of one distribution, because not all samplers
keep that promise (the chains of a Markov chain Monte Carlo sampler share a seed's fate). Where they do, the scatter of
``S`` seeds is that of their examples over again, and the standard error is too large, by a factor of ``√(2 - 1/S)`` at
most (1.29 for three): it errs to the safe side. Where seeds differ by far more than their examples can explain, it is
too small by ``√(1 - 1/S)``, as ``S`` seeds are few to learn a scatter from.

Give the value plus and minus multiples of the standard error, never percentiles of the replicates. A resample repeats
some examples and lacks others, which adds to a Fréchet distance, a second time, the very bias that the number of
examples gives it: replicates lie above the value, and their percentiles may well leave it out. For the same reason
``mean`` is the value itself and not that of the replicates. With few examples a dimension their spread is too large as
well: for 500 samples and 176 reference examples of 32 features 1.3 times at a moderate distance, and 3 times where the
distributions agree. The contributions of :func:`components.metrics.frechet_contributions` do not suffer from that.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

__all__ = ["bootstrap", "bootstrap_means"]


def bootstrap(
    statistic: Callable[[np.ndarray, np.ndarray], Any],
    samples: Sequence[np.ndarray],
    reference: np.ndarray,
    random: np.random.Generator,
    replicates: int = 100,
) -> dict[str, float]:
    """Value and standard error of a statistic of samples and reference that is no mean of per-example numbers.

    The reference examples are drawn once a replicate, the same for all its seeds, as the value has them in common.

    Args:
        statistic: of ``[N, …]`` samples and ``[M, …]`` reference examples; it is asked ``replicates · S`` times.
        samples: ``[N, …]`` of each of ``S`` seeds, two examples or more.
        reference: ``[M, …]``.
        random: draws the replicates.
        replicates: 2 or more; the standard error is itself uncertain by one part in ``√(2 · replicates)``.

    Returns:
        ``mean``, the plain value over the seeds, and ``standard_error``, in the units of the statistic.
    """
    _check([*samples, reference], len(samples), replicates)

    def replicate() -> float:
        drawn = _resample(reference, random)
        seeds = random.integers(len(samples), size=len(samples))
        return float(np.mean([statistic(_resample(samples[seed], random), drawn) for seed in seeds]))

    mean = float(np.mean([statistic(sample, reference) for sample in samples]))
    return _summary(mean, (replicate() for _ in range(replicates)))


def bootstrap_means(
    contributions: Sequence[np.ndarray], random: np.random.Generator, replicates: int = 1000, shared: bool = False
) -> dict[str, float]:
    """Value and standard error of a metric that is a mean of per-example numbers, over several seeds.

    >>> bootstrap_means([np.array([1.0, 2.0]), np.array([4.0, 5.0])], np.random.default_rng(0))["mean"]
    3.0

    Args:
        contributions: ``float[N]`` of each of ``S`` seeds; their mean is the metric of that seed.
        random: draws the replicates.
        replicates: 2 or more.
        shared: whether place ``i`` is the same example for all seeds, as in a mean over the test images. The examples
            are then drawn once a replicate, the same for all its seeds; each seed's set must be as long as the others.

    Returns:
        ``mean``, the plain value over the seeds, and ``standard_error``, in the units of the contributions.
    """
    values = [np.asarray(contribution, np.float64) for contribution in contributions]
    _check(values, len(values), replicates)
    if shared and len({len(value) for value in values}) > 1:
        raise ValueError(f"seeds of {[len(value) for value in values]} contributions do not share their examples")

    def replicate() -> float:
        seeds = random.integers(len(values), size=len(values))
        if shared:
            rows = random.integers(len(values[0]), size=len(values[0]))
            return float(np.mean([values[seed][rows].mean() for seed in seeds]))
        return float(np.mean([_resample(values[seed], random).mean() for seed in seeds]))

    mean = float(np.mean([value.mean() for value in values]))
    return _summary(mean, (replicate() for _ in range(replicates)))


def _check(sets: Sequence[np.ndarray], seeds: int, replicates: int) -> None:
    sizes = [len(examples) for examples in sets]
    if seeds < 1 or replicates < 2 or min(sizes) < 2:
        raise ValueError(f"{replicates} replicates of {seeds} seeds of {sizes} examples give no standard error")


def _resample(examples: np.ndarray, random: np.random.Generator) -> np.ndarray:
    return examples[random.integers(len(examples), size=len(examples))]


def _summary(mean: float, replicates: Iterable[float]) -> dict[str, float]:
    return {"mean": mean, "standard_error": float(np.std(list(replicates), ddof=1))}

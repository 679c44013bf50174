"""How far two sets of features are from one another by the means of a polynomial kernel."""

from collections.abc import Iterator
from itertools import islice

import numpy as np

__all__ = ["kernel_distance"]


def kernel_distance(
    x: np.ndarray, y: np.ndarray, random: np.random.Generator, subsets: int = 50, subset_size: int = 1000
) -> float:
    """Squared maximum mean discrepancy under the kernel ``(x·y/D + 1)³``: ``E k(X, X') + E k(Y, Y') - 2 E k(X, Y)``.

    Bińkowski et al., *Demystifying MMD GANs*, https://arxiv.org/abs/1801.01401, which calls it KID. The estimate
    leaves out the kernel of an example with itself, which makes it unbiased whatever ``N`` and ``M``: for equal
    distributions it scatters around zero, to both sides. It compares the first three moments and no further ones.
    It is averaged over subsets, each of as many of ``x`` as of ``y``, drawn so that all examples are used about equally
    often.

    Args:
        x: ``float[N, D]``, two examples or more.
        y: ``float[M, D]``.
        random: draws the subsets.
        subsets: how many; one does where it would hold all of both sets.
        subset_size: examples of each set in a subset, at most; never more than the smaller set has.

    Returns:
        The mean over subsets. Memory beyond the input grows with the square of the subset's size.
    """
    if x.ndim != 2 or x.shape[1:] != y.shape[1:] or min(len(x), len(y)) < 2:
        raise ValueError(f"features of {x.shape} and {y.shape} cannot be compared; two or more rows of one length can")
    if subsets < 1 or subset_size < 2:
        raise ValueError(f"{subsets} subsets of {subset_size} examples give no distance; 1 or more of 2 or more do")
    size = min(subset_size, len(x), len(y))
    if len(x) == len(y) == size:
        return _discrepancy(x, y)
    pairs = islice(zip(_draws(len(x), size, random), _draws(len(y), size, random), strict=True), subsets)
    return float(np.mean([_discrepancy(x[of_x], y[of_y]) for of_x, of_y in pairs]))


def _draws(count: int, size: int, random: np.random.Generator) -> Iterator[np.ndarray]:
    """Rows of subsets without end: a shuffle is cut into as many disjoint ones as it holds, then comes the next."""
    while True:
        order = random.permutation(count)
        for start in range(0, count - size + 1, size):
            yield order[start : start + size]


def _discrepancy(x: np.ndarray, y: np.ndarray) -> float:
    x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
    return _within(x) + _within(y) - 2 * float(_kernel(x, y).mean())


def _within(x: np.ndarray) -> float:
    """Mean kernel of pairs of different examples."""
    kernel = _kernel(x, x)
    return float((kernel.sum() - np.trace(kernel)) / (len(x) * (len(x) - 1)))


def _kernel(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    kernel = x @ y.T
    kernel /= x.shape[1]
    kernel += 1
    cube = kernel * kernel
    cube *= kernel
    return cube

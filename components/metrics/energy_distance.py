"""How far samples of one distribution are from those of another."""

import math
from typing import Any

import numpy as np

__all__ = ["energy_distance"]

BLOCK = 256  # rows of distances that are held at once


def energy_distance(x: np.ndarray, y: np.ndarray) -> dict[str, Any]:
    """Energy distance ``2 E|X - Y| - E|X - X'| - E|Y - Y'|`` of Euclidean distances: zero for equal distributions only.

    Székely and Rizzo, *Energy statistics: A class of statistics based on distances*,
    https://doi.org/10.1016/j.jspi.2013.03.018. The estimate leaves out the distance of an example from itself, which
    makes it unbiased: its mean does not depend on how many examples there are, and for equal distributions it scatters
    around zero, to both sides. The standard error is that of its linear part, too small where distributions agree.

    Args:
        x: ``float[N, …]``, two examples or more; images are in [0, 1].
        y: ``float[M, …]`` of the same shape but for ``M``.

    Returns:
        ``mean`` and ``standard_error``, in the units of ``x``, and ``diversity``, the mean distance within ``x`` over
        that within ``y``: 0 where all samples are the same one, 1 where they are as different as ``y`` are. Memory
        grows with ``N`` and ``M``, not their product.
    """
    x, y = (np.asarray(sample, np.float64).reshape(len(sample), -1) for sample in (x, y))
    if x.shape[1] != y.shape[1] or min(len(x), len(y)) < 2:
        raise ValueError(f"samples of {x.shape} and {y.shape} cannot be compared; two or more of one shape can")
    to_y, to_x = _mean_distances(x, y)
    within_x, within_y = (_mean_distances(z, z)[0] * (len(z) / (len(z) - 1)) for z in (x, y))
    variance = sum(
        4 * np.var(across - within, ddof=1) / len(across) for across, within in [(to_y, within_x), (to_x, within_y)]
    )
    return {
        "mean": float(2 * to_y.mean() - within_x.mean() - within_y.mean()),
        "standard_error": math.sqrt(variance),
        "diversity": float(within_x.mean() / within_y.mean()) if within_y.any() else math.nan,
    }


def _mean_distances(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean distance of each of ``x`` from all of ``y``, and of each of ``y`` from all of ``x``."""
    squares_x, squares_y = (np.einsum("nd,nd->n", z, z) for z in (x, y))
    of_x, of_y = np.empty(len(x)), np.zeros(len(y))
    for start in range(0, len(x), BLOCK):
        block = slice(start, start + BLOCK)
        squares = squares_x[block, None] + squares_y - 2 * x[block] @ y.T
        distances = np.sqrt(np.maximum(squares, 0))
        if x is y:
            np.fill_diagonal(distances[:, block], 0)
        of_x[block] = distances.mean(axis=1)
        of_y += distances.sum(axis=0)
    return of_x, of_y / len(x)

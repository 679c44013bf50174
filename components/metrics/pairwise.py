"""Squared Euclidean distances between all pairs, by blocks, through one matrix product a block."""

from collections.abc import Iterator

import numpy as np

__all__ = ["blocks", "squared_distances"]

MEGABYTES = 32  # of distances that are held at once


def squared_distances(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """``float64[N, M]`` between the rows of ``float[N, D]`` and ``float[M, D]``, never below zero.

    They come from scalar products, so that of two equal rows is zero only up to rounding.
    """
    x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
    squares = x @ (-2 * y.T)
    squares += np.einsum("nd,nd->n", x, x)[:, None]
    squares += np.einsum("md,md->m", y, y)
    return np.maximum(squares, 0, out=squares)


def blocks(x: np.ndarray, y: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
    """Rows of ``x``, and their squared distances from all of ``y``, a block at a time."""
    count = max(1, int(MEGABYTES * 2**20) // (8 * len(y)))
    for start in range(0, len(x), count):
        rows = slice(start, min(start + count, len(x)))
        yield rows, squared_distances(x[rows], y)

"""Rank correlation: whether two series rise and fall together, on whatever scales."""

import numpy as np

__all__ = ["rank_correlation"]


def rank_correlation(x: np.ndarray, y: np.ndarray) -> float:
    """Spearman's rank correlation: Pearson's of the ranks, equal values sharing the mean of theirs.

    Spearman, *The Proof and Measurement of Association between Two Things*, https://doi.org/10.2307/1412159.

    Args:
        x: ``float[N]``.
        y: ``float[N]``.

    Returns:
        From -1 to 1; NaN where one of them is constant or there are fewer than two.

    Example:
        >>> rank_correlation(np.array([1.0, 2.0, 3.0]), np.array([1.0, 10.0, 100.0]))
        1.0
    """
    a, b = (_ranks(values) for values in (x, y))
    a, b = a - a.mean() if len(a) else a, b - b.mean() if len(b) else b
    size = np.sqrt((a @ a) * (b @ b))
    return float(np.clip((a @ b) / size, -1.0, 1.0)) if size else float("nan")


def _ranks(values: np.ndarray) -> np.ndarray:
    _, which, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[which]

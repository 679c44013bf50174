"""Fidelity and diversity told apart: whose nearest neighbours' balls do samples and real examples lie in.

- Precision and recall: Kynkäänniemi et al., *Improved Precision and Recall Metric for Assessing Generative Models*,
  https://arxiv.org/abs/1904.06991
- Density and coverage: Naeem et al., *Reliable Fidelity and Diversity Metrics for Generative Models*,
  https://arxiv.org/abs/2002.09797

An example's ball reaches to its ``k``-th nearest neighbour in its own set, itself left out. Balls are closed, as in the
papers' equations; the code published with the second leaves their surface out, and so copies of an example that has
``k`` duplicates.
"""

from dataclasses import dataclass

import numpy as np

from components.metrics.pairwise import blocks

__all__ = ["Neighbourhoods", "neighbourhoods", "radii"]


@dataclass(frozen=True)
class Neighbourhoods:
    """What each example contributes; a metric is the mean, and resampling a field is its bootstrap, balls held fixed.

    Attributes:
        precision: ``float64[N]``, whether a sample is in the ball of any real example: 0 or 1.
        density: ``float64[N]``, in how many of their balls it is, over ``k``: about 1 on average where distributions
            agree, and more where samples are thickest where the real ones are. Unlike precision it does not hang on
            the large ball of a single outlier.
        recall: ``float64[M]``, whether a real example is in the ball of any sample.
        coverage: ``float64[M]``, whether the ball of a real example holds any sample. Where distributions agree its
            mean is ``1 - Π (M - i) / (N + M - i)`` for ``i = 1 … k`` whatever they are (the paper's Lemma 2).
    """

    precision: np.ndarray
    density: np.ndarray
    recall: np.ndarray
    coverage: np.ndarray


def radii(x: np.ndarray, k: int = 5) -> np.ndarray:
    """Euclidean distance of each example from the ``k``-th nearest of the others.

    Args:
        x: features, ``float[N, D]``, of more than ``k`` examples.
        k: which neighbour, 1 or more.

    Returns:
        ``float64[N]``, zero for an example with ``k`` duplicates.
    """
    if not 1 <= k < len(x):
        raise ValueError(f"{len(x)} examples have no neighbour number {k}; k is 1 or more, and less than their number")
    x = np.asarray(x, np.float64)
    neighbours = np.empty(len(x), np.int64)
    for rows, squares in blocks(x, x):
        squares[np.arange(len(squares)), np.arange(rows.start, rows.stop)] = np.inf
        neighbours[rows] = np.argpartition(squares, k - 1, axis=1)[:, k - 1]
    return np.linalg.norm(x - x[neighbours], axis=1)


def neighbourhoods(
    samples: np.ndarray, real: np.ndarray, k: int = 5, real_radii: np.ndarray | None = None
) -> Neighbourhoods:
    """Contributions of all examples to precision, density, recall and coverage, in memory that grows with ``N + M``.

    >>> collapsed = neighbourhoods(np.full((8, 1), 3.0), np.arange(8.0)[:, None], k=1)
    >>> [float(values.mean()) for values in (collapsed.precision, collapsed.recall, collapsed.coverage)]
    [1.0, 0.125, 0.375]

    Args:
        samples: features of generated examples, ``float[N, D]``, more than ``k``.
        real: features of real ones, ``float[M, D]``, more than ``k``.
        k: the neighbour that a ball reaches to.
        real_radii: ``radii(real, k)``, from a caller who judges several sets of samples; computed if not given.
    """
    samples, real = np.asarray(samples, np.float64), np.asarray(real, np.float64)
    reach_of_samples = _reach(samples, radii(samples, k))
    reach_of_real = _reach(real, radii(real, k) if real_radii is None else real_radii)
    holders = np.empty(len(samples))
    recalled, covered = np.zeros((2, len(real)), bool)
    for rows, squares in blocks(samples, real):
        held = squares <= reach_of_real
        holders[rows] = held.sum(axis=1)
        covered |= held.any(axis=0)
        recalled |= (squares <= reach_of_samples[rows, None]).any(axis=0)
    return Neighbourhoods(
        precision=(holders > 0).astype(np.float64),
        density=holders / k,
        recall=recalled.astype(np.float64),
        coverage=covered.astype(np.float64),
    )


def _reach(centres: np.ndarray, radii: np.ndarray) -> np.ndarray:
    """Squared radii, and what rounding may add to a squared distance that equals one.

    Distances come from scalar products, so those of duplicates are not quite zero. Rounding grows with the lengths of
    the two vectors, and one on the surface is no longer than centre and radius together: they are all it takes.
    """
    squares = np.asarray(radii, np.float64) ** 2
    unit = 16 * np.finfo(np.float64).eps * centres.shape[1]
    return squares + unit * (squares + np.einsum("nd,nd->n", centres, centres))

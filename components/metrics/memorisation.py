"""Whether samples are new: how far they are from the nearest training image, against how far new images are.

Distances are Euclidean, of features or of pixels in [0, 1]. Those of samples say little alone, for they depend on the
data: those of the test split are what they are measured by. To compare the three sets is the idea of Meehan et al., *A
Non-Parametric Test to Detect Data-Copying in Generative Models*, https://arxiv.org/abs/2004.05675; here it is by the
median and by the near tail, which can be read in the data's own terms, and not by their rank test.
"""

import numpy as np

from components.metrics.pairwise import squared_distances

__all__ = ["copies", "memorisation", "nearest"]

ROWS, COLUMNS = 1024, 4096  # examples of either set whose distances are held at once


def nearest(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The nearest of ``y`` to each of ``x``, the first of several.

    Args:
        x: ``float[N, …]``, features or images.
        y: ``float[M, …]`` of the same shape but for ``M``.

    Returns:
        Distances, ``float64[N]`` and exact (zero for a copy), and which of ``y``, ``int64[N]``. A constant amount of
        memory is used beside the arrays, which may be memory-mapped.
    """
    if x.shape[1:] != y.shape[1:] or not x.size or not y.size:
        raise ValueError(f"examples of {x.shape} have no nearest among {y.shape}; one or more of one shape have")
    x, y = (sample.reshape(len(sample), -1) for sample in (x, y))
    distances, indices = np.empty(len(x)), np.empty(len(x), np.int64)
    for start in range(0, len(x), ROWS):
        rows = slice(start, start + ROWS)
        block = np.asarray(x[rows], np.float64)
        indices[rows] = _nearest_of_all(block, y)
        distances[rows] = np.linalg.norm(block - y[indices[rows]], axis=1)
    return distances, indices


def memorisation(samples: np.ndarray, test: np.ndarray) -> np.ndarray:
    """Median distance of samples to their nearest training image, over that of test images.

    About 1 for images as new as the test split's, less for images that are nearer to the training set than new ones
    are, and 0 where most are copies. Far-off samples (noise) are above 1, so it is no measure of quality.

    Args:
        samples: ``nearest(samples, train)[0]``, ``float[…, N]``; leading axes are replicates of a bootstrap.
        test: ``nearest(test, train)[0]``, ``float[…, M]``; a matter of the data alone.

    Returns:
        ``float64[…]``; NaN where the median test image is itself in the training set.
    """
    ours, theirs = np.median(samples, axis=-1), np.median(test, axis=-1)
    return np.divide(ours, theirs, out=np.full(np.broadcast(ours, theirs).shape, np.nan), where=theirs > 0)[()]


def copies(samples: np.ndarray, test: np.ndarray, percentile: float = 1.0) -> np.ndarray:
    """Share of samples that are nearer to a training image than all but the nearest ``percentile`` of test images.

    Of new images it is about ``percentile / 100``. It finds a model that copies now and then, which a median does not.

    Args:
        samples: ``nearest(samples, train)[0]``, ``float[…, N]``; leading axes are replicates of a bootstrap.
        test: ``nearest(test, train)[0]``, ``float[…, M]``.
        percentile: of the test images' distances, 0 to 100.

    Returns:
        ``float64[…]`` in [0, 1]; 0 where that percentile is 0, as no sample is nearer than test images that are copies.
    """
    bound = np.percentile(test, percentile, axis=-1, keepdims=True)
    return np.mean(samples < bound, axis=-1)


def _nearest_of_all(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Which of ``y`` is nearest to each of ``x``, or the first of those that rounding cannot tell from it."""
    unit = 16 * np.finfo(np.float64).eps * x.shape[1]
    norms = np.einsum("nd,nd->n", x, x)
    best, indices = np.full(len(x), np.inf), np.zeros(len(x), np.int64)
    for start in range(0, len(y), COLUMNS):
        squares = squared_distances(x, y[start : start + COLUMNS])
        least = squares.min(axis=1)
        rounding = unit * (norms + least)
        first = (squares <= (least + rounding)[:, None]).argmax(axis=1)
        nearer = least < best - rounding
        best[nearer], indices[nearer] = least[nearer], start + first[nearer]
    return indices

"""The Fréchet distance of the Gaussians that are fitted to two sets of features.

Heusel et al., *GANs Trained by a Two Time-Scale Update Rule Converge to a Local Nash Equilibrium*,
https://arxiv.org/abs/1706.08500; the distance itself is that of Dowson and Landau, *The Fréchet distance between
multivariate normal distributions*, https://doi.org/10.1016/0047-259X(82)90077-X. The matrix's square root is taken of
symmetric matrices only, by their eigenvalues, so none is complex and there is nothing to add to a singular covariance.
"""

import numpy as np

__all__ = [
    "fit_gaussian",
    "frechet_contributions",
    "frechet_distance",
    "frechet_distance_infinite",
    "frechet_from_moments",
]

BLOCK = 4096  # rows that are held in double precision at once

Gaussian = tuple[np.ndarray, np.ndarray]


def frechet_distance(x: np.ndarray, y: np.ndarray) -> float:
    """Squared Fréchet distance of the Gaussians fitted to ``x`` and ``y``: zero where means and covariances agree.

    Estimated from samples it is too large, the more so the fewer they are: compare only values of equal ``N`` and
    ``M``, or use :func:`frechet_distance_infinite`.

    Args:
        x: ``float[N, D]``, two examples or more; better, many times ``D``.
        y: ``float[M, D]``.

    Returns:
        A number from 0 upwards, in squared units of the features. Memory beyond the input is ``O(D²)``.
    """
    return frechet_from_moments(*fit_gaussian(x), *fit_gaussian(y))


def frechet_distance_infinite(
    x: np.ndarray, y: np.ndarray, random: np.random.Generator, parts: int = 3, shuffles: int = 4
) -> float:
    """The Fréchet distance that infinitely many samples ``x`` would have from the same ``y``, by extrapolation.

    Chong and Forsyth, *Effectively Unbiased FID and Inception Score and where to find them*,
    https://arxiv.org/abs/1911.07023: the bias falls as ``1/N``, so a line through distances over ``1/N`` meets its
    axis at the distance without. Here the samples are cut into 1, 2, … ``parts`` disjoint subsets, which makes the
    sizes even in ``1/N`` and uses every sample as often as any other; the distances of all subsets of a size, over
    several shuffles, are averaged. So little is left to luck.

    It removes the bias from the number of samples ``x``, to first order, and with it what favours the larger of two
    sets. The bias from the number of reference examples ``y`` stays as it is: it is the same for all that are compared
    with the same ``y``, but a perfect model has a distance above zero. The smallest subset should have several times
    ``D`` samples: below that the bias bends away from the line, and the intercept is too small, the more so the more
    ``parts`` there are.

    Args:
        x: ``float[N, D]``, two examples or more for each part.
        y: ``float[M, D]``.
        random: shuffles the samples.
        parts: how many subsets the samples are cut into at most, 2 or more.
        shuffles: how often they are shuffled for each number of parts.

    Returns:
        The intercept, in squared units of the features. It scatters to both sides of what it estimates, so it can be
        negative, and about as widely as the distance itself.
    """
    if parts < 2 or shuffles < 1 or len(x) < 2 * parts:
        raise ValueError(f"{len(x)} samples in {parts} parts and {shuffles} shuffles give no line to extrapolate")
    reference = fit_gaussian(y)
    inverse_sizes, distances = [1 / len(x)], [frechet_from_moments(*fit_gaussian(x), *reference)]
    for count in range(2, parts + 1):
        subsets = [rows for _ in range(shuffles) for rows in np.array_split(random.permutation(len(x)), count)]
        inverse_sizes.append(float(np.mean([1 / len(rows) for rows in subsets])))
        found = [frechet_from_moments(*fit_gaussian(x[rows]), *reference) for rows in subsets]
        distances.append(float(np.mean(found)))
    _, intercept = np.polyfit(inverse_sizes, distances, 1)
    return float(intercept)


def frechet_from_moments(
    mean_x: np.ndarray, covariance_x: np.ndarray, mean_y: np.ndarray, covariance_y: np.ndarray
) -> float:
    """``|m - n|² + tr(S + T - 2 (S^½ T S^½)^½)`` of two Gaussians ``N(m, S)`` and ``N(n, T)``.

    >>> frechet_from_moments(np.zeros(2), np.eye(2), np.ones(2), 4 * np.eye(2))  # |1 - 0|² + (2 - 1)², twice
    4.0

    Args:
        mean_x: ``float[D]``.
        covariance_x: ``float[D, D]``, symmetric, singular or not.
        mean_y: ``float[D]``.
        covariance_y: ``float[D, D]``.
    """
    if mean_x.shape != mean_y.shape:
        raise ValueError(f"features of {mean_x.shape} and {mean_y.shape} dimensions cannot be compared")
    root = _root(covariance_x)
    overlap = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ covariance_y @ root), 0)).sum()
    shift = mean_x - mean_y
    return max(0.0, float(shift @ shift + np.trace(covariance_x) + np.trace(covariance_y) - 2 * overlap))


def frechet_contributions(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What each example adds to the Fréchet distance, to first order: its linear part, from which its error follows.

    The influence function: the derivative of the distance by the share that one example has in its set. The standard
    error is ``√(var(a) / N + var(b) / M)`` of the contributions ``a`` and ``b``, also for the distance extrapolated to
    infinite samples. That takes one evaluation where a bootstrap takes hundreds, and with few examples a dimension it
    is closer to the truth. Where the distributions all but agree, the first order vanishes and what is left is noise:
    the error is then too large, by about ``√2``.

    For several seeds, :func:`components.metrics.bootstrap_means` of each seed's distance plus its ``a`` gives the mean
    and the error by seeds and samples, and of each seed's ``b``, which share their examples, that by the reference; the
    squares of the two add.

    Args:
        x: ``float[N, D]``, two examples or more.
        y: ``float[M, D]``.

    Returns:
        ``float64[N]`` of ``x`` and ``float64[M]`` of ``y``, each with a mean of zero, in units of the distance. Memory
        beyond the input is ``O(N + M + D²)``.
    """
    of_x, of_y = fit_gaussian(x), fit_gaussian(y)
    return _influence(x, of_x, of_y), _influence(y, of_y, of_x)


def _influence(x: np.ndarray, own: Gaussian, other: Gaussian) -> np.ndarray:
    """The distance's derivative by the mean is ``2 (m - n)``, and by the covariance ``1 -`` the optimal map."""
    (mean, covariance), (target, target_covariance) = own, other
    root = _root(covariance)
    inverse = np.linalg.pinv(root, rcond=1e-7, hermitian=True)
    slope = np.eye(len(mean)) - inverse @ _root(root @ target_covariance @ root) @ inverse
    influence = np.empty(len(x))
    for start in range(0, len(x), BLOCK):
        block = x[start : start + BLOCK] - mean
        influence[start : start + BLOCK] = np.einsum("nd,nd->n", block @ slope + 2 * (mean - target), block)
    return influence - influence.mean()


def _root(matrix: np.ndarray) -> np.ndarray:
    """The square root of a symmetric matrix whose eigenvalues are none below zero but by rounding."""
    values, vectors = np.linalg.eigh(matrix)
    return vectors * np.sqrt(np.maximum(values, 0)) @ vectors.T


def fit_gaussian(x: np.ndarray) -> Gaussian:
    """Mean ``float64[D]`` and unbiased covariance ``float64[D, D]`` of ``float[N, D]``, chunk by chunk.

    Chunks are merged as in :mod:`components.metrics.moments`, so a mean far from zero costs no precision.
    """
    if x.ndim != 2 or len(x) < 2:
        raise ValueError(f"features of shape {x.shape} have no covariance; two or more rows of them have")
    count, mean, scatter = 0, np.zeros(x.shape[1]), np.zeros((x.shape[1], x.shape[1]))
    for start in range(0, len(x), BLOCK):
        block = np.asarray(x[start : start + BLOCK], np.float64)
        centre, total = block.mean(axis=0), count + len(block)
        block, shift = block - centre, centre - mean
        scatter += block.T @ block + np.outer(shift, shift) * (count * len(block) / total)
        mean += shift * (len(block) / total)
        count = total
    if not np.isfinite(mean).all():
        raise ValueError("features that are not finite have no distance")
    return mean, scatter / (count - 1)

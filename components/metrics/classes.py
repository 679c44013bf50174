"""Which classes samples are of, by a classifier's word: their spread, and how it differs from the data's.

All that these need is how many examples each class has. A bootstrap over ``N`` independent examples is therefore
``random.multinomial(N, counts / N, size=replicates)``, and all replicates are judged in one call.
"""

import numpy as np

__all__ = ["class_distance", "class_entropy", "classes_found", "histogram"]


def histogram(classes: np.ndarray, count: int) -> np.ndarray:
    """How many examples each class has.

    Args:
        classes: ``int[…, N]``, from 0 to ``count - 1``; leading axes are sets of their own.
        count: number ``C`` of classes.

    Returns:
        ``int64[…, C]``.
    """
    classes = np.asarray(classes)
    if classes.size and not 0 <= classes.min() <= classes.max() < count:
        raise ValueError(f"classes from {classes.min()} to {classes.max()} are not among {count}, which are from 0")
    sets = classes.reshape(-1, classes.shape[-1])
    cells = sets + count * np.arange(len(sets))[:, None]
    return np.bincount(cells.ravel(), minlength=count * len(sets)).reshape(*classes.shape[:-1], count)


def class_entropy(counts: np.ndarray) -> np.ndarray:
    """Entropy of the class histogram in nats: 0 for one class, at most ``log C`` for all ``C`` alike.

    It is that of the examples at hand, which is lower than their source's by about ``(C - 1) / 2N``; to be compared,
    sets are of one size.

    >>> float(class_entropy(np.array([5, 5, 0])))
    0.6931471805599453

    Args:
        counts: ``int[…, C]``, as ``histogram`` gives.

    Returns:
        ``float64[…]``.
    """
    shares = _shares(counts)
    return np.sum(shares * np.log(1 / np.where(shares > 0, shares, 1)), axis=-1)


def class_distance(counts: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Total variation between two class histograms: the share of examples that would have to change class.

    Two samples of one source are not at 0 but above it, the more so the fewer they are: the floor is real images.

    Args:
        counts: ``int[…, C]``.
        reference: ``int[…, C]``, of any number of examples.

    Returns:
        ``float64[…]`` from 0, equal shares, to 1, no class in common.
    """
    return np.abs(_shares(counts) - _shares(reference)).sum(axis=-1) / 2


def classes_found(counts: np.ndarray, reference: np.ndarray, share: float = 0.1) -> np.ndarray:
    """Number of classes that are found: that have at least ``share`` of the share that they have in the reference.

    Args:
        counts: ``int[…, C]``.
        reference: ``int[…, C]``; classes without examples there are not counted.
        share: above 0.

    Returns:
        ``int64[…]``, at most the number of classes in the reference.
    """
    if share <= 0:
        raise ValueError(f"a share of {share} is had by classes without examples; it is above 0")
    expected = _shares(reference)
    least = share * expected * (1 - 1e-12)  # rounding loses no class that has exactly its share
    return np.sum((expected > 0) & (_shares(counts) >= least), axis=-1)


def _shares(counts: np.ndarray) -> np.ndarray:
    """Of each class among all examples, ``float64[…, C]``."""
    counts = np.asarray(counts)
    totals = counts.sum(axis=-1, keepdims=True)
    if not totals.all():
        raise ValueError("a histogram of no examples has no shares")
    return counts / totals

"""How far apart two samples are."""

from typing import Any

from keras import ops

__all__ = ["energy_distance"]


def energy_distance(x: Any, y: Any) -> Any:
    """Energy distance of two distributions, estimated from a sample of each.

    Székely and Rizzo, *Energy statistics*, https://doi.org/10.1016/j.jspi.2013.03.018:
    ``2 E|X - Y| - E|X - X'| - E|Y - Y'|`` of Euclidean distances, zero for equal distributions only. The estimate is
    unbiased (pairs of an example with itself do not count), so it may fall a little below zero, and means over batches
    of any size can be compared.

    Args:
        x: ``float[N, …]``, flattened; images in [0, 1].
        y: ``float[M, …]`` of the same shape but for ``M``.

    Returns:
        ``float32[]``, in the units of ``x``.
    """
    x, y = (ops.reshape(ops.cast(sample, "float32"), (ops.shape(sample)[0], -1)) for sample in (x, y))
    centre = ops.mean(x, axis=0)
    x, y = x - centre, y - centre
    return 2 * ops.mean(_distances(x, y)) - _within(x) - _within(y)


def _within(x):
    """Mean distance of two different examples; zero if there is one only."""
    n = ops.shape(x)[0]
    others = 1 - ops.eye(n, dtype="float32")
    return ops.sum(_distances(x, x) * others) / ops.maximum(ops.cast(n * (n - 1), "float32"), 1.0)


def _distances(x, y):
    """Euclidean distances ``float32[N, M]``."""
    squares = ops.sum(ops.square(x), axis=1)[:, None] + ops.sum(ops.square(y), axis=1)
    return ops.sqrt(ops.maximum(squares - 2 * ops.matmul(x, ops.transpose(y)), 0.0))

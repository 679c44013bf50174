"""A Gaussian density cut into intensities."""

import math
from typing import Any

import numpy as np
from keras import ops

__all__ = ["discretized_gaussian", "log_cdf"]


def discretized_gaussian(x: Any, mean: Any, deviation: float, levels: int) -> Any:
    """Log-probability, in nats, of each of ``levels`` values at equal distances in [-1, 1].

    Bins reach halfway to the neighbours, the outer two to infinity; Ho, Jain and Abbeel, equation 13,
    https://arxiv.org/abs/2006.11239. Right in the tails too.

    Args:
        x: such values, ``float32[…]``.
        mean: ``float32[…]``.
        deviation: standard deviation.
        levels: how many.
    """
    half, tiny = 1 / (levels - 1), 1e-3 / levels
    lower, upper = (x - half - mean) / deviation, (x + half - mean) / deviation
    lower = ops.where(x < tiny - 1, -1e4, lower)
    upper = ops.where(x > 1 - tiny, 1e4, upper)
    right = lower + upper > 0  # what lies there is measured from the other side, where no digits are lost
    near, far = ops.where(right, -lower, upper), ops.where(right, -upper, lower)
    log_near = log_cdf(near)
    return log_near + ops.log1p(-ops.exp(log_cdf(far) - log_near))


def log_cdf(z: Any) -> Any:
    """Logarithm of the standard normal distribution function, ``float32[…]`` both.

    Far in the lower tail it is the asymptotic series, whose first left-out term is below 0.0004 there.
    """
    z = ops.convert_to_tensor(z)
    tail = ops.minimum(z, -4.0)
    inverse = 1 / ops.square(tail)
    series = 1 - inverse * (1 - 3 * inverse * (1 - 5 * inverse * (1 - 7 * inverse * (1 - 9 * inverse))))
    in_tail = -0.5 * ops.square(tail) - ops.log(-tail) - 0.5 * math.log(2 * math.pi) + ops.log(series)
    inside = ops.log(0.5 + 0.5 * ops.erf(ops.maximum(z, -4.0) * np.float32(math.sqrt(0.5))))
    return ops.where(z < -4.0, in_tail, inside)

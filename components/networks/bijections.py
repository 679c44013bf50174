"""Invertible layers whose Jacobian determinant is at hand, on vectors ``float[B, D]`` or images ``float[B, H, W, C]``.

Each maps data to latents by :meth:`Bijection.forward`, which gives the logarithm of that determinant too, in nats for
each example, and back by :meth:`Bijection.inverse`. They work in ``float32``, whatever the networks inside compute in.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from keras import layers, ops

__all__ = ["ActivationNorm", "Bijection", "Chain", "Logit", "Squeeze", "normal_log_prob", "total"]


class Bijection(layers.Layer, ABC):
    """An invertible map.

    Args:
        name: of the layer.
    """

    def __init__(self, name: str):
        super().__init__(name=name, dtype="float32")
        self.built = True

    @abstractmethod
    def forward(self, x: Any, context: Any = None, initialize: Any = False) -> tuple[Any, Any]:
        """Latents of data, and ``log |det dz/dx|``, ``float[B]``.

        Args:
            x: data.
            context: what the map may depend on besides: ``float[B, H, W, K]`` or ``float[B, K]``.
            initialize: a scalar truth, whether layers may fit their start to this batch.
        """

    @abstractmethod
    def inverse(self, z: Any, context: Any = None) -> Any:
        """Data of latents."""

    def log_density(self, x: Any, initialize: Any = False) -> Any:
        """Exact log-density ``float[B]`` of data whose latents are standard normal, in nats."""
        z, log_det = self.forward(x, initialize=initialize)
        return normal_log_prob(z) + log_det


class Chain(Bijection):
    """One after the other."""

    def __init__(self, steps: Sequence[Bijection], name: str):
        super().__init__(name)
        self.steps = list(steps)

    def forward(self, x, context=None, initialize=False):
        """From the first to the last."""
        log_det = ops.zeros_like(total(x))
        for step in self.steps:
            x, change = step.forward(x, context, initialize)
            log_det = log_det + change
        return x, log_det

    def inverse(self, z, context=None):
        """From the last to the first."""
        for step in reversed(self.steps):
            z = step.inverse(z, context)
        return z


class ActivationNorm(Bijection):
    """A shift and a positive scale for each channel, which start by making a batch's mean 0 and its variance 1.

    Kingma and Dhariwal, *Glow*, section 3.1, https://arxiv.org/abs/1807.03039. What the first batch says is kept in
    variables of its own, which are not trained, beside the shift and the scale that are: assigned like a batch
    normalization's statistics, they need no pass before training.

    Args:
        channels: size of the last axis.
        name: of the layer.
    """

    def __init__(self, channels: int, name: str):
        super().__init__(name)
        size = (channels,)
        self.mean = self.add_weight(shape=size, initializer="zeros", trainable=False, name="mean")
        self.log_deviation = self.add_weight(shape=size, initializer="zeros", trainable=False, name="log_deviation")
        self.shift = self.add_weight(shape=size, initializer="zeros", name="shift")
        self.log_scale = self.add_weight(shape=size, initializer="zeros", name="log_scale")

    def forward(self, x, context=None, initialize=False):
        """Normalize; every pixel has the same determinant."""
        mean, log_deviation = self.mean.value, self.log_deviation.value
        if initialize is not False:
            batch_mean, batch_variance = ops.moments(ops.stop_gradient(x), tuple(range(len(x.shape) - 1)))
            mean = ops.where(initialize, batch_mean, mean)
            log_deviation = ops.where(initialize, 0.5 * ops.log(batch_variance + 1e-6), log_deviation)
            self.mean.assign(mean)
            self.log_deviation.assign(log_deviation)
        log_scale = self.log_scale - log_deviation
        return (x - mean) * ops.exp(log_scale) + self.shift, math.prod(x.shape[1:-1]) * ops.sum(log_scale)

    def inverse(self, z, context=None):
        """Undo it."""
        return (z - self.shift) * ops.exp(self.log_deviation - self.log_scale) + self.mean


class Squeeze(Bijection):
    """Blocks of 2×2 pixels become one pixel of four times the channels, and nothing else changes.

    Dinh, Sohl-Dickstein and Bengio, *Density estimation using Real NVP*, section 3.6, https://arxiv.org/abs/1605.08803.
    The first half of the new channels is the upper row of a block, so that halves of channels are no checkerboard.
    """

    def forward(self, x, context=None, initialize=False):
        """``[B, 2H, 2W, C]`` → ``[B, H, W, 4C]``."""
        height, width, channels = x.shape[1:]
        blocks = ops.reshape(x, (-1, height // 2, 2, width // 2, 2, channels))
        z = ops.transpose(blocks, (0, 1, 3, 2, 4, 5))
        return ops.reshape(z, (-1, height // 2, width // 2, 4 * channels)), 0.0

    def inverse(self, z, context=None):
        """``[B, H, W, 4C]`` → ``[B, 2H, 2W, C]``."""
        height, width, channels = z.shape[1:]
        blocks = ops.reshape(z, (-1, height, width, 2, 2, channels // 4))
        x = ops.transpose(blocks, (0, 1, 3, 2, 4, 5))
        return ops.reshape(x, (-1, 2 * height, 2 * width, channels // 4))


class Logit(Bijection):
    """The unit interval, its ends drawn in by ``alpha``, to the whole line: ``logit(alpha + (1 - 2 alpha) x)``.

    Real NVP, section 4.1, where only the lower end is drawn in by its formula and both are by its code.

    Args:
        alpha: how far the ends are drawn in; over 0, below a half.
        name: of the layer.
    """

    def __init__(self, alpha: float, name: str):
        super().__init__(name)
        self.alpha = alpha

    def forward(self, x, context=None, initialize=False):
        """Of numbers in [0, 1]."""
        p = self.alpha + (1 - 2 * self.alpha) * x
        log_p, log_q = ops.log(p), ops.log1p(-p)
        return log_p - log_q, total(math.log(1 - 2 * self.alpha) - log_p - log_q)

    def inverse(self, z, context=None):
        """Numbers that may be outside [0, 1] by as much as ``alpha`` leaves."""
        return (ops.sigmoid(z) - self.alpha) / (1 - 2 * self.alpha)


def total(values: Any) -> Any:
    """Sum over everything but the first axis."""
    return ops.sum(values, axis=tuple(range(1, len(values.shape))))


def normal_log_prob(z: Any) -> Any:
    """Log-density of a standard normal, nats for each example of ``float[B, …]``."""
    return -0.5 * total(ops.square(z) + math.log(2 * math.pi))

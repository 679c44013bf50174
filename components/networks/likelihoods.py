"""Likelihoods of an image given what a decoder says of it, each with the channels that it needs from that decoder.

An image is ``x``, ``float[B, H, W, C]`` of intensities in [0, 1], ``levels`` equally spaced values. A log-probability
is in nats, summed over pixels and channels: ``float[B]``.
"""

import math
from abc import ABC, abstractmethod
from typing import Any

import keras
from keras import layers, ops

__all__ = ["LIKELIHOODS", "Bernoulli", "DiscretizedLogistic", "Gaussian", "Likelihood", "discretized_logistic"]


class Likelihood(layers.Layer, ABC):
    """A distribution over images.

    Args:
        levels: distinct intensities of a pixel.
    """

    outputs = 1
    """Numbers that the decoder gives for each channel of a pixel."""

    def __init__(self, levels: int):
        super().__init__(name="likelihood", dtype="float32")
        self.levels = levels
        self.build(())

    @property
    @abstractmethod
    def discrete(self) -> bool:
        """Whether it is a distribution over the ``levels`` intensities, and so a matter of bits, not of a density."""

    @abstractmethod
    def log_prob(self, output: Any, x: Any) -> Any:
        """Log-probability ``float[B]`` of images given the decoder's ``float[B, H, W, C * outputs]``."""

    @abstractmethod
    def mean(self, output: Any) -> Any:
        """Mean image ``float[B, H, W, C]`` in [0, 1]."""

    @abstractmethod
    def draw(self, output: Any, u: Any) -> Any:
        """The image ``float[B, H, W, C]`` in [0, 1] at the quantiles ``u``, ``float[B, H, W, C]`` in (0, 1)."""


class Bernoulli(Likelihood):
    """A coin for each pixel; grey pixels count as fractions of a coin, as is customary (exact for two levels)."""

    @property
    def discrete(self):
        """Only of black and white: for greys it is no distribution."""
        return self.levels == 2

    def log_prob(self, output, x):
        """Negative cross-entropy of logits."""
        return _sum(x * output - ops.softplus(output))

    def mean(self, output):
        """Probability of a one."""
        return ops.sigmoid(output)

    def draw(self, output, u):
        """Zeros and ones."""
        return ops.cast(u < ops.sigmoid(output), "float32")


class Gaussian(Likelihood):
    """A density around the decoder's mean, with one learned variance for all pixels."""

    @property
    def discrete(self):
        """It is a density."""
        return False

    def build(self, input_shape):
        """One variable."""
        self.log_variance = self.add_weight(
            shape=(), initializer=keras.initializers.Constant(-2.0), name="log_variance"
        )
        self.built = True

    def log_prob(self, output, x):
        """Nats of a density on [0, 1]: positive where it is above one."""
        squares = ops.square(x - output) * ops.exp(-self.log_variance)
        return -0.5 * _sum(squares + self.log_variance + math.log(2 * math.pi))

    def mean(self, output):
        """The decoder's mean, kept in [0, 1]."""
        return ops.clip(output, 0.0, 1.0)

    def draw(self, output, u):
        """Mean and noise."""
        noise = math.sqrt(2) * ops.erfinv(2 * u - 1)
        return ops.clip(output + ops.exp(0.5 * self.log_variance) * noise, 0.0, 1.0)


class DiscretizedLogistic(Likelihood):
    """A logistic density cut into ``levels`` bins, the outer two open, with mean and scale for each pixel.

    Kingma et al., *Improving Variational Inference with Inverse Autoregressive Flow*, appendix C,
    https://arxiv.org/abs/1606.04934 (there with one scale for each channel).
    """

    outputs = 2

    @property
    def discrete(self):
        """It is."""
        return True

    def log_prob(self, output, x):
        """Exact log-probability of each intensity."""
        centre, log_scale = self._parameters(output)
        return _sum(discretized_logistic(x, centre, log_scale, self.levels))

    def mean(self, output):
        """Centre of the density, kept in [0, 1]."""
        return ops.clip(self._parameters(output)[0], 0.0, 1.0)

    def draw(self, output, u):
        """A logistic variable, rounded to the nearest level."""
        centre, log_scale = self._parameters(output)
        x = centre + ops.exp(log_scale) * (ops.log(u) - ops.log1p(-u))
        return ops.round(ops.clip(x, 0.0, 1.0) * (self.levels - 1)) / (self.levels - 1)

    def _parameters(self, output):
        centre, log_scale = ops.split(output, 2, axis=-1)
        return centre + 0.5, ops.clip(log_scale - 2.0, -7.0, 3.0)


def discretized_logistic(x: Any, centre: Any, log_scale: Any, levels: int) -> Any:
    """Log-probability of an intensity ``x`` in [0, 1] under a logistic cut into bins, the outer two open."""
    inverse, half = ops.exp(-log_scale), 0.5 / (levels - 1)
    upper, lower = inverse * (x - centre + half), inverse * (x - centre - half)
    inside = ops.log(-ops.expm1(-2 * half * inverse)) - ops.softplus(-upper) - ops.softplus(lower)
    return ops.where(x < half, -ops.softplus(-upper), ops.where(x > 1 - half, -ops.softplus(lower), inside))


def _sum(values):
    return ops.sum(values, axis=(1, 2, 3))


LIKELIHOODS = {"bernoulli": Bernoulli, "gaussian": Gaussian, "discretized_logistic": DiscretizedLogistic}

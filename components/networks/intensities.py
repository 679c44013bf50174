"""Distributions of one intensity out of a few, each level with a probability of its own, and what joins channels.

Levels are ``0 … levels - 1``, at equal distances in [0, 1]; log-probabilities are in nats.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from components.networks.likelihoods import discretized_logistic

__all__ = ["INTENSITIES", "ChannelHead", "Intensity", "MixtureOfLogistics", "Softmax"]


class Intensity(ABC):
    """A distribution over levels, given ``outputs`` numbers that a network says of it.

    Args:
        levels: distinct intensities.
        components: of the mixture, where it is one.
    """

    outputs: int

    def __init__(self, levels: int, components: int):
        self.levels, self.components = levels, components

    @abstractmethod
    def log_prob(self, output: Any, x: Any) -> Any:
        """Log-probability ``float[…]`` of levels ``int[…]`` given ``float[…, outputs]``."""

    @abstractmethod
    def logits(self, output: Any) -> Any:
        """Log-probability of every level, up to a constant, ``float[…, levels]``."""


class Softmax(Intensity):
    """A number for each level; which of them are close it has to learn."""

    def __init__(self, levels: int, components: int):
        super().__init__(levels, components)
        self.outputs = levels

    def log_prob(self, output, x):
        """Negative cross-entropy."""
        return -ops.sparse_categorical_crossentropy(ops.cast(x, "int32"), output, from_logits=True)

    def logits(self, output):
        """They are the outputs."""
        return output


class MixtureOfLogistics(Intensity):
    """Logistic densities cut into ``levels`` bins, the outer two open.

    Salimans et al., *PixelCNN++*, https://arxiv.org/abs/1701.05517, section 2.1. Outputs are weights, means and scales
    of the components, in this order; an output of zeros spreads the means evenly, so that no two components are alike.
    """

    def __init__(self, levels: int, components: int):
        super().__init__(levels, components)
        self.outputs = 3 * components

    def log_prob(self, output, x):
        """Exact log-probability of a level."""
        weight, centre, log_scale = self._parameters(output)
        x = ops.cast(x, "float32")[..., None] / (self.levels - 1)
        return ops.logsumexp(weight + discretized_logistic(x, centre, log_scale, self.levels), axis=-1)

    def logits(self, output):
        """Log-probabilities, normalised."""
        x = ops.convert_to_tensor(np.arange(self.levels, dtype="float32")[:, None] / (self.levels - 1))
        weight, centre, log_scale = (part[..., None, :] for part in self._parameters(output))
        return ops.logsumexp(weight + discretized_logistic(x, centre, log_scale, self.levels), axis=-1)

    def _parameters(self, output):
        weight, centre, log_scale = ops.split(output, 3, axis=-1)
        spread = (np.arange(self.components, dtype="float32") + 0.5) / self.components
        return ops.log_softmax(weight, axis=-1), centre + spread, ops.clip(log_scale - 2.0, -7.0, 3.0)


class ChannelHead(layers.Layer):
    """From what is known of a pixel to what is said of each of its channels, given the channels before it.

    Rectified units of its own read, for each channel, the features and the channels before it; then follow the outputs
    of that channel. Van den Oord et al. split and mask the channels of every layer instead
    (https://arxiv.org/abs/1601.06759, section 3.4), so that each channel of a pixel needs a pass through all layers;
    PixelCNN++ shifts means linearly, which suits logistics alone.

    Args:
        inputs: features of a pixel.
        width: units for each channel.
        channels: of a pixel.
        outputs: numbers for each channel.
    """

    def __init__(self, inputs: int, width: int, channels: int, outputs: int, name: str = "head"):
        super().__init__(name=name, dtype="float32")

        def dense(inputs, outputs, name, use_bias=True):
            layer = layers.Dense(outputs, use_bias=use_bias, name=name, dtype="float32")
            layer.build((None, inputs))
            return layer

        with keras.name_scope(name):
            self.features = dense(inputs, channels * width, "features")
            self.earlier = [dense(i, width, f"earlier_{i}", use_bias=False) for i in range(1, channels)]
            self.out = [dense(width, outputs, f"out_{i}") for i in range(channels)]
        self.built = True

    def call(self, features, x):
        """Features ``float[…, inputs]`` and intensities ``float[…, C]`` in [0, 1] give ``float[…, C, outputs]``."""
        hidden = self.read(features)
        return ops.stack([self.say(i, hidden, x) for i in range(len(self.out))], axis=-2)

    def read(self, features):
        """What the channels of a pixel share: ``float[…, C * width]`` of its features."""
        return self.features(ops.relu(features))

    def say(self, channel: int, hidden, x):
        """Outputs ``float[…, outputs]`` for one channel; of ``x``, ``float[…, C]``, it sees those before it."""
        width = hidden.shape[-1] // len(self.out)
        own = hidden[..., channel * width : (channel + 1) * width]
        if channel:
            own += self.earlier[channel - 1](2 * x[..., :channel] - 1)
        return self.out[channel](ops.relu(own))


INTENSITIES: dict[str, Callable[[int, int], Intensity]] = {
    "softmax": Softmax,
    "mixture_of_logistics": MixtureOfLogistics,
}

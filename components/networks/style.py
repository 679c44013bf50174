"""How the layers of an encoder and its decoder are made, by names."""

from dataclasses import dataclass, fields
from typing import Any

import keras
from keras import layers, ops

from components.networks.normalization import NORMALIZATION

__all__ = ["Shape", "Style", "hidden", "stack"]

Shape = tuple[int, int, int]


@dataclass(frozen=True)
class Style:
    """What an encoder and its decoder have in common, beside their widths.

    Args:
        activation: ``relu``, ``tanh``, ``silu``, or ``gated``: twice the features, one half the gates of the other
            (Dauphin et al., *Language Modeling with Gated Convolutional Networks*, https://arxiv.org/abs/1612.08083).
        normalization: of what an activation is given, a name of :data:`NORMALIZATION`.
        upsampling: of a convolutional decoder, a name of :data:`UPSAMPLING`.
        patch: side of a transformer's patches, in pixels.
        heads: of a transformer's attention.
    """

    activation: str = "relu"
    normalization: str = "none"
    upsampling: str = "transposed"
    patch: int = 2
    heads: int = 4

    @classmethod
    def of(cls, config: Any) -> "Style":
        """The style that a family's parameters describe."""
        return cls(**{field.name: getattr(config, field.name) for field in fields(cls)})

    @property
    def gates(self) -> int:
        """Features that an activation makes one of."""
        return 2 if self.activation == "gated" else 1


class Gated(layers.Layer):
    """One half of the features times the sigmoid of the other, ``float[…, 2C]`` → ``float[…, C]``."""

    def call(self, x):
        """Values first, then gates."""
        values, gates = ops.split(x, 2, axis=-1)
        return values * ops.sigmoid(gates)

    def compute_output_shape(self, input_shape):
        """Half as many."""
        return (*input_shape[:-1], input_shape[-1] // 2)


def hidden(made: list[layers.Layer], name: str, style: Style) -> list[layers.Layer]:
    """Layers with ``style.gates`` features for each that is wanted, then normalization, then activation."""
    after = f"{name}_activation"
    activation = Gated(name=after) if style.activation == "gated" else layers.Activation(style.activation, name=after)
    return [*made, *NORMALIZATION[style.normalization](f"{name}_norm"), activation]


def stack(name: str, shape: tuple[int, ...], made: list[layers.Layer]) -> keras.Model:
    """Layers one after the other, built for inputs ``float[B, *shape]``."""
    return keras.Sequential([keras.Input(shape), *made], name=name)

"""Affine couplings: one part of an example is scaled and shifted as the other part says.

Dinh, Sohl-Dickstein and Bengio, *Density estimation using Real NVP*, equations 7-9, https://arxiv.org/abs/1605.08803.
The same layer serves images, with convolutions, and vectors, with dense layers.
"""

from typing import Any

import keras
import numpy as np
from keras import layers, ops

from components.networks.bijections import ActivationNorm, Bijection, total

__all__ = ["Conditioner", "Coupling", "alternating", "channel_mask", "checkerboard"]


def checkerboard(shape: tuple[int, ...], odd: bool) -> np.ndarray:
    """Ones where the sum of the coordinates is even, zeros elsewhere; the other way round if ``odd``.

    Args:
        shape: ``(H, W, C)``, all channels of a pixel alike, or ``(D,)``.
        odd: which half.

    Returns:
        ``float32`` that spreads over ``shape``: ``[H, W, 1]`` or ``[D]``.
    """
    axes = np.indices(shape[:2]).sum(axis=0)[..., None] if len(shape) == 3 else np.arange(shape[0])
    return ((axes + odd) % 2 == 0).astype("float32")


def channel_mask(channels: int, odd: bool) -> np.ndarray:
    """Ones for the first half of the channels, zeros for the rest; the other way round if ``odd``: ``float32[C]``."""
    return ((np.arange(channels) < channels // 2) != odd).astype("float32")


class Conditioner(layers.Layer):
    """A residual network that starts as zero: ``float[B, …, inputs]`` → ``float[B, …, outputs]``.

    He et al., *Identity Mappings in Deep Residual Networks*, https://arxiv.org/abs/1603.05027; convolutions of 3×3 on
    images, the second of a block of 1×1, dense layers on vectors. Without normalization, but each block starts as the
    identity, so that a deep stack starts as tame as a shallow one.

    Args:
        inputs: channels that come in.
        outputs: channels that go out.
        image: whether examples are images.
        width: channels of the layers between.
        blocks: residual blocks.
        name: of the layer.
    """

    def __init__(self, inputs: int, outputs: int, *, image: bool, width: int, blocks: int, name: str):
        super().__init__(name=name)

        def linear(name: str, incoming: int, outgoing: int, size: int, **options: Any) -> layers.Layer:
            layer = (
                layers.Conv2D(outgoing, size, padding="same", name=name, **options)
                if image
                else layers.Dense(outgoing, name=name, **options)
            )
            layer.build((None, None, None, incoming) if image else (None, incoming))
            return layer

        with keras.name_scope(name):
            self.first = linear("first", inputs, width, 3, kernel_initializer="he_normal")
            self.blocks = [
                [
                    linear(f"block_{i}_a", width, width, 3, kernel_initializer="he_normal"),
                    linear(f"block_{i}_b", width, width, 1, kernel_initializer="zeros"),
                ]
                for i in range(blocks)
            ]
            self.last = linear("last", width, outputs, 3, kernel_initializer="zeros")
        self.built = True

    def call(self, x):
        """Unbounded, ``float32``."""
        x = self.first(x)
        for a, b in self.blocks:
            x = x + b(ops.relu(a(ops.relu(x))))
        return ops.cast(self.last(ops.relu(x)), "float32")


class Coupling(Bijection):
    """``z = b x + (1 - b) (x exp(s(b x)) + t(b x))``, with ``s`` kept small by a hyperbolic tangent of learned scale.

    Args:
        shape: of an example, ``(H, W, C)`` or ``(D,)``.
        mask: ``b``, ones where nothing changes.
        width: channels of the conditioner.
        blocks: residual blocks of the conditioner.
        name: of the layer.
        context: channels of the context that the conditioner sees besides.
    """

    def __init__(
        self, shape: tuple[int, ...], mask: np.ndarray, *, width: int, blocks: int, name: str, context: int = 0
    ):
        super().__init__(name)
        self.mask = mask
        channels = shape[-1]
        with keras.name_scope(name):
            inputs, image = channels + context, len(shape) == 3
            self.conditioner = Conditioner(
                inputs, 2 * channels, image=image, width=width, blocks=blocks, name="conditioner"
            )
        self.scale = self.add_weight(shape=(channels,), initializer="ones", name="scale")

    def forward(self, x, context=None, initialize=False):
        """Scale, then shift."""
        log_scale, shift = self._parameters(x, context)
        return x * ops.exp(log_scale) + shift, total(log_scale)

    def inverse(self, z, context=None):
        """Shift back, then scale back: what decides is the same on both sides."""
        log_scale, shift = self._parameters(z, context)
        return (z - shift) * ops.exp(-log_scale)

    def _parameters(self, x, context):
        seen = self.mask * x
        if context is not None:
            seen = ops.concatenate([seen, context], axis=-1)
        log_scale, shift = ops.split(self.conditioner(seen), 2, axis=-1)
        return self.scale * ops.tanh(log_scale) * (1 - self.mask), shift * (1 - self.mask)


def alternating(
    shape: tuple[int, ...], count: int, *, by_channel: bool = False, name: str, **options: int
) -> list[Bijection]:
    """Couplings that change one half of an example and the other in turn, each after an activation norm.

    Args:
        shape: of an example, ``(H, W, C)`` or ``(D,)``.
        count: how many.
        by_channel: halves of the channels, not of a checkerboard.
        name: what their names begin with.
        options: ``width``, ``blocks`` and ``context`` of :class:`Coupling`.
    """
    steps: list[Bijection] = []
    for i in range(count):
        mask = channel_mask(shape[-1], bool(i % 2)) if by_channel else checkerboard(shape, bool(i % 2))
        norm = ActivationNorm(shape[-1], f"{name}_norm_{i}")
        steps += [norm, Coupling(shape, mask, name=f"{name}_coupling_{i}", **options)]
    return steps

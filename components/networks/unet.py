"""U-Net that is told a time and, where there are any, a class.

Ronneberger, Fischer and Brox, https://arxiv.org/abs/1505.04597, as Ho, Jain and Abbeel have it for diffusion
(https://arxiv.org/abs/2006.11239, appendix B): residual blocks with group normalization, the time as sinusoids,
self-attention where the image is smallest (theirs has more of it), and a last layer that starts at zero. What is told
scales and shifts the second normalization of each block (Nichol and Dhariwal, https://arxiv.org/abs/2102.09672,
section 3.3), by one matrix for all blocks.
"""

import math
from typing import Any

import numpy as np
from keras import layers, ops

from components.networks.attention import SelfAttention

__all__ = ["GroupNorm", "ResidualBlock", "UNet", "group_normalized", "sinusoids"]


class UNet(layers.Layer):
    """``(float[B, H, W, C], time float[B], label int[B]) → float[B, H, W, C]``.

    A side that cannot be halved is rounded up, and cut off again on the way back.

    Args:
        channels: of the image.
        width: of the first level.
        multipliers: width of each level in units of the first; every level after the first is half as high and wide.
        blocks: residual blocks of a level on the way down; there is one more on the way up.
        heads: of the attention between the ways.
        dropout: part of a block's inner values that training drops.
        classes: that a label tells apart; a label of -1 is none of them.
    """

    def __init__(
        self,
        channels: int,
        width: int,
        multipliers: tuple[int, ...],
        *,
        blocks: int,
        heads: int,
        dropout: float = 0.0,
        classes: int = 0,
    ):
        super().__init__(name="unet")
        self.channels, self.width, self.blocks, self.heads = channels, width, blocks, heads
        self.widths = [width * multiplier for multiplier in multipliers]
        self.dropout, self.classes = dropout, classes
        self.build(())

    def build(self, input_shape):
        """All layers, in the order of their use."""
        told = 4 * self.width
        self.time = [_dense(self.width, told, "time_0"), _dense(told, told, "time_1")]
        self.label = _dense(self.classes, told, "label", use_bias=False) if self.classes else None
        up = [width for width in reversed(self.widths) for _ in range(self.blocks + 1)]
        down = [width for width in self.widths for _ in range(self.blocks)]
        self.shares = [2 * width for width in [*down, *[self.widths[-1]] * 2, *up]]
        self.modulation = _dense(told, sum(self.shares), "modulation", kernel_initializer="zeros")
        self.enter = _convolution(self.channels, self.width, "enter")
        now, skips, self.down, self.up = self.width, [self.width], [], []
        for level, width in enumerate(self.widths):
            for i in range(self.blocks):
                self.down.append(ResidualBlock(now, width, self.dropout, name=f"down_{level}_{i}"))
                skips.append(now := width)
            if level + 1 < len(self.widths):
                self.down.append(_convolution(now, now, f"halve_{level}", strides=2))
                skips.append(now)
        self.before = ResidualBlock(now, now, self.dropout, name="before")
        self.attention_norm, self.attention = GroupNorm(now, "attention_norm"), SelfAttention(now, self.heads)
        self.after = ResidualBlock(now, now, self.dropout, name="after")
        for level, width in reversed([*enumerate(self.widths)]):
            for i in range(self.blocks + 1):
                self.up.append(ResidualBlock(now + skips.pop(), width, self.dropout, name=f"up_{level}_{i}"))
                now = width
            if level:
                self.up.append(_convolution(now, now, f"double_{level}"))
        self.norm = GroupNorm(now, "norm")
        self.leave = _convolution(now, self.channels, "leave", kernel_initializer="zeros")

    def call(self, x, time, label, training=False):
        """What the network says of ``x``; times in units of the sinusoids, about 0 … 1000."""
        told = iter(self._told(time, label))
        skips = [x := self.enter(x)]
        for layer in self.down:
            x = layer(x, next(told), training=training) if isinstance(layer, ResidualBlock) else layer(x)
            skips.append(x)
        x = self.before(x, next(told), training=training)
        x = self.after(x + self._attended(x), next(told), training=training)
        for layer in self.up:
            if isinstance(layer, ResidualBlock):
                x = layer(ops.concatenate([x, skips.pop()], axis=-1), next(told), training=training)
            else:
                x = layer(_doubled(x)[:, : skips[-1].shape[1], : skips[-1].shape[2]])
        return self.leave(_silu(self.norm(x)))

    def _told(self, time, label):
        """What each block is told, in the order of their use."""
        told = ops.cast(sinusoids(time, self.width), self.compute_dtype)
        told = self.time[1](_silu(self.time[0](told)))
        if self.label is not None:
            told = told + self.label(ops.one_hot(label, self.classes, dtype=self.compute_dtype))
        return ops.split(self.modulation(_silu(told)), np.cumsum(self.shares)[:-1].tolist(), axis=1)

    def _attended(self, x):
        height, width, channels = x.shape[1:]
        tokens = ops.reshape(self.attention_norm(x), (-1, height * width, channels))
        return ops.reshape(self.attention(tokens), (-1, height, width, channels))


class ResidualBlock(layers.Layer):
    """Two convolutions, each after normalization and SiLU, added to what came in.

    Args:
        inputs: channels that come in.
        outputs: channels that go out.
        dropout: before the second convolution.
    """

    def __init__(self, inputs: int, outputs: int, dropout: float, name: str):
        super().__init__(name=name)
        self.inputs, self.outputs = inputs, outputs
        self.dropout = layers.Dropout(dropout, name="dropout") if dropout else None
        self.build(())

    def build(self, input_shape):
        """All layers, in the order of their use."""
        self.norm = GroupNorm(self.inputs, "norm")
        self.first = _convolution(self.inputs, self.outputs, "first", use_bias=False)
        self.second = _convolution(self.outputs, self.outputs, "second", kernel_initializer="zeros")
        short = self.inputs != self.outputs
        self.short = _dense(self.inputs, self.outputs, "short", use_bias=False) if short else None

    def call(self, x, told, training=False):
        """``(float[B, H, W, inputs], float[B, 2 outputs]) → float[B, H, W, outputs]``."""
        scale, shift = ops.split(told, 2, axis=1)
        y = _silu(group_normalized(self.first(_silu(self.norm(x))), 1 + scale, shift))
        if self.dropout is not None:
            y = self.dropout(y, training=training)
        return (x if self.short is None else self.short(x)) + self.second(y)


class GroupNorm(layers.Layer):
    """Group normalization with a learned scale and shift for each channel."""

    def __init__(self, channels: int, name: str):
        super().__init__(name=name)
        self.scale = self.add_weight(shape=(channels,), initializer="ones", name="scale")
        self.shift = self.add_weight(shape=(channels,), initializer="zeros", name="shift")
        self.built = True

    def call(self, x):
        """``float[B, H, W, C]``, as they are."""
        return group_normalized(x, self.scale, self.shift)


def group_normalized(x: Any, scale: Any, shift: Any) -> Any:
    """Group normalization of images, Wu and He, https://arxiv.org/abs/1803.08494.

    The number of groups is the greatest divisor of 8 that divides the channels. All of it comes down to one product and
    one sum for each value: on a CPU half the time of Keras' own layer.

    Args:
        x: ``float[B, H, W, C]``.
        scale: of what is normalized, ``float[C]`` or ``float[B, C]``.
        shift: of that, likewise.
    """
    channels = x.shape[-1]
    size = channels // math.gcd(channels, 8)
    grouped = np.kron(np.eye(channels // size), np.full((size, size), 1 / size)).astype("float32")
    whole, scale, shift = (ops.cast(value, "float32") for value in (x, scale, shift))
    mean = ops.matmul(ops.mean(whole, axis=(1, 2)), grouped)
    variance = ops.matmul(ops.mean(whole * whole, axis=(1, 2)), grouped) - mean * mean
    factor = scale * ops.rsqrt(ops.maximum(variance, 0.0) + 1e-5)
    offset = shift - mean * factor
    factor, offset = (ops.reshape(value, (-1, 1, 1, channels)) for value in (factor, offset))
    return ops.cast(whole * factor + offset, x.dtype)


def sinusoids(time: Any, width: int) -> Any:
    """Sines and cosines of times, ``float[B]`` → ``float32[B, width]``: periods from 2π to under 10,000 times that."""
    half = math.ceil(width / 2)
    frequencies = np.exp(-math.log(10_000) * np.arange(half) / half).astype("float32")
    angles = ops.reshape(ops.cast(time, "float32"), (-1, 1)) * frequencies
    return ops.concatenate([ops.sin(angles), ops.cos(angles)], axis=1)[:, :width]


def _silu(x):
    return x * ops.sigmoid(x)


def _doubled(x):
    """Every pixel four times: rows of pixels twice side by side, then rows twice one below the other."""
    height, width, channels = x.shape[1:]
    x = ops.reshape(ops.concatenate([x, x], axis=3), (-1, height, 2 * width * channels))
    return ops.reshape(ops.concatenate([x, x], axis=2), (-1, 2 * height, 2 * width, channels))


def _dense(inputs: int, units: int, name: str, **options: Any) -> layers.Dense:
    layer = layers.Dense(units, name=name, **options)
    layer.build((None, inputs))
    return layer


def _convolution(inputs: int, filters: int, name: str, **options: Any) -> layers.Conv2D:
    layer = layers.Conv2D(filters, 3, padding="same", name=name, **options)
    layer.build((None, None, None, inputs))
    return layer

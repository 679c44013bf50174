"""U-Net that is told a time and, where there are any, a class.

Ronneberger, Fischer and Brox, https://arxiv.org/abs/1505.04597, as Ho, Jain and Abbeel have it for diffusion
(https://arxiv.org/abs/2006.11239, appendix B): residual blocks with group normalization, the time as sinusoids,
self-attention where the image is smallest, and a last layer that starts at zero. What is told scales and shifts what
the second normalization of each block gives (Nichol and Dhariwal, https://arxiv.org/abs/2102.09672, section 3.3).
"""

import math
from typing import Any

from keras import layers, ops

from components.networks.attention import SelfAttention

__all__ = ["GroupNorm", "ResidualBlock", "UNet", "sinusoids"]


class UNet(layers.Layer):
    """``(float[B, H, W, C], time float[B], label int[B]) → float[B, H, W, C]``.

    A side that cannot be halved is rounded up, and cut off again on the way back.

    Args:
        channels: of the image.
        width: of the first level.
        multipliers: width of each level in units of the first; every level after the first is half as high and wide.
        blocks: residual blocks of a level on the way down; there is one more on the way up.
        heads: of the attention in the last level and between the ways.
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
        told, last = 4 * self.width, len(self.widths) - 1
        self.time = [_dense(self.width, told, "time_0", activation="silu"), _dense(told, told, "time_1")]
        self.label = _dense(self.classes, told, "label", use_bias=False) if self.classes else None
        self.enter = _convolution(self.channels, self.width, "enter")
        now, skips, self.down, self.up = self.width, [self.width], [], []
        for level, width in enumerate(self.widths):
            for i in range(self.blocks):
                self.down.append(self._block(now, width, f"down_{level}_{i}", attends=level == last))
                skips.append(now := width)
            if level < last:
                self.down.append(_convolution(now, now, f"halve_{level}", strides=2))
                skips.append(now)
        self.middle = [self._block(now, now, f"middle_{i}", attends=i == 0) for i in range(2)]
        for level, width in reversed([*enumerate(self.widths)]):
            for i in range(self.blocks + 1):
                self.up.append(self._block(now + skips.pop(), width, f"up_{level}_{i}", attends=level == last))
                now = width
            if level:
                self.up.append(_convolution(now, now, f"double_{level}"))
        self.norm = GroupNorm(now, "norm")
        self.leave = _convolution(now, self.channels, "leave", kernel_initializer="zeros")

    def call(self, x, time, label, training=False):
        """What the network says of ``x``; times in units of the sinusoids, about 0 … 1000."""
        told = ops.cast(sinusoids(time, self.width), self.compute_dtype)
        for layer in self.time:
            told = layer(told)
        if self.label is not None:
            told = told + self.label(ops.one_hot(label, self.classes, dtype=self.compute_dtype))
        told = ops.silu(told)
        skips = [x := self.enter(x)]
        for layer in self.down:
            skips.append(x := layer(x, told, training=training) if isinstance(layer, ResidualBlock) else layer(x))
        for block in self.middle:
            x = block(x, told, training=training)
        for layer in self.up:
            if isinstance(layer, ResidualBlock):
                x = layer(ops.concatenate([x, skips.pop()], axis=-1), told, training=training)
            else:
                x = layer(_doubled(x, skips[-1].shape))
        return self.leave(ops.silu(self.norm(x)))

    def _block(self, inputs: int, outputs: int, name: str, attends: bool) -> "ResidualBlock":
        heads = self.heads if attends else 0
        return ResidualBlock(inputs, outputs, 4 * self.width, heads=heads, dropout=self.dropout, name=name)


class ResidualBlock(layers.Layer):
    """Two convolutions, each after normalization and SiLU, added to what came in; then attention, if it has heads.

    Args:
        inputs: channels that come in.
        outputs: channels that go out.
        told: width of what the block is told.
        heads: of the attention; none for 0.
        dropout: before the second convolution.
    """

    def __init__(self, inputs: int, outputs: int, told: int, *, heads: int, dropout: float, name: str):
        super().__init__(name=name)
        self.inputs, self.outputs, self.told, self.heads = inputs, outputs, told, heads
        self.dropout = layers.Dropout(dropout, name="dropout") if dropout else None
        self.build(())

    def build(self, input_shape):
        """All layers, in the order of their use."""
        self.first_norm = GroupNorm(self.inputs, "first_norm")
        self.first = _convolution(self.inputs, self.outputs, "first")
        self.modulation = _dense(self.told, 2 * self.outputs, "modulation", kernel_initializer="zeros")
        self.second_norm = GroupNorm(self.outputs, "second_norm")
        self.second = _convolution(self.outputs, self.outputs, "second", kernel_initializer="zeros")
        self.short = _dense(self.inputs, self.outputs, "short") if self.inputs != self.outputs else None
        if self.heads:
            self.attention_norm = GroupNorm(self.outputs, "attention_norm")
            self.attention = SelfAttention(self.outputs, self.heads)

    def call(self, x, told, training=False):
        """``(float[B, H, W, inputs], float[B, told]) → float[B, H, W, outputs]``."""
        y = self.first(ops.silu(self.first_norm(x)))
        scale, shift = ops.split(self.modulation(told), 2, axis=1)
        y = ops.silu(self.second_norm(y, scale, shift))
        if self.dropout is not None:
            y = self.dropout(y, training=training)
        x = (x if self.short is None else self.short(x)) + self.second(y)
        if not self.heads:
            return x
        height, width = x.shape[1:3]
        tokens = ops.reshape(self.attention_norm(x), (-1, height * width, self.outputs))
        return x + ops.reshape(self.attention(tokens), (-1, height, width, self.outputs))


class GroupNorm(layers.Layer):
    """Group normalization of images, Wu and He, https://arxiv.org/abs/1803.08494, in groups of a fixed number.

    Statistics and modulation become one product and one sum for each value: on a CPU half the time of Keras' own layer.

    Args:
        channels: of the image; their greatest divisor that divides 8 is the number of groups.
    """

    def __init__(self, channels: int, name: str):
        super().__init__(name=name)
        self.channels, self.groups = channels, math.gcd(channels, 8)
        self.build(())

    def build(self, input_shape):
        """Scale and shift of each channel."""
        self.scale = self.add_weight(shape=(self.channels,), initializer="ones", name="scale")
        self.shift = self.add_weight(shape=(self.channels,), initializer="zeros", name="shift")

    def call(self, x, scale=0.0, shift=0.0):
        """``float[B, H, W, C]``, normalized, then ``* (1 + scale) + shift``, each ``float[B, C]``."""
        whole = ops.cast(x, "float32")
        mean = self._grouped(ops.mean(whole, axis=(1, 2)))
        variance = self._grouped(ops.mean(ops.square(whole), axis=(1, 2))) - ops.square(mean)
        modulation = 1 + ops.cast(scale, "float32")
        factor = modulation * self.scale * ops.rsqrt(ops.maximum(variance, 0.0) + 1e-5)
        offset = modulation * self.shift + ops.cast(shift, "float32") - mean * factor
        return ops.cast(whole * factor[:, None, None] + offset[:, None, None], self.compute_dtype)

    def _grouped(self, means):
        """Means of channels as those of their groups, ``float32[B, C]`` both."""
        size = self.channels // self.groups
        grouped = ops.mean(ops.reshape(means, (-1, self.groups, size)), axis=2)
        return ops.repeat(grouped, size, axis=1)


def sinusoids(time: Any, width: int) -> Any:
    """Sines and cosines of times, ``float[B]`` → ``float32[B, width]``, of periods from 2π to 10,000 times that."""
    half = math.ceil(width / 2)
    frequencies = ops.exp(-math.log(10_000) * ops.arange(half, dtype="float32") / half)
    angles = ops.cast(time, "float32")[:, None] * frequencies
    return ops.concatenate([ops.sin(angles), ops.cos(angles)], axis=1)[:, :width]


def _doubled(x, shape):
    """Every pixel four times, cut to the height and width of ``shape``."""
    return ops.repeat(ops.repeat(x, 2, axis=1), 2, axis=2)[:, : shape[1], : shape[2]]


def _dense(inputs: int, units: int, name: str, **options: Any) -> layers.Dense:
    layer = layers.Dense(units, name=name, **options)
    layer.build((None, inputs))
    return layer


def _convolution(inputs: int, filters: int, name: str, **options: Any) -> layers.Conv2D:
    layer = layers.Conv2D(filters, 3, padding="same", name=name, **options)
    layer.build((None, None, None, inputs))
    return layer

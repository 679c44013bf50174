"""Transformer encoder and decoder: an image is a sequence of patches.

Dosovitskiy et al., *An Image is Worth 16x16 Words*, https://arxiv.org/abs/2010.11929: patches as tokens, learned
positions, pre-norm blocks. Departures: no class token, since a bottleneck has to hold all of the image: it is a linear
map of all tokens side by side, and so is the way back.
"""

import math

import keras
from keras import layers, ops

from components.networks.attention import TransformerBlock
from components.networks.positions import Positions
from components.networks.style import Shape, Style, stack

__all__ = ["Assembled", "Patches", "transformer_decoder", "transformer_encoder"]

PLAIN = Style()


class Patches(layers.Layer):
    """Squares of an image as tokens, row by row, ``float[B, H, W, C]`` → ``float[B, T, side * side * C]``.

    Where ``side`` does not divide height or width, black pixels fill up the last patches.

    Args:
        side: of a patch, in pixels.
    """

    def __init__(self, side: int, name: str = "patches"):
        super().__init__(name=name)
        self.side = side

    def call(self, x):
        """Cut."""
        _, height, width, channels = x.shape
        (down, across), side = _counts((height, width), self.side), self.side
        x = ops.pad(x, ((0, 0), (0, down * side - height), (0, across * side - width), (0, 0)))
        x = ops.transpose(ops.reshape(x, (-1, down, side, across, side, channels)), (0, 1, 3, 2, 4, 5))
        return ops.reshape(x, (-1, down * across, side * side * channels))

    def compute_output_shape(self, input_shape):
        """Tokens and their width."""
        batch, height, width, channels = input_shape
        return (batch, math.prod(_counts((height, width), self.side)), self.side**2 * channels)


class Assembled(layers.Layer):
    """The image that patches make, what filled them up cut off: the way back from :class:`Patches`.

    Args:
        shape: of the image.
        side: of a patch, in pixels.
    """

    def __init__(self, shape: Shape, side: int, name: str = "image"):
        super().__init__(name=name)
        self.shape, self.side = shape, side

    def call(self, x):
        """Put together."""
        (down, across), side = _counts(self.shape, self.side), self.side
        height, width, channels = self.shape
        x = ops.transpose(ops.reshape(x, (-1, down, across, side, side, channels)), (0, 1, 3, 2, 4, 5))
        return ops.reshape(x, (-1, down * side, across * side, channels))[:, :height, :width]

    def compute_output_shape(self, input_shape):
        """An image."""
        return (input_shape[0], *self.shape)


class Block(layers.Layer):
    """A transformer's block over ``float[B, T, width]``, every token seeing every other.

    Args:
        heads: of the attention.
        depth: blocks of the stack.
    """

    def __init__(self, heads: int, depth: int, name: str):
        super().__init__(name=name)
        self.heads, self.depth = heads, depth

    def build(self, input_shape):
        """The block's weights."""
        self.block = TransformerBlock(input_shape[-1], self.heads, depth=self.depth)
        self.built = True

    def call(self, x):
        """Attend and think."""
        return self.block(x)

    def compute_output_shape(self, input_shape):
        """As it came."""
        return input_shape


def transformer_encoder(shape: Shape, widths: tuple[int, ...], outputs: int, style: Style = PLAIN) -> keras.Model:
    """``float[B, H, W, C]`` → ``float[B, outputs]`` through a block of each of ``widths``."""
    made = [Patches(style.patch), layers.Dense(widths[0], name="embed"), Positions(name="positions")]
    made += [*_blocks(widths, style), layers.Flatten(name="flatten"), layers.Dense(outputs, name="out")]
    return stack("encoder", shape, made)


def transformer_decoder(latent_dim: int, widths: tuple[int, ...], shape: Shape, style: Style = PLAIN) -> keras.Model:
    """``float[B, latent_dim]`` → ``float[B, H, W, C]``, unbounded, a patch a token."""
    tokens = math.prod(_counts(shape, style.patch))
    made = [
        layers.Dense(tokens * widths[-1], name="dense"),
        layers.Reshape((tokens, widths[-1]), name="tokens"),
        Positions(name="positions"),
        *_blocks(widths[::-1], style),
        layers.Dense(style.patch**2 * shape[2], name="out"),
        Assembled(shape, style.patch),
    ]
    return stack("decoder", (latent_dim,), made)


def _blocks(widths, style):
    """Blocks, a linear map between two of different widths, and the normalization that pre-norm leaves to the end."""
    made = []
    for i, (before, width) in enumerate(zip((widths[0], *widths), widths, strict=False)):
        made += [layers.Dense(width, name=f"widen_{i}")] if width != before else []
        made.append(Block(style.heads, len(widths), name=f"block_{i}"))
    return [*made, layers.LayerNormalization(epsilon=1e-5, name="norm")]


def _counts(shape, side):
    """Patches down and across."""
    return math.ceil(shape[0] / side), math.ceil(shape[1] / side)

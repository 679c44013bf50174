"""Convolutions over what comes before a pixel in reading order, row by row and left to right.

A vertical stack reads the rows above, a horizontal one the pixels to the left (van den Oord et al., *Conditional Image
Generation with PixelCNN Decoders*, https://arxiv.org/abs/1606.05328, section 2). No filter is masked: half of a masked
filter are zeros that are multiplied all the same, and every layer says again what needs to be said once. As in
PixelCNN++ (Salimans et al., https://arxiv.org/abs/1701.05517) the image enters both stacks shifted by a row or a pixel,
and after that each filter is the part of the square that lies above or to the left, its own place included.

Such a filter needs rows above it and pixels before it. Where an image begins they are zeros; where it is made row by
row and pixel by pixel they are those that were kept from the row or pixel before (Ramachandran et al., *Fast
Generation for Convolutional Autoregressive Models*, https://arxiv.org/abs/1704.06001). One piece of code is both.
"""

from typing import Any

import keras
from keras import layers, ops

__all__ = ["GatedLayer", "shifted"]


def shifted(x: Any, axis: int) -> Any:
    """``x`` moved by one place along an axis: what was last is gone, what is first is zero."""
    kept, last = ops.split(x, [x.shape[axis] - 1], axis=axis)
    return ops.concatenate([ops.zeros_like(last), kept], axis=axis)


class GatedLayer(layers.Layer):
    """A layer of both stacks: a part of an image in, the same part out.

    Args:
        inputs: channels of its input; where these are ``width`` the horizontal stack is residual.
        width: channels of each stack.
        reach: rows of the vertical filter and columns of the horizontal one, their own place included.
        side: columns of the vertical filter, odd.
        classes: where there are any, each has a bias of its own in every gate.
        dropout: part of each gate's outputs that training drops.
    """

    def __init__(self, inputs: int, width: int, *, reach: int, side: int, classes: int, dropout: float, name: str):
        super().__init__(name=name)
        self.inputs, self.reach, self.side = inputs, reach, side
        self.residual = inputs == width
        with keras.name_scope(name):
            self.down = layers.Conv2D(2 * width, (reach, side), name="down")
            self.down.build((None, None, None, inputs))
            self.right = layers.Conv2D(2 * width, (1, reach), name="right")
            self.right.build((None, None, None, inputs))
            self.link = layers.Dense(2 * width, use_bias=False, name="link")
            self.link.build((None, None, None, 2 * width))
            self.out = layers.Dense(2 * width, name="out")
            self.out.build((None, None, None, width))
            self.label = layers.Dense(4 * width, use_bias=False, name="label") if classes else None
            if self.label is not None:
                self.label.build((None, classes))
        self.dropout = layers.Dropout(dropout, name="dropout")
        self.built = True

    def biases(self, label: Any) -> tuple[Any, Any]:
        """What classes ``float[B, classes]`` add to the gates of each stack, ``float[B, 1, 1, 2 * width]``."""
        if self.label is None:
            return 0.0, 0.0
        down, right = ops.split(self.label(label)[:, None, None, :], 2, axis=-1)
        return down, right

    def above(self, batch: Any, width: int) -> Any:
        """The rows above an image ``width`` pixels wide."""
        return ops.zeros((batch, self.reach - 1, width, self.inputs), self.compute_dtype)

    def before(self, batch: Any, height: int) -> Any:
        """The pixels before ``height`` rows."""
        return ops.zeros((batch, height, self.reach - 1, self.inputs), self.compute_dtype)

    def vertical(self, x: Any, above: Any, bias: Any, training: bool = False) -> tuple[Any, Any, Any]:
        """Rows of the vertical stack.

        Args:
            x: whole rows, ``float[B, R, W, inputs]``.
            above: the rows above them, ``float[B, reach - 1, W, inputs]``.
            bias: of the classes.
            training: whether to drop.

        Returns:
            Its output ``float[B, R, W, width]``, what it tells the horizontal stack ``float[B, R, W, 2 * width]``,
            and the rows above the next one.
        """
        x = ops.concatenate([above, ops.cast(x, self.compute_dtype)], axis=1)
        margin = self.side // 2
        gates = self.down(ops.pad(x, ((0, 0), (0, 0), (margin, margin), (0, 0)))) + bias
        return self.dropout(_gated(gates), training=training), self.link(gates), x[:, x.shape[1] - self.reach + 1 :]

    def horizontal(self, x: Any, before: Any, told: Any, bias: Any, training: bool = False) -> tuple[Any, Any, Any]:
        """Pixels of the horizontal stack.

        Args:
            x: pixels ``float[B, R, P, inputs]``.
            before: those before them, ``float[B, R, reach - 1, inputs]``.
            told: what the vertical stack tells them, ``float[B, R, P, 2 * width]``.
            bias: of the classes.
            training: whether to drop.

        Returns:
            Its output and what skips to the last layer, both ``float[B, R, P, width]``, and the pixels before the
            next one.
        """
        x = ops.cast(x, self.compute_dtype)
        known = ops.concatenate([before, x], axis=2)
        gated = self.dropout(_gated(self.right(known) + told + bias), training=training)
        out, skip = ops.split(self.out(gated), 2, axis=-1)
        return x + out if self.residual else out, skip, known[:, :, known.shape[2] - self.reach + 1 :]


def _gated(x):
    value, gate = ops.split(x, 2, axis=-1)
    return ops.tanh(value) * ops.sigmoid(gate)

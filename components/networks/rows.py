"""Recurrent encoder and decoder: the rows of an image are a sequence, read and written from the top.

As in Srivastava, Mansimov and Salakhutdinov, *Unsupervised Learning of Video Representations using LSTMs*,
https://arxiv.org/abs/1502.04681, with rows for their frames: what the encoder remembers after the last row is the
latent, and the decoder, which does not see its own output, is given the latent and where it is at every row.
"""

import keras
from keras import layers, ops

from components.networks.normalization import NORMALIZATION
from components.networks.positions import Positions
from components.networks.recurrent import LSTM
from components.networks.style import Shape, Style, stack

__all__ = ["recurrent_decoder", "recurrent_encoder"]

PLAIN = Style()


class RowLSTM(layers.Layer):
    """An LSTM over a sequence, from an empty memory, ``float[B, T, C]`` → ``float[B, T, units]``.

    Args:
        units: width of the state.
    """

    def __init__(self, units: int, name: str):
        super().__init__(name=name)
        self.units = units

    def build(self, input_shape):
        """The layer's weights."""
        self.lstm = LSTM(input_shape[-1], self.units, name="lstm")
        self.built = True

    def call(self, x):
        """Outputs of all steps."""
        return self.lstm(x, self.lstm.zero_state(ops.shape(x)[0]))[0]

    def compute_output_shape(self, input_shape):
        """As many steps."""
        return (*input_shape[:-1], self.units)


def recurrent_encoder(shape: Shape, widths: tuple[int, ...], outputs: int, style: Style = PLAIN) -> keras.Model:
    """``float[B, H, W, C]`` → ``float[B, outputs]`` from the last state of LSTMs of ``widths`` units."""
    height, width, channels = shape
    last = [layers.Cropping1D((height - 1, 0), name="last"), layers.Flatten(name="flatten")]
    made = [layers.Reshape((height, width * channels), name="rows"), *_layers(widths, style), *last]
    return stack("encoder", shape, [*made, layers.Dense(outputs, name="out")])


def recurrent_decoder(latent_dim: int, widths: tuple[int, ...], shape: Shape, style: Style = PLAIN) -> keras.Model:
    """``float[B, latent_dim]`` → ``float[B, H, W, C]``, unbounded, a row a step."""
    height, width, channels = shape
    out = [layers.Dense(width * channels, name="out"), layers.Reshape(shape, name="image")]
    start = [
        layers.Dense(widths[-1], name="dense"),
        layers.RepeatVector(height, name="repeat"),
        Positions(name="positions"),
    ]
    return stack("decoder", (latent_dim,), [*start, *_layers(widths[::-1], style), *out])


def _layers(widths, style):
    made = []
    for i, width in enumerate(widths):
        made += [RowLSTM(width, name=f"recurrent_{i}"), *NORMALIZATION[style.normalization](f"recurrent_{i}_norm")]
    return made

"""Convolutional encoder and decoder: height and width are halved, or doubled, once for every width."""

import math

import keras
from keras import layers

from components.networks.style import Shape, Style, hidden, stack
from components.networks.upsampling import UPSAMPLING

__all__ = ["convolutional_decoder", "convolutional_encoder", "halvings"]

PLAIN = Style()


def halvings(shape: Shape, times: int) -> list[tuple[int, int]]:
    """Heights and widths of an image halved so many times, each rounded up, from the whole image on.

    Example:
        >>> halvings((28, 28, 1), 3)
        [(28, 28), (14, 14), (7, 7), (4, 4)]
    """
    height, width, _ = shape
    return [(math.ceil(height / 2**i), math.ceil(width / 2**i)) for i in range(times + 1)]


def convolutional_encoder(shape: Shape, widths: tuple[int, ...], outputs: int, style: Style = PLAIN) -> keras.Model:
    """``float[B, H, W, C]`` → ``float[B, outputs]`` through convolutions of stride 2, with ``widths`` filters."""
    made = []
    for i, width in enumerate(widths):
        convolution = layers.Conv2D(style.gates * width, 3, strides=2, padding="same", name=f"conv_{i}")
        made += hidden([convolution], f"conv_{i}", style)
    made += [layers.Flatten(name="flatten"), layers.Dense(outputs, name="out")]
    return stack("encoder", shape, made)


def convolutional_decoder(latent_dim: int, widths: tuple[int, ...], shape: Shape, style: Style = PLAIN) -> keras.Model:
    """``float[B, latent_dim]`` → ``float[B, H, W, C]``, unbounded, doubling as ``style.upsampling`` says.

    Where a side is no multiple of ``2 ** len(widths)``, what the doublings have too much is cut off at the end.
    """
    up = UPSAMPLING[style.upsampling]
    height, width = halvings(shape, len(widths))[-1]
    features = style.gates * widths[-1]
    start = [
        layers.Dense(height * width * features, name="dense"),
        layers.Reshape((height, width, features), name="reshape"),
    ]
    made = hidden(start, "dense", style)
    for i, filters in enumerate(widths[-2::-1]):
        made += hidden(up(style.gates * filters, 3, f"deconv_{i}"), f"deconv_{i}", style)
    made += up(shape[2], 3, "out")
    excess = (height * 2 ** len(widths) - shape[0], width * 2 ** len(widths) - shape[1])
    if any(excess):
        made.append(layers.Cropping2D(((0, excess[0]), (0, excess[1])), name="cut"))
    return stack("decoder", (latent_dim,), made)

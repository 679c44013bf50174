"""Fully connected encoder and decoder: an image is a vector, and is narrowed once for every width."""

import math

import keras
from keras import layers

from components.networks.style import Shape, Style, hidden, stack

__all__ = ["dense_decoder", "dense_encoder"]

PLAIN = Style()


def dense_encoder(shape: Shape, widths: tuple[int, ...], outputs: int, style: Style = PLAIN) -> keras.Model:
    """``float[B, H, W, C]`` → ``float[B, outputs]``; linear if ``widths`` is empty."""
    made = [layers.Flatten(name="flatten"), *_layers(widths, style), layers.Dense(outputs, name="out")]
    return stack("encoder", shape, made)


def dense_decoder(latent_dim: int, widths: tuple[int, ...], shape: Shape, style: Style = PLAIN) -> keras.Model:
    """``float[B, latent_dim]`` → ``float[B, H, W, C]``, unbounded, through ``widths`` backwards."""
    out = [layers.Dense(math.prod(shape), name="out"), layers.Reshape(shape, name="image")]
    return stack("decoder", (latent_dim,), [*_layers(widths[::-1], style), *out])


def _layers(widths, style):
    made = []
    for i, width in enumerate(widths):
        made += hidden([layers.Dense(style.gates * width, name=f"dense_{i}")], f"dense_{i}", style)
    return made

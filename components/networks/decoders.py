"""Decoders: vectors to images, each the mirror image of the encoder of its name."""

import math

import keras
from keras import layers

from components.networks.encoders import Shape, halvings

__all__ = ["DECODERS", "convolutional_decoder", "dense_decoder"]


def dense_decoder(latent_dim: int, widths: tuple[int, ...], shape: Shape) -> keras.Model:
    """``float[B, latent_dim]`` → ``float[B, H, W, C]``, unbounded, through ``widths`` backwards."""
    hidden = [layers.Dense(width, activation="relu", name=f"dense_{i}") for i, width in enumerate(reversed(widths))]
    out = [layers.Dense(math.prod(shape), name="out"), layers.Reshape(shape, name="image")]
    return _sequential([*hidden, *out], latent_dim)


def convolutional_decoder(latent_dim: int, widths: tuple[int, ...], shape: Shape) -> keras.Model:
    """``float[B, latent_dim]`` → ``float[B, H, W, C]``, unbounded, through transposed convolutions that double.

    Where a side is no multiple of ``2 ** len(widths)``, what the doublings have too much is cut off at the end.
    """
    height, width = halvings(shape, len(widths))[-1]
    start = [
        layers.Dense(height * width * widths[-1], activation="relu", name="dense"),
        layers.Reshape((height, width, widths[-1]), name="reshape"),
    ]
    hidden = [
        layers.Conv2DTranspose(filters, 3, strides=2, padding="same", activation="relu", name=f"deconv_{i}")
        for i, filters in enumerate(reversed(widths[:-1]))
    ]
    out = layers.Conv2DTranspose(shape[2], 3, strides=2, padding="same", name="out")
    excess = (height * 2 ** len(widths) - shape[0], width * 2 ** len(widths) - shape[1])
    cut = [layers.Cropping2D(((0, excess[0]), (0, excess[1])), name="cut")] if any(excess) else []
    return _sequential([*start, *hidden, out, *cut], latent_dim)


def _sequential(stack: list[layers.Layer], latent_dim: int) -> keras.Model:
    return keras.Sequential([keras.Input((latent_dim,)), *stack], name="decoder")


DECODERS = {"dense": dense_decoder, "convolutional": convolutional_decoder}

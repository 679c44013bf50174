"""Encoders: images to vectors. Each halves, or narrows, once for every entry of ``widths``."""

import math

import keras
from keras import layers

__all__ = ["ENCODERS", "convolutional_encoder", "dense_encoder", "halvings"]

Shape = tuple[int, int, int]


def halvings(shape: Shape, times: int) -> list[tuple[int, int]]:
    """Heights and widths of an image halved so many times, each rounded up, from the whole image on.

    Example:
        >>> halvings((28, 28, 1), 3)
        [(28, 28), (14, 14), (7, 7), (4, 4)]
    """
    height, width, _ = shape
    return [(math.ceil(height / 2**i), math.ceil(width / 2**i)) for i in range(times + 1)]


def dense_encoder(shape: Shape, widths: tuple[int, ...], outputs: int) -> keras.Model:
    """``float[B, H, W, C]`` → ``float[B, outputs]`` through fully connected layers; linear if ``widths`` is empty."""
    hidden = [layers.Dense(width, activation="relu", name=f"dense_{i}") for i, width in enumerate(widths)]
    return _sequential([layers.Flatten(name="flatten"), *hidden, layers.Dense(outputs, name="out")], shape)


def convolutional_encoder(shape: Shape, widths: tuple[int, ...], outputs: int) -> keras.Model:
    """``float[B, H, W, C]`` → ``float[B, outputs]`` through convolutions of stride 2, with ``widths`` filters."""
    hidden = [
        layers.Conv2D(width, 3, strides=2, padding="same", activation="relu", name=f"conv_{i}")
        for i, width in enumerate(widths)
    ]
    return _sequential([*hidden, layers.Flatten(name="flatten"), layers.Dense(outputs, name="out")], shape)


def _sequential(stack: list[layers.Layer], shape: Shape) -> keras.Model:
    return keras.Sequential([keras.Input(shape), *stack], name="encoder")


ENCODERS = {"dense": dense_encoder, "convolutional": convolutional_encoder}

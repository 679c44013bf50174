"""Energies of images: networks ``float32[B, H, W, C]`` in [0, 1] → ``float[B]``.

Smooth, for their gradients drive chains (swish: Ramachandran et al., https://arxiv.org/abs/1710.05941), and without
normalization over the batch: an energy is of one image, whatever others are beside it.
"""

import keras
from keras import layers

from components.networks.spectral import SpectralNormalization

__all__ = ["ENERGIES", "convolutional_energy", "dense_energy"]

Shape = tuple[int, int, int]


def dense_energy(shape: Shape, widths: tuple[int, ...], spectral_norm: bool = False) -> keras.Model:
    """Fully connected layers with ``widths`` units.

    Args:
        shape: of an image.
        widths: a layer for each.
        spectral_norm: divide every kernel by its largest singular value.
    """
    hidden = [layers.Dense(width, name=f"dense_{i}") for i, width in enumerate(widths)]
    return _energy(shape, [layers.Flatten(name="flatten")], hidden, [], spectral_norm)


def convolutional_energy(shape: Shape, widths: tuple[int, ...], spectral_norm: bool = False) -> keras.Model:
    """Convolutions with ``widths`` filters, all but the first of stride 2; arguments as of :func:`dense_energy`."""
    hidden = [
        layers.Conv2D(width, 3, strides=2 if i else 1, padding="same", name=f"conv_{i}")
        for i, width in enumerate(widths)
    ]
    return _energy(shape, [], hidden, [layers.Flatten(name="flatten")], spectral_norm)


def _energy(shape: Shape, before: list, hidden: list, after: list, spectral_norm: bool) -> keras.Model:
    def wrapped(layer):
        return SpectralNormalization(layer) if spectral_norm else layer

    centred = layers.Rescaling(2.0, -1.0, name="centred")
    activated = [part for layer in hidden for part in (wrapped(layer), layers.Activation("swish"))]
    out = [wrapped(layers.Dense(1, name="out")), layers.Reshape((), name="energy")]
    return keras.Sequential([keras.Input(shape), centred, *before, *activated, *after, *out], name="energy")


ENERGIES = {"dense": dense_energy, "convolutional": convolutional_energy}

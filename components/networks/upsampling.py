"""Convolutions that double height and width, by name."""

from typing import Any

from keras import layers

__all__ = ["UPSAMPLING"]


def transposed(filters: int, kernel: int, name: str, **options: Any) -> list[layers.Layer]:
    """A transposed convolution of stride 2; where the stride does not divide the kernel, pixels overlap unevenly."""
    return [layers.Conv2DTranspose(filters, kernel, strides=2, padding="same", name=name, **options)]


def resize(filters: int, kernel: int, name: str, **options: Any) -> list[layers.Layer]:
    """Each pixel four times, then a convolution: no checkerboard.

    Odena, Dumoulin and Olah, *Deconvolution and Checkerboard Artifacts*, https://doi.org/10.23915/distill.00003.
    """
    return [
        layers.UpSampling2D(2, interpolation="nearest", name=f"{name}_resize"),
        layers.Conv2D(filters, kernel, padding="same", name=name, **options),
    ]


UPSAMPLING = {"transposed": transposed, "resize": resize}
"""``float[B, H, W, C]`` → ``float[B, 2H, 2W, filters]``, as layers one after the other."""

"""Parameters of two networks that play against each other."""

from typing import Literal

from pydantic import Field

from components.params.section import Fraction, Positive, Section
from components.params.training import Optimizer

__all__ = ["CriticNetwork", "DiscriminatorNetwork", "GeneratorNetwork"]


class GeneratorNetwork(Section):
    """The network that makes images of noise; it moves as ``training.optimizer`` says."""

    widths: tuple[Positive, ...] = Field(
        min_length=1, description="filters, as of a network that halves the image, which this one mirrors"
    )
    kernel: Positive = Field(description="side of the convolutions' kernels")
    normalization: Literal["batch", "layer", "none"] = Field(description="what follows each layer but the last")
    upsampling: Literal["transposed", "resize"] = Field("transposed", description="how convolutions double the size")
    updates: Positive = Field(1, description="updates a turn")


class _Judge(Section):
    widths: tuple[Positive, ...] = Field(min_length=1, description="filters of each halving convolution")
    kernel: Positive = Field(description="side of the convolutions' kernels")
    spectral_normalization: bool = Field(False, description="divide each kernel by its largest singular value")
    dropout: Fraction = Field(0.0, description="part of each layer's outputs that training drops")
    minibatch_stddev: bool = Field(
        False, description="the last layer is told how much the images of a batch differ, against collapse"
    )
    optimizer: Optimizer | None = Field(None, description="how it moves; null for a copy of training.optimizer")


class CriticNetwork(_Judge):
    """The network of a Wasserstein GAN that scores images.

    Batch normalization is not for it: the penalty is on the slope of each image's own score. What the minibatch's
    standard deviation adds to that slope is small, and Progressive GANs were trained with both.
    """

    normalization: Literal["layer", "none"] = Field("none", description="what follows each convolution but the first")


class DiscriminatorNetwork(_Judge):
    """The network that tells images of the data from images of the generator."""

    normalization: Literal["batch", "layer", "none"] = Field(
        "none", description="what follows each convolution but the first"
    )
    updates: Positive = Field(1, description="updates a turn")

"""Parameters of the reference classifier, in whose features samples are compared."""

from typing import Literal

from pydantic import Field

from components.params.section import Positive, Section
from components.params.training import Fitting

__all__ = ["ClassifierConfig"]


class ClassifierConfig(Section):
    """A small convolutional classifier, trained anew on each image data set."""

    family: Literal["classifier"] = Field("classifier", description="kind of model")
    widths: tuple[Positive, ...] = Field(min_length=1, description="filters of each halving convolution")
    features: Positive = Field(description="dimensions of the space in which samples and images are compared")
    training: Fitting

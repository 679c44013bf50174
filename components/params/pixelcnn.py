"""Parameters of the PixelCNN family."""

from typing import Literal

from pydantic import Field

from components.params.model import Model
from components.params.section import Fraction, Positive
from components.params.training import Training

__all__ = ["PixelCNNConfig"]


class PixelCNNConfig(Model):
    """A gated PixelCNN: its two stacks, and the distribution of a pixel by name."""

    family: Literal["pixelcnn"] = Field(description="kind of model")
    first_kernel: Literal[3, 5, 7, 9] = Field(description="side of the first layer's filter, which reads pixels")
    kernel: Literal[3, 5, 7, 9] = Field(description="side of the other layers' filters")
    layers: Positive = Field(description="gated layers after the first")
    width: Positive = Field(description="channels of each of the two stacks")
    head_width: Positive = Field(description="channels between the stacks and the distribution of a pixel")
    likelihood: Literal["softmax", "mixture_of_logistics"] = Field(
        description="distribution of a pixel given those before it"
    )
    components: Positive = Field(10, description="logistics of a pixel; for mixture_of_logistics")
    dropout: Fraction = Field(0.0, description="part of each gate's outputs that training drops")
    conditional: bool = Field(False, description="images given their classes")
    training: Training

"""Parameters that every family of encoder and decoder has."""

from typing import Literal

from pydantic import Field, ValidationInfo, field_validator

from components.params.model import Model
from components.params.section import Positive, complaint

__all__ = ["Coding"]


class Coding(Model):
    """An encoder to a latent space and its mirror image, the decoder."""

    encoder: Literal["dense", "convolutional", "recurrent", "transformer"] = Field(
        description="kind of the encoder's layers; recurrent reads rows, transformer patches"
    )
    widths: tuple[Positive, ...] = Field(
        min_length=1,
        description="units of each dense or recurrent layer, filters of each halving convolution, or width of each "
        "transformer's block",
    )
    latent_dim: Positive = Field(description="dimensions of the latent space, the bottleneck")
    activation: Literal["relu", "tanh", "silu", "gated"] = Field(
        "relu", description="between dense layers and convolutions; gated halves twice as many features"
    )
    normalization: Literal["none", "batch", "layer"] = Field(
        "none", description="of hidden layers; a transformer has layer normalization always"
    )
    upsampling: Literal["transposed", "resize"] = Field(
        "transposed", description="how a convolutional decoder doubles: transposed convolution, or resize then convolve"
    )
    patch: Positive = Field(2, description="side of a transformer's patches, in pixels")
    heads: Positive = Field(4, description="heads of a transformer's attention; divides every width")

    @field_validator("normalization")
    @classmethod
    def _transformer_has_its_own(cls, normalization: str, info: ValidationInfo) -> str:
        if normalization != "none" and info.data.get("encoder") == "transformer":
            raise complaint("is for other encoders, a transformer has its own; allowed: none")
        return normalization

    @field_validator("heads")
    @classmethod
    def _heads_divide(cls, heads: int, info: ValidationInfo) -> int:
        odd = [width for width in info.data.get("widths", ()) if width % heads]
        if odd and info.data.get("encoder") == "transformer":
            raise complaint(f"does not divide width {odd[0]}; allowed: a divisor of every width")
        return heads

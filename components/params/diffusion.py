"""Parameters of the diffusion family."""

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from components.params.model import Model
from components.params.section import Fraction, Positive, complaint
from components.params.training import Training

__all__ = ["DiffusionConfig"]


class DiffusionConfig(Model):
    """Denoising diffusion or flow matching with a U-Net, conditional on classes or not."""

    family: Literal["diffusion"] = Field(description="kind of model")
    path: Literal["cosine", "linear", "straight"] = Field(
        description="noise schedule of diffusion, cosine or linear; or the straight line of flow matching"
    )
    prediction: Literal["noise", "velocity"] = Field(description="what the network is trained to tell")
    timesteps: Annotated[int, Field(ge=20)] = Field(description="steps from data to noise")
    base_width: Positive = Field(description="filters of the U-Net's first level")
    multipliers: tuple[Positive, ...] = Field(
        min_length=1,
        description="filters of each level in units of base_width; each level is half as large as the last",
    )
    blocks: Positive = Field(description="residual blocks of a level")
    heads: Positive = Field(description="heads of the attention in the last level")
    dropout: Fraction = Field(0.0, description="part of a residual block's inner values that training drops")
    conditional: bool = Field(False, description="model images given their classes")
    label_dropout: Fraction = Field(
        0.0, description="part of the labels that training hides, so that samples can be guided"
    )
    elbo_timesteps: Positive = Field(description="timesteps drawn for the bound of an image; all if there are no more")
    training: Training

    @field_validator("prediction")
    @classmethod
    def _path_has_it(cls, prediction: str, info: ValidationInfo) -> str:
        if prediction == "noise" and info.data.get("path") == "straight":
            raise complaint("says nothing of the data where the straight path is all noise; allowed: velocity")
        return prediction

    @field_validator("heads")
    @classmethod
    def _heads_divide(cls, heads: int, info: ValidationInfo) -> int:
        width = info.data.get("base_width", 0) * info.data.get("multipliers", (0,))[-1]
        if width % heads:
            raise complaint(f"does not divide the last level's {width} filters; allowed: a divisor of them")
        return heads

"""Parameters of the Real NVP family."""

from typing import ClassVar, Literal

from pydantic import Field

from components.params.model import Model
from components.params.section import NonNegative, Positive
from components.params.training import Training

__all__ = ["RealNVPConfig"]


class RealNVPConfig(Model):
    """A flow of affine couplings: its scales and masks, and how whole numbers become continuous."""

    kinds: ClassVar[tuple[str, ...]] = ("image",)

    family: Literal["realnvp"] = Field(description="kind of model")
    scales: Positive = Field(description="scales at most; each but the last halves the sides, an odd side ends them")
    couplings: Positive = Field(description="couplings of each kind of mask, checkerboard and channel, at each scale")
    width: Positive = Field(description="filters of the networks in the couplings")
    blocks: NonNegative = Field(description="residual blocks of the networks in the couplings")
    alpha: float = Field(gt=0, lt=0.5, description="how far [0, 1] is drawn in at both ends before the logit")
    dequantization: Literal["uniform", "variational"] = Field(
        description="distribution of what is added to whole intensities"
    )
    training: Training

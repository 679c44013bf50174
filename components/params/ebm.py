"""Parameters of the energy-based model family."""

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from components.params.model import Model
from components.params.section import NonNegativeReal, Positive, PositiveReal, complaint
from components.params.training import Training

__all__ = ["EBMConfig"]


class EBMConfig(Model):
    """An energy-based model: its energy by name, the chains that it learns from, and what holds the energy down."""

    family: Literal["ebm"] = Field(description="kind of model")
    network: Literal["dense", "convolutional"] = Field(description="kind of the energy's layers")
    widths: tuple[Positive, ...] = Field(
        min_length=1, description="units of each dense layer, or filters of each convolution: all but the first halve"
    )
    spectral_norm: bool = Field(False, description="divide every kernel by its largest singular value")
    data_noise: NonNegativeReal = Field(description="standard deviation of the noise on images in [0, 1]")
    steps: Positive = Field(description="Langevin steps of a chain in each update")
    step_size: PositiveReal = Field(description="factor of the energy's gradient in a step")
    noise: NonNegativeReal | None = Field(
        None, description="standard deviation of a step's noise; null is sqrt(2 step_size)"
    )
    clip: PositiveReal | None = Field(
        None, description="largest absolute value of an element of the energy's gradient in a step; null for no limit"
    )
    clamp: bool = Field(True, description="keep chains in [0, 1]")
    reinitialise: Annotated[float, Field(ge=0, le=1)] = Field(
        description="probability that a chain begins anew from noise; 1 keeps no chain (short-run)"
    )
    energy_penalty: NonNegativeReal = Field(description="weight of the mean square of energies")
    sample_steps: Positive = Field(description="Langevin steps from noise to a sample")
    training: Training
    replay_size: Positive = Field(description="chains that are kept, as many as a batch has examples or more")

    @field_validator("replay_size")
    @classmethod
    def _replay_is_larger_than_a_batch(cls, size: int, info: ValidationInfo) -> int:
        if "training" in info.data and size < info.data["training"].batch_size:
            raise complaint(f"is fewer than a batch's examples; allowed: from {info.data['training'].batch_size} on")
        return size

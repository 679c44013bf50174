"""Parameters of the autoencoder family."""

from typing import Literal

from pydantic import Field

from components.params.coding import Coding
from components.params.section import NonNegativeReal, Positive
from components.params.training import Training

__all__ = ["AutoencoderConfig"]


class AutoencoderConfig(Coding):
    """An encoder to a bottleneck and its mirror image; with input noise, a denoising autoencoder."""

    family: Literal["autoencoder"] = Field(description="kind of model")
    noise: NonNegativeReal = Field(description="standard deviation of the noise on inputs in [0, 1]; 0 for none")
    mixture_components: Positive = Field(description="Gaussians fitted to the training latents, to sample from")
    training: Training

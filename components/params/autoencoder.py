"""Parameters of the autoencoder family."""

from typing import Literal

from pydantic import Field

from components.params.model import Model
from components.params.section import NonNegativeReal, Positive
from components.params.training import Training

__all__ = ["AutoencoderConfig"]


class AutoencoderConfig(Model):
    """An encoder to a bottleneck and its mirror image; with input noise, a denoising autoencoder."""

    family: Literal["autoencoder"] = Field(description="kind of model")
    encoder: Literal["dense", "convolutional"] = Field(description="kind of the encoder's layers")
    widths: tuple[Positive, ...] = Field(
        min_length=1, description="units of each dense layer, or filters of each halving convolution"
    )
    latent_dim: Positive = Field(description="width of the bottleneck")
    noise: NonNegativeReal = Field(description="standard deviation of the noise on inputs in [0, 1]; 0 for none")
    mixture_components: Positive = Field(description="Gaussians fitted to the training latents, to sample from")
    training: Training

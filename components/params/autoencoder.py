"""Parameters of the autoencoder family."""

from typing import ClassVar, Literal

from pydantic import Field

from components.params.section import Positive, Section
from components.params.training import Training

__all__ = ["AutoencoderConfig"]


class AutoencoderConfig(Section):
    """An encoder to a bottleneck and its mirror image; with input noise, a denoising autoencoder."""

    kind: ClassVar[str] = "image"

    family: Literal["autoencoder"]
    dataset: str
    encoder: Literal["dense", "convolutional"]
    widths: tuple[Positive, ...] = Field(
        min_length=1, description="units of each dense layer, or filters of each halving convolution"
    )
    latent_dim: Positive = Field(description="width of the bottleneck")
    noise: float = Field(ge=0, description="standard deviation of the Gaussian noise on inputs in [0, 1]; 0 for none")
    mixture_components: Positive = Field(description="Gaussians fitted to the training latents, from which it samples")
    training: Training

"""Parameters of the generative adversarial network family."""

from typing import Literal

from pydantic import Field

from components.params.adversarial import DiscriminatorNetwork, GeneratorNetwork
from components.params.model import Model
from components.params.section import Fraction, NonNegative, NonNegativeReal, Positive
from components.params.training import Training

__all__ = ["GANConfig"]


class GANConfig(Model):
    """A generative adversarial network: its loss by name, and the cures for a discriminator that overpowers."""

    family: Literal["gan"] = Field(description="kind of model")
    conditional: bool = Field(False, description="both networks are told the class of an image")
    loss: Literal["non_saturating", "minimax", "least_squares", "hinge"] = Field(
        description="what the players minimise"
    )
    latent_dim: Positive = Field(description="dimensions of the noise that images are made of")
    generator: GeneratorNetwork
    discriminator: DiscriminatorNetwork
    label_smoothing: Fraction = Field(0.0, description="real images' label is 1 less this, generated ones' stays 0")
    label_noise: NonNegativeReal = Field(0.0, description="standard deviation of the noise on both kinds of labels")
    label_flips: Fraction = Field(0.0, description="part of the labels that are told the wrong way round")
    input_noise: NonNegativeReal = Field(
        0.0, description="standard deviation of the noise on every image that the discriminator sees, in [0, 1]"
    )
    input_noise_steps: NonNegative = Field(0, description="turns over which it falls to zero; 0 never lets it fall")
    training: Training

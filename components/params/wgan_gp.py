"""Parameters of the family of Wasserstein generative adversarial networks with gradient penalty."""

from typing import Literal

from pydantic import Field

from components.params.adversarial import CriticNetwork, GeneratorNetwork
from components.params.model import Model
from components.params.section import NonNegativeReal, Positive, PositiveReal
from components.params.training import Training

__all__ = ["WGANGPConfig"]


class WGANGPConfig(Model):
    """A Wasserstein generative adversarial network whose critic pays for gradients that are not of length one."""

    family: Literal["wgan_gp"] = Field(description="kind of model")
    conditional: bool = Field(False, description="both networks are told the class of an image")
    latent_dim: Positive = Field(description="dimensions of the noise that images are made of")
    generator: GeneratorNetwork
    critic: CriticNetwork
    n_critic: Positive = Field(description="updates of the critic a turn")
    penalty: PositiveReal = Field(description="weight of the gradient penalty")
    drift: NonNegativeReal = Field(0.0, description="weight of the squared scores of real images; 0 for none")
    training: Training

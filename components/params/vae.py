"""Parameters of the variational autoencoder family."""

from typing import Literal

from pydantic import Field

from components.params.model import Model
from components.params.section import NonNegative, NonNegativeReal, Positive, PositiveReal
from components.params.training import Training

__all__ = ["VAEConfig"]


class VAEConfig(Model):
    """A variational autoencoder: its likelihood by name, and what weighs its divergence term."""

    family: Literal["vae"] = Field(description="kind of model")
    encoder: Literal["dense", "convolutional"] = Field(description="kind of the encoder's layers")
    widths: tuple[Positive, ...] = Field(
        min_length=1, description="units of each dense layer, or filters of each halving convolution"
    )
    latent_dim: Positive = Field(description="dimensions of the latent space")
    likelihood: Literal["bernoulli", "gaussian", "discretized_logistic"] = Field(
        description="distribution of a pixel given the latent"
    )
    beta: PositiveReal = Field(description="weight of the KL term; 1 is the evidence lower bound")
    kl_warmup_steps: NonNegative = Field(description="steps over which the KL term's weight rises from 0 to beta")
    free_bits: NonNegativeReal = Field(description="nats of KL that each latent dimension has for nothing")
    training: Training

"""Parameters of the variational autoencoder family."""

from typing import Literal

from pydantic import Field

from components.params.coding import Coding
from components.params.section import NonNegative, NonNegativeReal, Positive, PositiveReal
from components.params.training import Training

__all__ = ["VAEConfig"]


class VAEConfig(Coding):
    """A variational autoencoder: its likelihood and prior by name, and what weighs its divergence term."""

    family: Literal["vae"] = Field(description="kind of model")
    likelihood: Literal["bernoulli", "gaussian", "discretized_logistic"] = Field(
        description="distribution of a pixel given the latent"
    )
    prior: Literal["standard", "mixture", "vampprior"] = Field("standard", description="distribution of the latent")
    prior_components: Positive = Field(
        100, description="Gaussians of the mixture prior, or pseudo-inputs of the VampPrior"
    )
    conditional: bool = Field(False, description="encoder and decoder see the class")
    beta: PositiveReal = Field(description="weight of the KL term; 1 is the evidence lower bound")
    kl_warmup_steps: NonNegative = Field(description="steps over which the KL term's weight rises from 0 to beta")
    free_bits: NonNegativeReal = Field(
        description="nats of KL that each latent dimension has for nothing; with a mixture or VampPrior, together"
    )
    training: Training

"""The one mapping of families: name in ``params.yaml`` → class of its parameters.

The model of family ``name`` is the class that :data:`components.models.FAMILIES` names for it.
"""

from typing import Annotated

from pydantic import Field

from components.params.autoencoder import AutoencoderConfig
from components.params.lstm import LSTMConfig
from components.params.vae import VAEConfig

__all__ = ["ModelConfig"]

ModelConfig = Annotated[AutoencoderConfig | LSTMConfig | VAEConfig, Field(discriminator="family")]

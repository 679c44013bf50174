"""The one registration of families: their parameters, told apart by ``family``.

The model of ``XConfig`` with ``family: name`` is the class ``X`` of ``components/models/name.py``.
"""

from typing import Annotated

from pydantic import Field

from components.params.autoencoder import AutoencoderConfig
from components.params.lstm import LSTMConfig
from components.params.vae import VAEConfig

__all__ = ["ModelConfig"]

ModelConfig = Annotated[
    AutoencoderConfig
    | LSTMConfig
    | VAEConfig,
    Field(discriminator="family"),
]  # fmt: skip

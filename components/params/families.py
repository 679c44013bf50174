"""The one registration of families: their parameters, told apart by ``family``.

The model of ``XConfig`` with ``family: name`` is the class ``X`` of ``components/models/name.py``.
"""

from typing import Annotated

from pydantic import Field

from components.params.autoencoder import AutoencoderConfig
from components.params.diffusion import DiffusionConfig
from components.params.ebm import EBMConfig
from components.params.gan import GANConfig
from components.params.lstm import LSTMConfig
from components.params.pixelcnn import PixelCNNConfig
from components.params.realnvp import RealNVPConfig
from components.params.transformer import TransformerConfig
from components.params.vae import VAEConfig
from components.params.wgan_gp import WGANGPConfig

__all__ = ["ModelConfig"]

ModelConfig = Annotated[
    AutoencoderConfig
    | DiffusionConfig
    | GANConfig
    | EBMConfig
    | LSTMConfig
    | PixelCNNConfig
    | RealNVPConfig
    | TransformerConfig
    | VAEConfig
    | WGANGPConfig,
    Field(discriminator="family"),
]  # fmt: skip

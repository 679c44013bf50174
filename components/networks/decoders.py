"""Decoders, each by the name of the encoder that it mirrors.

``decoder(latent_dim, widths, shape, style)``: ``float[B, latent_dim]`` → ``float[B, H, W, C]``, unbounded.
"""

from components.networks.convolutional import convolutional_decoder
from components.networks.dense import dense_decoder
from components.networks.patches import transformer_decoder
from components.networks.rows import recurrent_decoder

__all__ = ["DECODERS"]

DECODERS = {
    "dense": dense_decoder,
    "convolutional": convolutional_decoder,
    "recurrent": recurrent_decoder,
    "transformer": transformer_decoder,
}

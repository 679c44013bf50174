"""Encoders by name: ``encoder(shape, widths, outputs, style)``, ``float[B, H, W, C]`` → ``float[B, outputs]``."""

from components.networks.convolutional import convolutional_encoder
from components.networks.dense import dense_encoder
from components.networks.patches import transformer_encoder
from components.networks.rows import recurrent_encoder

__all__ = ["ENCODERS"]

ENCODERS = {
    "dense": dense_encoder,
    "convolutional": convolutional_encoder,
    "recurrent": recurrent_encoder,
    "transformer": transformer_encoder,
}

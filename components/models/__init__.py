"""One file a family. :data:`FAMILIES` is the one mapping from the name in ``params.yaml`` to its class."""

from importlib import import_module

import keras

from components.models.contract import Family
from components.params import ModelConfig, Spec

__all__ = ["FAMILIES", "build"]

FAMILIES = {"autoencoder": "Autoencoder", "lstm": "LSTM", "vae": "VAE"}


def build(config: ModelConfig, spec: Spec) -> Family:
    """A fresh model of the family that ``config`` names, in its precision; only that family's file is imported."""
    family = getattr(import_module(f"components.models.{config.family}"), FAMILIES[config.family])
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(config.training.precision)
    try:
        return family(config, spec)
    finally:
        keras.config.set_dtype_policy(before)

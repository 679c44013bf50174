"""One file a family. :data:`FAMILIES` is the one mapping from the name in ``params.yaml`` to its class."""

from importlib import import_module

from components.models.contract import Family
from components.params import ModelConfig, Spec

__all__ = ["FAMILIES", "build"]

FAMILIES = {"autoencoder": "Autoencoder", "lstm": "LSTM", "vae": "VAE"}


def build(config: ModelConfig, spec: Spec) -> Family:
    """A fresh model of the family that ``config`` names; only that family's file is imported."""
    family = getattr(import_module(f"components.models.{config.family}"), FAMILIES[config.family])
    return family(config, spec)

"""One file a family; a family's class is named as its parameters are, without ``Config``."""

from importlib import import_module

import keras

from components.models.contract import Family
from components.params import ClassifierConfig, ModelConfig, Spec

__all__ = ["build"]


def build(config: ModelConfig | ClassifierConfig, spec: Spec) -> Family:
    """A fresh model of the family that ``config`` names, in its precision; only that family's file is imported.

    Raises:
        UserError: the data lack what the parameters ask of them.
    """
    module = import_module(f"components.models.{config.family}")
    family = getattr(module, type(config).__name__.removesuffix("Config"))
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(config.training.precision)
    try:
        return family(config, spec)
    finally:
        keras.config.set_dtype_policy(before)

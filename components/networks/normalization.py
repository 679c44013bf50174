"""Normalization of a hidden layer, by name."""

from keras import layers

__all__ = ["NORMALIZATION"]

MOMENTUM = 0.9


def none(name: str) -> list[layers.Layer]:
    """No normalization."""
    return []


def batch(name: str) -> list[layers.Layer]:
    """Of each feature over the batch and all places; held-out examples by the moving statistics of training.

    Ioffe and Szegedy, *Batch Normalization*, https://arxiv.org/abs/1502.03167. A step moves the statistics by a tenth:
    Keras' own hundredth lags behind in trainings as short as ours.
    """
    return [layers.BatchNormalization(momentum=MOMENTUM, name=name)]


def layer(name: str) -> list[layers.Layer]:
    """Of each example at each place over the features.

    Ba, Kiros and Hinton, *Layer Normalization*, https://arxiv.org/abs/1607.06450.
    """
    return [layers.LayerNormalization(epsilon=1e-5, name=name)]


NORMALIZATION = {"none": none, "batch": batch, "layer": layer}
"""Layers, none or one, of a given name."""

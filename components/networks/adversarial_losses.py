"""What the players of a GAN minimise, by name, and the labels that the discriminator is told.

A discriminator's output is a number without bounds. For each loss its best value is known where the data has density
``p`` and the generator ``q``; the tests hold each to that.

| name | paper | best output |
|---|---|---|
| ``minimax``, ``non_saturating`` | Goodfellow et al., https://arxiv.org/abs/1406.2661 | ``log(p / q)`` |
| ``least_squares`` | Mao et al., https://arxiv.org/abs/1611.04076, equation 9 | ``p / (p + q)`` |
| ``hinge`` | Lim and Ye, https://arxiv.org/abs/1705.02894 | ``sign(p - q)`` |
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
from keras import ops

__all__ = ["LOSSES", "Loss", "labels"]


@dataclass(frozen=True)
class Loss:
    """What the two players minimise.

    Args:
        judged: ``(output, label) → loss`` of the discriminator for each image; labels are 1 for data, 0 for the
            generator's, and may be anything near.
        generated: ``output → loss`` of the generator for each of its images.
        boundary: outputs over this say that an image is of the data.
    """

    judged: Callable[[Any, Any], Any]
    generated: Callable[[Any], Any]
    boundary: float = 0.0


def _cross_entropy(output, label):
    return ops.softplus(output) - label * output


LOSSES = {
    "non_saturating": Loss(_cross_entropy, lambda output: ops.softplus(-output)),
    "minimax": Loss(_cross_entropy, lambda output: -ops.softplus(output)),
    "least_squares": Loss(
        lambda output, label: 0.5 * ops.square(output - label), lambda output: 0.5 * ops.square(output - 1), 0.5
    ),
    "hinge": Loss(lambda output, label: ops.relu(1 - (2 * label - 1) * output), lambda output: -output),
}


def labels(
    real: bool, n: Any, *, smoothing: float, noise: float, flips: float, seed: keras.random.SeedGenerator
) -> Any:
    """What the discriminator is told of ``n`` images, ``float32[n]``.

    Args:
        real: whether they are of the data: 1, else 0.
        n: how many.
        smoothing: taken off every 1 (Salimans et al., https://arxiv.org/abs/1606.03498, section 3.4).
        noise: standard deviation of what is added to each.
        flips: probability that one is told the wrong way round.
        seed: where chance comes from.
    """
    told = ops.full((n,), float(real))
    if flips:
        flipped = keras.random.uniform((n,), seed=seed) < flips
        told = ops.where(flipped, 1 - told, told)
    told = told * (1 - smoothing)
    if noise:
        told = told + noise * keras.random.normal((n,), seed=seed)
    return told

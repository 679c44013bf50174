"""Likelihoods and their bounds, in units that can be compared.

Only probabilities of the discrete intensities themselves can be compared between models, so bits per dimension are
given for those alone: a density (a Gaussian's) changes with the scale of the pixels, and a Bernoulli likelihood of grey
values is no distribution over them.
"""

import math

from components.metrics.moments import Moments

__all__ = ["bits_per_dim"]


def bits_per_dim(nats: Moments, dimensions: int) -> dict[str, float | None]:
    """Bits per dimension of a discrete log-likelihood; of a lower bound in nats, an upper bound in bits.

    Args:
        nats: log-likelihood of each example, or a bound of it.
        dimensions: pixels times channels of an example.
    """
    return nats.summary(-1.0 / (dimensions * math.log(2.0)))

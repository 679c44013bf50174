"""Seeds that are known, for random numbers within a compiled loop."""

from typing import Any

import keras
from keras import ops

__all__ = ["GivenSeed"]


class GivenSeed(keras.random.SeedGenerator):
    """A seed in the clothes of a generator: Keras takes a tensor as a seed only so.

    Args:
        seed: two whole numbers, not negative.
    """

    def __init__(self, seed: Any):
        self.given = seed

    def next(self, ordered=True):
        """The seed, every time."""
        return ops.cast(self.given, "uint32")

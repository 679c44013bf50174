"""Where a token is, learned."""

import keras
from keras import layers

__all__ = ["Positions"]


class Positions(layers.Layer):
    """Adds a learned vector to each token of ``float[B, T, width]``."""

    def build(self, input_shape):
        """The vectors."""
        start = keras.initializers.RandomNormal(stddev=0.02)
        self.position = self.add_weight(shape=input_shape[1:], initializer=start, name="position")
        self.built = True

    def call(self, x):
        """Add."""
        return x + self.position

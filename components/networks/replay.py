"""The chains that a model goes on with from update to update."""

from typing import Any

import keras
import numpy as np
from keras import layers, ops

__all__ = ["ReplayBuffer"]


class ReplayBuffer(layers.Layer):
    """Where chains have come so far, as a variable; they begin as uniform noise in [0, 1].

    Du and Mordatch, *Implicit Generation and Modeling with Energy-Based Models*, section 3.2,
    https://arxiv.org/abs/1903.08689; persistent contrastive divergence (Tieleman, https://doi.org/10.1145/1390156.1390290)
    if chains are never begun anew.

    Args:
        size: how many chains.
        shape: of an example.
        reinitialise: probability of a chain to begin anew.
    """

    def __init__(self, size: int, shape: tuple[int, ...], reinitialise: float):
        super().__init__(name="replay", dtype="float32")
        self.size, self.reinitialise = size, reinitialise
        uniform = keras.initializers.RandomUniform(0.0, 1.0)
        self.chains = self.add_weight(shape=(size, *shape), initializer=uniform, trainable=False, name="chains")
        self.built = True

    def draw(self, count: int, random: keras.random.SeedGenerator) -> tuple[Any, Any]:
        """So many different chains, one of each of ``count`` equal parts of the buffer.

        Returns:
            Their places ``int32[count]``, and where they are, ``float32[count, …]``.
        """
        edges = np.arange(count + 1, dtype="int32") * self.size // count
        within = keras.random.uniform((count,), seed=random) * np.diff(edges).astype("float32")
        places = ops.minimum(edges[:-1] + ops.cast(within, "int32"), edges[1:] - 1)
        return places, ops.take(self.chains.value, places, axis=0)

    def begun_anew(self, x: Any, random: keras.random.SeedGenerator) -> Any:
        """Chains at ``x``, some of them back in noise."""
        anew = keras.random.uniform((x.shape[0], *[1] * (len(x.shape) - 1)), seed=random) < self.reinitialise
        return ops.where(anew, keras.random.uniform(x.shape, seed=random), x)

    def put(self, places: Any, x: Any) -> None:
        """Keep where the chains of ``places`` have come."""
        self.chains.assign(ops.scatter_update(self.chains.value, places[:, None], x))

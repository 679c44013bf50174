"""Dequantizers: where in its unit cube an image of whole numbers lies, so that a density can model it.

With ``u`` drawn from ``q(u|x)`` on the cube, ``log p(x + u) - log q(u|x)`` bounds the log-probability of ``x`` from
below (Theis, van den Oord and Bethge, *A note on the evaluation of generative models*, section 3.1,
https://arxiv.org/abs/1511.01844; Ho et al., *Flow++*, section 3.1, https://arxiv.org/abs/1902.00275).
"""

from abc import ABC, abstractmethod
from typing import Any

import keras
from keras import layers, ops

from components.networks.bijections import Chain, normal_log_prob, total
from components.networks.couplings import alternating

__all__ = ["DEQUANTIZERS", "Dequantizer", "Uniform", "Variational"]


class Dequantizer(layers.Layer, ABC):
    """A distribution over the cube of an image.

    Args:
        shape: of an image, ``(H, W, C)``.
        width: filters of its conditioners, where it has any.
        blocks: residual blocks of its conditioners.
    """

    def __init__(self, shape: tuple[int, int, int], width: int, blocks: int):
        super().__init__(name="dequantizer", dtype="float32")
        self.built = True

    @abstractmethod
    def noise(self, shape: Any, seed: keras.random.SeedGenerator) -> Any:
        """What it takes to draw, of any shape."""

    @abstractmethod
    def draw(self, x: Any, noise: Any, initialize: Any = False) -> tuple[Any, Any]:
        """Numbers ``u`` in [0, 1], and ``log q(u|x)``, ``float[B]``, nats.

        Args:
            x: images in [-1, 1], ``float[B, H, W, C]``.
            noise: of the same shape.
            initialize: a scalar truth, whether layers may fit their start to this batch.
        """


class Uniform(Dequantizer):
    """Anywhere in the cube with the same density, which is one."""

    def noise(self, shape, seed):
        """Uniform."""
        return keras.random.uniform(shape, seed=seed)

    def draw(self, x, noise, initialize=False):
        """The noise itself."""
        return noise, ops.zeros_like(noise[:, 0, 0, 0])


class Variational(Dequantizer):
    """A flow given the image: normal noise through four couplings with checkerboard masks and a sigmoid.

    Flow++ has couplings of mixtures of logistics here, with attention, and channel masks too.
    """

    def __init__(self, shape: tuple[int, int, int], width: int, blocks: int):
        super().__init__(shape, width, blocks)
        with keras.name_scope("dequantizer"):
            steps = alternating(shape, 4, width=width, blocks=blocks, context=shape[-1], name="noise")
            self.flow = Chain(steps, "flow")

    def noise(self, shape, seed):
        """Normal."""
        return keras.random.normal(shape, seed=seed)

    def draw(self, x, noise, initialize=False):
        """What the flow makes of the noise."""
        e, log_det = self.flow.forward(noise, x, initialize)
        squashed = total(-ops.softplus(e) - ops.softplus(-e))
        return ops.sigmoid(e), normal_log_prob(noise) - log_det - squashed


DEQUANTIZERS = {"uniform": Uniform, "variational": Variational}

"""Flows: chains of couplings from data to latents that are standard normal.

Dinh, Sohl-Dickstein and Bengio, *Density estimation using Real NVP*, https://arxiv.org/abs/1605.08803.
"""

import math
from typing import Any

import keras
from keras import ops

from components.networks.bijections import ActivationNorm, Bijection, Chain, Squeeze
from components.networks.couplings import alternating

__all__ = ["MultiScale", "PointFlow"]


class PointFlow(Chain):
    """A flow of vectors ``float[B, D]``, such as points of the plane.

    Args:
        dimensions: ``D``, from 2 on.
        couplings: how many.
        width: units of the conditioners.
        blocks: residual blocks of the conditioners.
        name: of the layer.

    Example:
        >>> import numpy as np
        >>> flow = PointFlow(2, couplings=4, width=16, blocks=1)
        >>> z, log_det = flow.forward(np.zeros((5, 2), "float32"))
        >>> flow.log_density(np.zeros((5, 2), "float32")).shape
        (5,)
    """

    def __init__(self, dimensions: int, *, couplings: int, width: int, blocks: int, name: str = "flow"):
        with keras.name_scope(name):
            steps = alternating((dimensions,), couplings, width=width, blocks=blocks, name="vector")
            steps.append(ActivationNorm(dimensions, "last_norm"))
        super().__init__(steps, name)


class MultiScale(Bijection):
    """A flow of images ``float[B, H, W, C]`` to latents ``float[B, H·W·C]``, half of which leave it at each scale.

    Section 3.6 there: couplings with checkerboard masks, a squeeze, couplings with channel masks; then half of the
    channels is done, and the other half goes on to the next scale. The last scale has checkerboard masks alone. Where a
    side is odd or 2 it could not be squeezed, or be masked afterwards, and that scale is the last.

    Args:
        shape: ``(H, W, C)``.
        scales: at most so many.
        couplings: of each kind of mask, at each scale.
        width: filters of the conditioners.
        blocks: residual blocks of the conditioners.
        name: of the layer.
    """

    def __init__(
        self, shape: tuple[int, int, int], *, scales: int, couplings: int, width: int, blocks: int, name: str = "flow"
    ):
        super().__init__(name)
        options: dict[str, Any] = {"width": width, "blocks": blocks}
        height, wide, channels = shape
        last = scales == 1 or any(side % 2 or side == 2 for side in (height, wide))
        with keras.name_scope(name):
            steps = alternating(shape, couplings, name="checkerboard", **options)
            if not last:
                shape = (height // 2, wide // 2, 4 * channels)
                steps.append(Squeeze("squeeze"))
                steps += alternating(shape, couplings, by_channel=True, name="channel", **options)
            steps.append(ActivationNorm(shape[-1], "last_norm"))
            self.here = Chain(steps, "here")
            self.left = shape if last else (*shape[:2], shape[2] // 2)
            """Shape of what leaves here."""
            self.next = (
                None if last else MultiScale(self.left, scales=scales - 1, couplings=couplings, **options, name="next")
            )

    def forward(self, x, context=None, initialize=False):
        """Latents in the order in which they leave."""
        x, log_det = self.here.forward(x, context, initialize)
        if self.next is None:
            return ops.reshape(x, (-1, math.prod(self.left))), log_det
        leaving, x = ops.split(x, 2, axis=-1)
        z, change = self.next.forward(x, None, initialize)
        return ops.concatenate([ops.reshape(leaving, (-1, math.prod(self.left))), z], axis=1), log_det + change

    def inverse(self, z, context=None):
        """From the last scale to the first."""
        size = math.prod(self.left)
        x = ops.reshape(z[:, :size], (-1, *self.left))
        if self.next is not None:
            x = ops.concatenate([x, self.next.inverse(z[:, size:])], axis=-1)
        return self.here.inverse(x, context)

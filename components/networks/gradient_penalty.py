"""The gradient penalty: what a critic pays for being steeper, or flatter, than one."""

from collections.abc import Callable
from typing import Any

from keras import ops

from components.backend import input_gradient

__all__ = ["gradient_penalty"]


def gradient_penalty(critic: Callable[[Any], Any], real: Any, fake: Any, u: Any) -> Any:
    """Mean squared difference from one of the critic's slope, at points between real and generated examples.

    Gulrajani et al., *Improved Training of Wasserstein GANs*, https://arxiv.org/abs/1704.00028, equation 3. The square
    root of the slope is kept off zero, where it has no derivative.

    Args:
        critic: ``float[B, …]`` → ``float[B]``.
        real: ``float32[B, …]``.
        fake: of the same shape.
        u: where between the two, ``float[B]``, uniform in [0, 1): 0 is at ``real``.

    Returns:
        ``float32[]``, differentiable by whatever the critic is made of.
    """
    ones = (1,) * (len(real.shape) - 1)
    between = real + ops.reshape(u, (-1, *ones)) * (fake - real)
    gradient = input_gradient(critic, between)
    slope = ops.sqrt(ops.sum(ops.square(gradient), axis=tuple(range(1, len(real.shape)))) + 1e-12)
    return ops.mean(ops.square(slope - 1))

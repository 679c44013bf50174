"""Langevin chains: noisy descent on an energy, as one compiled loop.

The unadjusted Langevin algorithm, ``x ← x - s ∇E(x) + σ ξ`` with ``ξ`` standard normal, as energies are sampled by Du
and Mordatch, *Implicit Generation and Modeling with Energy-Based Models*, https://arxiv.org/abs/1903.08689. With ``σ
= sqrt(2 s)`` the chain tends to the density ``exp(-E)`` as ``s → 0``; with another ``σ`` it is that of ``exp(-E /
T)`` at the temperature ``T = σ² / 2s``, low in nearly all energy-based models of images (Nijkamp et al.,
https://arxiv.org/abs/1903.12370).
"""

import math
from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from components.backend import input_gradient, scan
from components.networks.seeds import GivenSeed

__all__ = ["langevin", "proper_noise"]


def langevin(
    energy: Callable[[Any], Any],
    x: Any,
    seeds: Any,
    step_size: Any,
    noise: Any,
    *,
    clip: float | None = None,
    bounds: tuple[float, float] | None = None,
) -> tuple[Any, Any]:
    """Chains of Langevin steps, a step for each row of ``seeds``.

    Args:
        energy: ``float[B, …] → float[B]``; it may read variables and must not assign any.
        x: where the chains start, ``float32[B, …]``.
        seeds: ``int32[steps, 2]``, not negative: what each step draws its noise from.
        step_size: factor of the gradient.
        noise: standard deviation of the noise of a step.
        clip: largest absolute value of an element of the gradient; ``None`` leaves it as it is.
        bounds: where values are kept after each step; ``None`` lets them go anywhere.

    Returns:
        Where the chains end, ``float32[B, …]``, and the mean absolute element of the gradient in each step,
        ``float32[steps]``.
    """

    def step(x, seed):
        gradient = input_gradient(energy, x)
        size = ops.mean(ops.abs(gradient))
        if clip is not None:
            gradient = ops.clip(gradient, -clip, clip)
        x = x - step_size * gradient + noise * keras.random.normal(ops.shape(x), seed=GivenSeed(seed))
        return x if bounds is None else ops.clip(x, *bounds), size

    return scan(step, x, seeds)


def proper_noise(step_size: float) -> float:
    """The standard deviation with which a chain samples ``exp(-E)`` itself.

    Example:
        >>> proper_noise(0.5)
        1.0
    """
    return math.sqrt(2 * step_size)

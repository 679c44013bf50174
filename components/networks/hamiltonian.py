"""Hamiltonian Monte Carlo: steps along an energy's gradient, refused now and then so that its density stays as it is.

Neal, *MCMC using Hamiltonian dynamics*, https://arxiv.org/abs/1206.1901; with one leapfrog it is the
Metropolis-adjusted Langevin algorithm. Within walls a path is reflected as a ball is, which can be reversed and keeps
volume, so that nothing is lost to proposals outside (Afshar and Domke, *Reflection, Refraction, and Hamiltonian Monte
Carlo*, https://proceedings.neurips.cc/paper/2015/hash/8303a79b1e19a194f1875981be5bdb6f-Abstract.html).
"""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from components.backend import input_gradient
from components.networks.seeds import GivenSeed

__all__ = ["hamiltonian_step", "reflected"]


def hamiltonian_step(
    energy: Callable[[Any], Any],
    x: Any,
    seed: Any,
    step_size: Any,
    *,
    leapfrogs: int = 1,
    bounds: tuple[float, float] | None = None,
) -> tuple[Any, Any]:
    """A step of independent chains that leaves the density ``exp(-energy)`` as it is, whatever the step size.

    Args:
        energy: ``float[B, …] → float[B]``.
        x: where the chains are, ``float32[B, …]``, within the bounds.
        seed: ``int32[4]``, not negative: two for the momentum, two for the refusals.
        step_size: of a leapfrog, in units of ``x``.
        leapfrogs: of a step, each at the price of a gradient.
        bounds: walls of the density in every coordinate.

    Returns:
        Where the chains are then, ``float32[B, …]``, and how likely each was to move, ``float32[B]``.
    """
    momentum = keras.random.normal(ops.shape(x), seed=GivenSeed(seed[:2]))
    before = energy(x) + _kinetic(momentum)
    y, gradient = x, input_gradient(energy, x)
    for _ in range(leapfrogs):
        momentum = momentum - 0.5 * step_size * gradient
        y, direction = reflected(y + step_size * momentum, bounds)
        gradient = input_gradient(energy, y)
        momentum = direction * momentum - 0.5 * step_size * gradient
    gain = before - energy(y) - _kinetic(momentum)
    moves = ops.log(keras.random.uniform(ops.shape(gain), seed=GivenSeed(seed[2:]))) < gain
    moves = ops.reshape(moves, (-1, *[1] * (len(x.shape) - 1)))
    return ops.where(moves, y, x), ops.exp(ops.minimum(gain, 0.0))


def reflected(x: Any, bounds: tuple[float, float] | None) -> tuple[Any, Any]:
    """Where straight paths to ``x`` end between mirrors, and the sign of each coordinate's direction there.

    Example:
        >>> reflected(ops.array([0.25, -0.25, 1.5]), (0.0, 1.0))
        ([0.25, 0.25, 0.5], [1, -1, -1])
    """
    if bounds is None:
        return x, 1.0
    low, width = bounds[0], bounds[1] - bounds[0]
    there = ops.mod((x - low) / width, 2.0)
    return low + width * (1.0 - ops.abs(1.0 - there)), ops.where(there > 1.0, -1.0, 1.0)


def _kinetic(momentum: Any) -> Any:
    return 0.5 * ops.sum(ops.square(momentum), axis=tuple(range(1, len(momentum.shape))))

"""Annealed importance sampling: how large the integral of ``exp(-E)`` is, from above and from below.

Neal, *Annealed Importance Sampling*, https://arxiv.org/abs/physics/9803008. Chains that begin in a density whose
integral is one are led to ``exp(-E)`` through densities between, ``exp(-(1 - β) E₀ - β E)``; each keeps the weight that
it gathers, and the mean of the weights is the integral ``Z`` on average, however few densities lie between.

- ``log`` of that mean is a **lower bound** of ``log Z``: on average it is below, and it is above by ``b`` nats with a
  probability less than ``exp(-b)``.
- Led the other way the weights are ``1 / Z`` on average, which makes an **upper bound** if the chains begin in *exact*
  samples of ``exp(-E)`` (Grosse, Ghahramani and Adams, *Sandwiching the marginal likelihood using bidirectional Monte
  Carlo*, https://arxiv.org/abs/1511.02543). Where there are none, and they begin in samples of chains, it is **only an
  estimate** from above: chains that never found some of the samples' regions make it too low.

The more densities lie between, the smaller is the gap. Chains move by Hamiltonian steps, whose sizes for each
coordinate are chosen by other chains that run ahead: once chosen they are fixed, so that steps keep densities as they
are.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import ops

from components.backend import compiled, scan
from components.networks.hamiltonian import hamiltonian_step

__all__ = ["Partition", "WeightedMean", "annealed", "log_partition", "tuned_step_sizes"]

Energy = Callable[[Any], Any]

ACCEPTANCE = 0.65  # that step sizes are tuned to: best for Hamiltonian steps in many dimensions (Neal, 4.4)
LEAPFROGS = 3
GAIN = 0.3  # change of the logarithm of a step's size with the acceptance that it has too much
FIRST = 0.5  # step size to begin with, in standard deviations of the chains
AHEAD = 4  # densities for each one that step sizes are tuned at


@dataclass(frozen=True)
class WeightedMean:
    """The logarithm of a mean of weights.

    Args:
        value: ``log mean exp`` of the logarithms.
        standard_error: of it, from the spread of the weights; where few chains have all the weight it is too small.
        effective_sample_size: chains of equal weight that would tell as much: ``(Σ w)² / Σ w²``.
    """

    value: float
    standard_error: float
    effective_sample_size: float

    @classmethod
    def of(cls, logarithms: np.ndarray) -> "WeightedMean":
        """Of the logarithms of weights ``float[N]``, N > 1."""
        logarithms = np.asarray(logarithms, "float64")
        largest, count = logarithms.max(), len(logarithms)
        weights = np.exp(logarithms - largest)
        size = weights.sum() ** 2 / (weights**2).sum()
        error = np.sqrt(max(count / size - 1, 0.0) / (count - 1))
        return cls(float(largest + np.log(weights.mean())), float(error), float(size))


@dataclass(frozen=True)
class Partition:
    """What is known of the logarithm of a partition function ``Z``, in nats.

    Args:
        lower: bound from below.
        upper: bound from above if chains began in exact samples, and else an estimate.
        acceptance: mean acceptance of all steps.
    """

    lower: WeightedMean
    upper: WeightedMean
    acceptance: float


def annealed(
    base: Energy,
    energy: Energy,
    x: Any,
    betas: Any,
    step_sizes: Any,
    *,
    seeds: Any,
    bounds: tuple[float, float] | None = None,
) -> tuple[Any, Any, Any]:
    """Chains led through the densities ``exp(-(1 - β) E₀ - β E)``, in the order of ``betas``.

    Args:
        base: ``E₀``, ``float[B, …] → float[B]``, the negative logarithm of a density.
        energy: ``E``, likewise, and not normalised.
        x: samples of the first density, ``float32[B, …]``.
        betas: ``float32[K + 1]``; from 0 to 1, or back.
        step_sizes: of the step in each density but the first, ``float32[K, …]``.
        seeds: ``int32[K, 4]``, not negative.
        bounds: walls of the densities in every coordinate.

    Returns:
        Where the chains end; the logarithms of their weights, ``float32[B]``, of which the mean is the ratio of the
        last density's integral to the first's; and the acceptance of each step, ``float32[K]``.
    """

    def step(state, row):
        (x, weights), (before, beta, step_size, seed) = state, row
        weights = weights + (beta - before) * (base(x) - energy(x))
        mixed = _mixed(base, energy, beta)
        x, accepted = hamiltonian_step(mixed, x, seed, step_size, leapfrogs=LEAPFROGS, bounds=bounds)
        return (x, weights), ops.mean(accepted)

    start = (ops.convert_to_tensor(x), ops.zeros(x.shape[0]))
    (x, weights), accepted = scan(step, start, (betas[:-1], betas[1:], step_sizes, seeds))
    return x, weights, accepted


def tuned_step_sizes(
    base: Energy, energy: Energy, x: Any, betas: Any, seeds: Any, *, bounds: tuple[float, float] | None = None
) -> Any:
    """Step sizes ``float32[K, …]`` for each density and coordinate; arguments as of :func:`annealed`.

    In each coordinate they are in proportion to the width of the chains, and over all so large that two in three steps
    are accepted. They follow from where chains have come: chains that weights are asked of are to be others.
    """

    def step(state, row):
        (x, size), (beta, seed) = state, row
        widths = ops.std(x, axis=0)
        step_size = ops.exp(size) * (widths + 0.01 * ops.mean(widths))
        mixed = _mixed(base, energy, beta)
        x, accepted = hamiltonian_step(mixed, x, seed, step_size, leapfrogs=LEAPFROGS, bounds=bounds)
        return (x, size + GAIN * (ops.mean(accepted) - ACCEPTANCE)), step_size

    start = (ops.convert_to_tensor(x), ops.convert_to_tensor(np.float32(np.log(FIRST))))
    return scan(step, start, (betas[1:], seeds))[1]


def log_partition(
    base: Energy,
    energy: Energy,
    start: Callable[[], np.ndarray],
    temperatures: int,
    random: np.random.Generator,
    *,
    samples: np.ndarray | None = None,
    bounds: tuple[float, float] | None = None,
    variables: Sequence[keras.Variable] = (),
) -> Partition:
    """Bounds of the logarithm of the integral of ``exp(-energy)``.

    Args:
        base: negative logarithm of the density that chains begin in, ``float[B, …] → float[B]``.
        energy: likewise, not normalised.
        start: gives new samples of that density, ``float32[B, …]``.
        temperatures: densities that chains are led through; ``β`` grows with the square of their number.
        random: what all but ``start`` is drawn from.
        samples: exact samples of ``exp(-energy)``, ``float32[B, …]``. ``None`` takes where the chains have come, drawn
            again by their weights: the upper bound is then only an estimate.
        bounds: walls of the densities in every coordinate.
        variables: that the energies read.
    """
    betas = np.linspace(0, 1, temperatures + 1, dtype="float32") ** 2
    tune = compiled(lambda x, *rest: tuned_step_sizes(base, energy, x, *rest, bounds=bounds), variables)
    lead = compiled(lambda seeds, *rows: annealed(base, energy, *rows, seeds=seeds, bounds=bounds), variables)

    def run(x, betas, step_sizes):
        led = lead(_seeds(random, temperatures), x, betas, step_sizes)
        return [ops.convert_to_numpy(value) for value in led]

    ahead = np.linspace(0, temperatures, -(-temperatures // AHEAD) + 1).round().astype(int)
    tuned = ops.convert_to_numpy(tune(start(), betas[ahead], _seeds(random, len(ahead) - 1)))
    step_sizes = np.repeat(tuned, np.diff(ahead), axis=0)

    ends, weights, accepted = run(start(), betas, step_sizes)
    if samples is None:
        chances = np.exp(weights - weights.max(), dtype="float64")
        samples = ends[random.choice(len(ends), size=len(ends), p=chances / chances.sum())]
    _, back, accepted_back = run(samples, betas[::-1].copy(), step_sizes[::-1].copy())
    inverse = WeightedMean.of(back)
    return Partition(
        lower=WeightedMean.of(weights),
        upper=WeightedMean(-inverse.value, inverse.standard_error, inverse.effective_sample_size),
        acceptance=float(np.mean([accepted, accepted_back])),
    )


def _mixed(base: Energy, energy: Energy, beta: Any) -> Energy:
    return lambda x: (1.0 - beta) * base(x) + beta * energy(x)


def _seeds(random: np.random.Generator, steps: int) -> np.ndarray:
    return random.integers(2**31, size=(steps, 4), dtype="int32")

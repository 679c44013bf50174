"""From noise to data along a Gaussian path, by a network that tells data and noise apart.

- ``ancestral``: the chain itself, Ho, Jain and Abbeel, https://arxiv.org/abs/2006.11239, algorithm 2, with the
  posterior's own variance; steps that are left out are marginalized.
- ``ddim``: Song, Meng and Ermon, https://arxiv.org/abs/2010.02502, equation 12 with ``σ = 0``. On the straight path it
  is Euler's method.
- ``euler`` and ``heun``: methods of first and second order for the ordinary differential equation with the same
  marginals, in the path's own clock, where its right-hand side is the velocity. Heun's is what Karras et al.,
  https://arxiv.org/abs/2206.00364, algorithm 1, recommend.

All but the first are deterministic, and every one of them ends with what is believed of the data, ``x̂``.
"""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import ops

from components.backend import fold
from components.networks.probability_paths import Path
from components.networks.seeds import GivenSeed

__all__ = ["SAMPLERS", "Denoise", "Point", "descend"]

Point = dict[str, Any]
"""A moment of a path: ``time`` and the columns of :class:`Path` there, ``float32`` scalars."""

Denoise = Callable[[Any, Point], tuple[Any, Any]]
"""``(x_t, point) → (x̂, ε̂)``, with ``x_t = signal x̂ + noise ε̂``."""


def descend(sampler: str, denoise: Denoise, path: Path, *, times: np.ndarray, x: Any, seed: Any) -> Any:
    """Follow a path back to data, as one compiled loop.

    Args:
        sampler: a name of :data:`SAMPLERS`.
        denoise: what is believed of data and noise.
        path: between them.
        times: ``int[steps + 1]``, falling to zero.
        x: where it starts, ``float32[B, …]``.
        seed: ``int32[2]``, not negative, of what the sampler draws.

    Returns:
        ``float32[B, …]``.
    """
    later, earlier = times[:-1], times[1:]
    factors = dict(zip(("of_x", "of_clean", "variance"), path.posterior(earlier, later), strict=True))
    starts, ends = _tensors(path.at(later) | factors), _tensors(path.at(earlier))

    def step(x, now):
        i, start, end = now
        return SAMPLERS[sampler](denoise, x, start, end, GivenSeed(ops.stack([seed[0] + i, seed[1]])))

    return fold(step, ops.convert_to_tensor(x), (ops.arange(len(later), dtype=seed.dtype), starts, ends))


def _ancestral(denoise, x, start, end, seed):
    mean = start["of_x"] * x + start["of_clean"] * denoise(x, start)[0]
    return mean + ops.sqrt(start["variance"]) * keras.random.normal(ops.shape(x), seed=seed)


def _ddim(denoise, x, start, end, seed):
    clean, noise = denoise(x, start)
    return end["signal"] * clean + end["noise"] * noise


def _euler(denoise, x, start, end, seed):
    clean, noise = denoise(x, start)
    moved = x + (end["clock"] - start["clock"]) * _velocity(clean, noise, start)
    return ops.where(end["noise"] > 0, moved, clean)


def _heun(denoise, x, start, end, seed):
    clean, noise = denoise(x, start)
    time, velocity = end["clock"] - start["clock"], _velocity(clean, noise, start)
    believed = denoise(x + time * velocity, end)
    mean_velocity = (velocity + _velocity(believed[0], believed[1], end)) / 2
    return ops.where(end["noise"] > 0, x + time * mean_velocity, clean)


def _velocity(clean, noise, point):
    return point["signal_rate"] * clean + point["noise_rate"] * noise


def _tensors(columns: dict[str, np.ndarray]) -> Point:
    return {name: ops.convert_to_tensor(column.astype("float32")) for name, column in columns.items()}


SAMPLERS = {"ancestral": _ancestral, "ddim": _ddim, "euler": _euler, "heun": _heun}

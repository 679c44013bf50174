"""Gaussian paths from data to noise: ``x_t = signal_t x + noise_t ε``, a table for ``t = 0 … T``.

One form holds denoising diffusion (Ho, Jain and Abbeel, https://arxiv.org/abs/2006.11239), whose paths preserve the
variance, and flow matching (Lipman et al., https://arxiv.org/abs/2210.02747, section 4.1; Liu, Gong and Liu's rectified
flow, https://arxiv.org/abs/2209.03003), whose path is a straight line. Either runs by a clock of its own, in which
``[x_t; velocity_t]`` is a transformation of ``[x; ε]`` with determinant one:

- on a circle by its angle, ``signal = cos φ`` and ``noise = sin φ``, with the velocity of Salimans and Ho
  (https://arxiv.org/abs/2202.00512, appendix D);
- on the line by ``t / T``, with the velocity ``ε - x`` that flow matching learns.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["PATHS", "Path", "cosine_path", "linear_path", "straight_path"]

LARGEST_BETA = 0.999


@dataclass(frozen=True, eq=False)
class Path:
    """The tables of a path, each ``float64[T + 1]``, data at 0 and noise at ``T``.

    Args:
        signal: factor of the data.
        noise: standard deviation of the noise.
        clock: what velocities are derivatives by, rising with ``t``.
        signal_rate: derivative of ``signal`` by the clock.
        noise_rate: derivative of ``noise`` by the clock.
    """

    signal: np.ndarray
    noise: np.ndarray
    clock: np.ndarray
    signal_rate: np.ndarray
    noise_rate: np.ndarray

    @property
    def timesteps(self) -> int:
        """``T``."""
        return len(self.signal) - 1

    def at(self, times: Any) -> dict[str, np.ndarray]:
        """The columns at times ``int[…]``, and the times themselves."""
        columns = ("signal", "noise", "clock", "signal_rate", "noise_rate")
        return {"time": np.asarray(times)} | {name: getattr(self, name)[times] for name in columns}

    def descent(self, steps: int) -> np.ndarray:
        """Times ``int[steps + 1]`` from ``T`` to zero: by the clock as evenly spaced as the table allows."""
        times = np.abs(self.clock - np.linspace(self.clock[-1], 0, steps + 1)[:, None]).argmin(axis=1)
        for k in range(1, steps):
            times[k] = max(min(times[k], times[k - 1] - 1), steps - k)
        return times

    def posterior(self, earlier: Any, later: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The Gaussian of ``x_earlier`` given ``x_later`` and ``x``, for a process that forgets: ``q(x_s | x_t, x)``.

        Ho et al., equations 6 and 7, for any two steps of any path (Kingma et al., *Variational Diffusion Models*,
        https://arxiv.org/abs/2107.00630, appendix A).

        Args:
            earlier: ``int[K]``.
            later: ``int[K]``, each greater.

        Returns:
            The mean's factors of ``x_later`` and of ``x``, and the variance, ``float64[K]`` each.
        """
        kept = self.signal[later] / self.signal[earlier]
        before, after = self.noise[earlier] ** 2, self.noise[later] ** 2
        added = after - kept**2 * before
        return kept * before / after, self.signal[earlier] * added / after, before * added / after


def cosine_path(timesteps: int) -> Path:
    """Nichol and Dhariwal, *Improved Denoising Diffusion Probabilistic Models*, equation 17.

    https://arxiv.org/abs/2102.09672
    """
    angle = (np.arange(timesteps + 1) / timesteps + 0.008) / 1.008 * np.pi / 2
    kept = np.cos(angle) ** 2
    return _circle(1 - kept[1:] / kept[:-1])


def linear_path(timesteps: int) -> Path:
    """Ho et al., section 4: variances that rise linearly, there from 0.0001 to 0.02 over 1,000 steps."""
    return _circle(np.linspace(0.1, 20, timesteps) / timesteps)


def straight_path(timesteps: int) -> Path:
    """Flow matching by the conditional optimal-transport path, here from data to noise."""
    t = np.arange(timesteps + 1) / timesteps
    return Path(1 - t, t, t, -np.ones_like(t), np.ones_like(t))


def _circle(betas: np.ndarray) -> Path:
    """The path of a chain whose step ``t`` adds noise of variance ``betas[t - 1]`` and shrinks what it finds."""
    squares = np.concatenate([[1.0], np.cumprod(1 - np.minimum(betas, LARGEST_BETA))])
    signal, noise = np.sqrt(squares), np.sqrt(1 - squares)
    return Path(signal, noise, np.arctan2(noise, signal), -noise, signal)


PATHS = {"cosine": cosine_path, "linear": linear_path, "straight": straight_path}

"""Samples for everything that samples are for, drawn once: those of a picture, and sets to be judged and timed."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from components.backend import counting
from components.costs import peak_memory
from components.models.contract import Samples

__all__ = ["Drawn", "draw"]


@dataclass(frozen=True)
class Drawn:
    """Samples of a trained model.

    Args:
        first: drawn by the seed, as the command that samples draws them.
        sets: further ones, each drawn by a seed of its own.
        seconds: what the last set took, all being compiled.
        flops: what it took, by :mod:`components.backend.counting`; a last batch that was filled up counts whole.
    """

    first: np.ndarray
    sets: Sequence[np.ndarray]
    seconds: float
    flops: int

    @property
    def costs(self) -> dict[str, float]:
        """How fast it samples, and how much work and memory that is."""
        count = len(self.sets[-1])
        return {
            "samples": count,
            "seconds": self.seconds,
            "samples_per_second": count / self.seconds,
            "flops_per_thousand_samples": 1000 * self.flops / count,
            "peak_memory": peak_memory(),
        }


def draw(model: Samples, first: int, more: int, seeds: int, seed: int, **knobs: Any) -> Drawn:
    """Draw ``first`` samples by ``seed``, and ``more`` by each of as many seeds after it as ``seeds`` says."""
    drawn = model.sample(first, seed, **knobs)
    sets = []
    for i in range(1, seeds + 1):
        start = time.perf_counter()
        with counting() as counter:
            sets.append(model.sample(more, seed + i, **knobs))
        seconds = time.perf_counter() - start
    return Drawn(drawn, sets, seconds, counter.flops)

"""Samples for everything that samples are for, drawn twice and no more: once to compile, once to be timed."""

import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from components.backend import counting
from components.models.contract import Samples

__all__ = ["Drawn", "draw"]


@dataclass(frozen=True)
class Drawn:
    """Samples of a trained model.

    Args:
        first: drawn by the seed, as the command that samples draws them.
        more: further ones.
        seconds: what ``more`` took, once compiled.
        flops: what ``more`` took, by :mod:`components.backend.counting`; a last batch that was filled up counts whole.
    """

    first: np.ndarray
    more: np.ndarray
    seconds: float
    flops: int

    @property
    def costs(self) -> dict[str, float]:
        """How fast it samples, and how much work that is."""
        count = len(self.more)
        return {
            "samples": count,
            "seconds": self.seconds,
            "samples_per_second": count / self.seconds,
            "flops_per_thousand_samples": 1000 * self.flops / count,
        }


def draw(model: Samples, first: int, more: int, seed: int, **knobs: Any) -> Drawn:
    """Draw ``first`` samples, and ``more`` by another seed."""
    drawn = model.sample(first, seed, **knobs)
    start = time.perf_counter()
    with counting() as counter:
        others = model.sample(more, seed + 1, **knobs)
    seconds = time.perf_counter() - start
    return Drawn(drawn, others, seconds, counter.flops)

"""Samples for everything that samples are for, drawn twice and no more: once to compile, once to be timed."""

import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from components.models.contract import Samples

__all__ = ["Drawn", "draw"]


@dataclass(frozen=True)
class Drawn:
    """Samples of a trained model.

    Args:
        first: drawn by the seed, as the command that samples draws them.
        more: further ones.
        seconds: what ``more`` took, once compiled.
    """

    first: np.ndarray
    more: np.ndarray
    seconds: float

    @property
    def costs(self) -> dict[str, float]:
        """How fast it samples."""
        count = len(self.more)
        return {"samples": count, "seconds": self.seconds, "samples_per_second": count / self.seconds}


def draw(model: Samples, first: int, more: int, seed: int, **knobs: Any) -> Drawn:
    """Draw ``first`` samples, and ``more`` by another seed."""
    drawn = model.sample(first, seed, **knobs)
    start = time.perf_counter()
    others = model.sample(more, seed + 1, **knobs)
    return Drawn(drawn, others, time.perf_counter() - start)

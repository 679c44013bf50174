"""By how much two trainings of one model differ in what came out, and in what they ran on."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load_file

__all__ = ["Difference", "compare_machines", "compare_weights"]

MACHINE = ("backend", "device", "processor", "cores", "python", "packages")


@dataclass(frozen=True)
class Difference:
    """How far apart two tensors are.

    Args:
        tensor: its name.
        absolute: the largest difference of two numbers; infinite where a tensor is missing or of another shape, or a
            number is none.
        relative: the same over the largest number of the first tensor.
    """

    tensor: str
    absolute: float
    relative: float

    def __str__(self) -> str:
        return f"{self.tensor}: {self.absolute:.2g}, relative {self.relative:.2g}"


def compare_weights(one: Path, other: Path) -> list[Difference]:
    """The tensors of two ``model.safetensors`` that are not the same, those first that differ most for their size."""
    a, b = load_file(one), load_file(other)
    found = [_compare(name, a.get(name), b.get(name)) for name in sorted(a.keys() | b.keys())]
    return sorted((one for one in found if one.absolute > 0), key=lambda one: -one.relative)


def compare_machines(recorded: Mapping[str, Any], here: Mapping[str, Any]) -> list[str]:
    """What differs in that which two trainings ran on and with, one line each.

    Args:
        recorded: as :func:`components.costs.describe_machine` told it of the first.
        here: of the second.
    """
    told = {key: (str(recorded.get(key, "not recorded")), str(here.get(key, "not recorded"))) for key in MACHINE}
    return [f"{key}: {first} then, {second} now" for key, (first, second) in told.items() if first != second]


def _compare(name: str, a: np.ndarray | None, b: np.ndarray | None) -> Difference:
    if a is None or b is None or a.shape != b.shape:
        return Difference(name, np.inf, np.inf)
    if not a.size or (a.tobytes() == b.tobytes() and a.dtype == b.dtype):
        return Difference(name, 0.0, 0.0)
    absolute = np.nan_to_num(np.abs(a.astype(np.float64) - b), nan=np.inf).max()
    return Difference(name, float(absolute), float(absolute / (np.abs(a).max() or 1.0)))

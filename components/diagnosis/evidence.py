"""What a diagnosis rests on: a run's curves, its metrics, and how good its samples were as training went on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from components.params import ModelConfig

__all__ = ["Evidence"]

QUARTER = 4
"""The part of training that an illness must last for is the last quarter of its epochs: adversaries swing, and a good
run may look ill for a while (a discriminator that is right at first, until the generator has learned anything)."""


@dataclass(frozen=True)
class Evidence:
    """Everything that is known of a run. What is not known is left out, and no illness is looked for that needs it.

    Args:
        config: the model's section of ``params.yaml``.
        curves: the columns of its learning curves by name, ``epoch`` among them; NaN where an epoch has no value.
        metrics: its numbers on the test split: a number, or a mapping with ``mean``, by name.
        quality: what its samples were like at some epochs: ``epoch``, and ``frechet_distance``, ``class_entropy`` in
            nats, ``coverage`` as far as they are known.
        floor: the metrics of training images as if they were samples, of the same number of them; of a text, those of
            the test text.
        ceiling: the metrics of uniform noise likewise.
    """

    config: ModelConfig
    curves: Mapping[str, Sequence[float]] = field(default_factory=dict)
    metrics: Mapping[str, Any] = field(default_factory=dict)
    quality: Sequence[Mapping[str, float]] = ()
    floor: Mapping[str, Any] = field(default_factory=dict)
    ceiling: Mapping[str, Any] = field(default_factory=dict)

    def curve(self, name: str) -> np.ndarray:
        """A column, ``float64[epochs]``; empty where no epoch has a finite value."""
        values = np.asarray(self.curves.get(name, ()), np.float64)
        return values if np.isfinite(values).any() else values[:0]

    def early(self, name: str) -> float | None:
        """Mean of a column over the first quarter of the epochs, ``None`` where it has no value there."""
        return _mean(self.curve(name)[: _quarter(self.curve(name))])

    def late(self, name: str) -> float | None:
        """Mean of a column over the last quarter of the epochs, ``None`` where it has no value there."""
        return _mean(self.curve(name)[-_quarter(self.curve(name)) :])

    def metric(self, name: str) -> float | None:
        """A metric of the model, ``None`` where it has none or it is not finite."""
        return _number(self.metrics, name)

    def beside_floor(self, name: str) -> tuple[float, float] | None:
        """A metric of the model, and that of real images; ``None`` unless both are known."""
        return _both(_number(self.metrics, name), _number(self.floor, name))

    def way_to_noise(self, name: str) -> float | None:
        """Where a distance lies on the way from that of real images, 0, to that of noise, 1."""
        found, ceiling = self.beside_floor(name), _number(self.ceiling, name)
        if found is None or ceiling is None or ceiling <= found[1]:
            return None
        return (found[0] - found[1]) / (ceiling - found[1])

    @property
    def players(self) -> list[str]:
        """Who took turns: each has a gradient, and a loss of its name."""
        norms = [name.removesuffix("grad_norm") for name in self.curves if name.endswith("grad_norm")]
        return [norm.rstrip("_") or "loss" for norm in norms]

    def gradients(self, player: str, which: str = "") -> str:
        """The name of the column with the norms of a player's gradient: of the whole, ``first`` or ``last``."""
        prefix = "" if player == "loss" else f"{player}_"
        return f"{prefix}grad_norm{which and '_'}{which}"


def _quarter(values: np.ndarray) -> int:
    return max(1, len(values) // QUARTER)


def _mean(values: np.ndarray) -> float | None:
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if len(finite) else None


def _number(metrics: Mapping[str, Any], name: str) -> float | None:
    value = metrics.get(name)
    if isinstance(value, Mapping):
        value = value.get("mean")
    return float(value) if value is not None and np.isfinite(value) else None


def _both(x: float | None, y: float | None) -> tuple[float, float] | None:
    return None if x is None or y is None else (x, y)

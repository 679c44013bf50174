"""A column of the table: which number it holds, what that number means, and which way is better."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from components.params.metrics import METRICS, Better, Metric

__all__ = ["Column"]


@dataclass(frozen=True)
class Column:
    """A column of numbers.

    Args:
        group: what it belongs with; numbers of two groups say nothing about one another.
        heading: its title, below the group's.
        where: the key in the metrics, or ``costs`` and the keys in the costs.
        meaning: one sentence for the page.
        unit: what its numbers count, or which way is better where the group does not say it.
        factor: what the number is multiplied by where it is shown; the CSV has it as it is.
        floored: a metric of samples, which says nothing without the same of real examples.
        extra: the key of a further number beside the mean, which is named in the heading: ``k`` draws of a bound.
    """

    group: str
    heading: str
    where: tuple[str, ...]
    meaning: str
    unit: str = ""
    factor: float = 1
    floored: bool = False
    extra: str = ""

    @property
    def key(self) -> str:
        """Its name in the CSV."""
        return self.where[-1]

    @property
    def better(self) -> Better | None:
        """Which way is better, if models may be ranked by it at all."""
        return self._metric.better

    @property
    def sign(self) -> str:
        """A bound's sign, written before the number."""
        return self._metric.sign

    def value(self, numbers: Mapping[str, Any]) -> Any:
        """What stands here: a number, a mapping with ``mean`` and ``standard_error``, or None."""
        found: Any = numbers
        for key in self.where:
            found = found.get(key) if isinstance(found, Mapping) else None
        return found

    def mean(self, numbers: Mapping[str, Any]) -> float | None:
        """The number itself."""
        value = self.value(numbers)
        return value.get("mean") if isinstance(value, Mapping) else value

    def error(self, numbers: Mapping[str, Any]) -> float | None:
        """Its standard error, if it has one."""
        value = self.value(numbers)
        return value.get("standard_error") if isinstance(value, Mapping) else None

    @property
    def _metric(self) -> Metric:
        return METRICS.get(self.key, Metric())

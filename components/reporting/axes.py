"""Axes of charts: where a value lies, and which values are written beside it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Axis", "axis", "label"]

DECADE = 10  # positive values that span more than this factor are drawn on a logarithmic scale


@dataclass(frozen=True)
class Axis:
    """A scale along a side of a chart.

    Args:
        low: value at its beginning; its logarithm to base 10 where ``logarithmic``.
        high: value at its end, likewise.
        start: where it begins, in the chart's units.
        end: where it ends; less than ``start`` for one that goes up.
        logarithmic: whether equal ratios are equal distances.
    """

    low: float
    high: float
    start: float
    end: float
    logarithmic: bool = False

    def at(self, value: float) -> float:
        """Where a value lies."""
        scaled = math.log10(value) if self.logarithmic else value
        return self.start + (scaled - self.low) / (self.high - self.low) * (self.end - self.start)

    def ticks(self, most: int) -> list[float]:
        """About ``most`` round values along it."""
        return _powers(self.low, self.high, most) if self.logarithmic else _multiples(self.low, self.high, most)


def axis(values: Sequence[float], start: float, end: float, *, air: float = 0.04, decades: bool = True) -> Axis:
    """The axis that finite values need.

    Args:
        values: what has to lie on it.
        start: where it begins.
        end: where it ends.
        air: part of the span that is left free at both ends.
        decades: whether it may be logarithmic; it is where all values are positive and span more than a decade.
    """
    logarithmic = decades and min(values) > 0 and max(values) > DECADE * min(values)
    low, high = (math.log10(value) if logarithmic else float(value) for value in (min(values), max(values)))
    space = air * (high - low) if high > low else 0.5 * abs(high) or 0.5
    return Axis(low - space, high + space, start, end, logarithmic)


def label(value: float) -> str:
    """A number as it is written at an axis."""
    if value and not 1e-3 <= abs(value) < 1e5:
        mantissa, exponent = f"{value:.0e}".split("e")
        text = f"{mantissa}e{int(exponent)}"
    else:
        text = f"{value:.6g}"
    return text.replace("-", "\N{MINUS SIGN}")


def _multiples(low: float, high: float, most: int) -> list[float]:
    """At most ``most + 1`` round numbers in an interval: multiples of 1, 2 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10((high - low) / most))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor * most >= high - low)
    return [step * k for k in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)]


def _powers(low: float, high: float, most: int) -> list[float]:
    """Powers of ten from 10 ** low to 10 ** high; 2 and 5 of each decade too where decades are few."""
    factors = (1, 2, 5) if high - low < most / 2 else (1,)
    stride = max(1, round((high - low) / most))
    values = (f * 10.0**k for k in range(math.floor(low), math.ceil(high) + 1) if k % stride == 0 for f in factors)
    return [value for value in values if low <= math.log10(value) <= high]

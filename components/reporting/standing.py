"""Which models lead in a column, as far as its standard errors can tell, and which may not be compared there at all."""

import math
from collections.abc import Sequence
from typing import Any, Protocol

from components.reporting.column import Column
from components.reporting.groups import CLASSES, LIKELIHOODS, OWN, RECONSTRUCTION

__all__ = ["Judged", "apart", "leaders", "ranked", "separated"]

SEPARATE = 4.0
"""Standard errors of a difference beyond which it is not put down to chance.

A table compares a thousand pairs (eleven models in twenty columns). By 1.96 standard errors fifty of a thousand equal
pairs would seem separate by luck; beyond 4 it is one in 15,800, and nine of ten tables have none (Bonferroni). Errors
are added as if models were independent: they are judged on the same test examples, which makes this more cautious;
that training by another seed gives another model is in no error, which makes it less so.
"""

NOTHING = 1e-9
"""Squared error below which an image is its own reconstruction, up to rounding."""


class Judged(Protocol):
    """What is compared: a model with its numbers."""

    @property
    def name(self) -> str:
        """The model's name."""

    @property
    def numbers(self) -> dict[str, Any]:
        """Its metrics and costs."""

    @property
    def conditional(self) -> bool:
        """Whether it is a model of examples given their classes."""


def apart(column: Column, row: Judged) -> str:
    """Why a model's number may not be compared with the others of a column; empty where it may."""
    mean = column.mean(row.numbers)
    if mean is None:
        return ""
    if row.conditional and column.group in (*LIKELIHOODS, CLASSES):
        return "given the class"
    if column.group == RECONSTRUCTION and abs(mean) < NOTHING:
        return "by construction"
    return "own scale" if column.group == OWN else ""


def ranked(column: Column, rows: Sequence[Judged]) -> list[Judged]:
    """The models that compare in a column, from the best; none where no way is better."""
    known = [row for row in rows if _finite(column.mean(row.numbers)) and not apart(column, row)]
    if column.better is None:
        return []
    return sorted(known, key=lambda row: column.mean(row.numbers) or 0.0, reverse=column.better == "higher")


def leaders(column: Column, rows: Sequence[Judged]) -> frozenset[str]:
    """The best model of a column and those that it is not separated from.

    One name is a winner. All that compare are no news, and then there are none; neither is there one of one.
    """
    order = ranked(column, rows)
    found = frozenset(row.name for row in order if row is order[0] or not separated(column, order[0], row))
    return found if len(found) < len(order) else frozenset()


def separated(column: Column, a: Judged, b: Judged) -> bool:
    """Whether two numbers are further apart than luck explains; unknown errors separate nothing."""
    x, y = (_known(column.mean(row.numbers)) for row in (a, b))
    errors = (_known(column.error(row.numbers)) for row in (a, b))
    return abs(x - y) > SEPARATE * math.hypot(*errors)


def _known(value: float | None) -> float:
    return math.nan if value is None else value


def _finite(value: float | None) -> bool:
    return value is not None and math.isfinite(value)

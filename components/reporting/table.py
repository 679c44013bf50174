"""The table of all models, one for each data set: its rows, its parts and what stands in its cells."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from typing import Any

from components.params import ImageSpec, Spec, TextSpec
from components.reporting.column import Column
from components.reporting.columns import COLUMNS
from components.reporting.groups import PARTS
from components.reporting.results import Result, Yardstick
from components.reporting.standing import apart, leaders

__all__ = ["NONE", "Cell", "Part", "Row", "Table", "groups", "scale", "tables", "title", "unit"]

NONE = "–"
BINARY = 2


@dataclass(frozen=True)
class Row:
    """A line of the table: a model, or what no model made.

    Args:
        name: the model's, or what it is.
        label: the model's family, or ``floor`` or ``ceiling``.
        numbers: its metrics, and its costs under ``costs``.
        conditional: whether it is a model of examples given their classes.
    """

    name: str
    label: str
    numbers: dict[str, Any]
    conditional: bool = False


@dataclass(frozen=True)
class Cell:
    """What stands in one place.

    Args:
        text: the number as it is shown, or ``NONE``.
        error: its standard error likewise, if it has one.
        value: the number itself, to sort by.
        apart: why it compares with no other of its column; empty where it does.
        standing: ``best`` where it is separated from all others, ``leading`` where only from some.
    """

    text: str
    error: str = ""
    value: float | None = None
    apart: str = ""
    standing: str = ""

    def __str__(self) -> str:
        return " ".join(part for part in (self.text, self.error and f"± {self.error}", self.apart) if part)


@dataclass(frozen=True)
class Part:
    """Columns that are shown as one table.

    Args:
        title: what they are about.
        columns: those in which at least one model has a value.
        rows: the models that have a value in one of them.
        baselines: floors and ceilings that have.
    """

    title: str
    columns: list[Column]
    rows: list[Row]
    baselines: list[Row]

    def cells(self, row: Row) -> list[Cell]:
        """What it shows of a model, or of a baseline."""
        return [_cell(column, row, self._leaders.get(column.where, frozenset())) for column in self.columns]

    @cached_property
    def _leaders(self) -> dict[tuple[str, ...], frozenset[str]]:
        return {column.where: leaders(column, self.rows) for column in self.columns}


@dataclass(frozen=True)
class Table:
    """The models of one data set, and so of one scale: their likelihoods compare.

    Args:
        name: the data set's.
        scale: what its examples are, which says what nats and bits are of.
        rows: its models, in the order of ``params.yaml``.
        yardstick: what metrics of samples are read by.
    """

    name: str
    scale: str
    rows: list[Row]
    yardstick: Yardstick = field(default_factory=Yardstick)

    @property
    def baselines(self) -> list[Row]:
        """The floor, and below it the ceiling."""
        found = [
            Row(name, "floor" if name in (ImageSpec.floor, TextSpec.floor) else "ceiling", numbers)
            for name, numbers in self.yardstick.baselines.items()
        ]
        return sorted(found, key=lambda row: row.label != "floor")

    @property
    def columns(self) -> list[Column]:
        """Those in which at least one of its models has a value, and a floor where a value means nothing without."""
        return [column for column in _used(self.rows) if column not in self.floorless]

    @property
    def floorless(self) -> list[Column]:
        """Columns that would have values but are not shown, because their floor is not known."""
        floors = _used(row for row in self.baselines if row.label == "floor")
        return [column for column in _used(self.rows) if column.floored and column not in floors]

    @property
    def parts(self) -> list[Part]:
        """Its columns by what they are about."""
        return [self.part(title, members) for title, members in PARTS.items() if self._has(members)]

    def part(self, title: str, groups: Sequence[str]) -> Part:
        """The columns of some groups, with whoever has a value there."""
        columns = [column for column in self.columns if column.group in groups]
        rows, baselines = (
            [row for row in rows if any(column.value(row.numbers) is not None for column in columns)]
            for rows in (self.rows, self.baselines)
        )
        return Part(title, columns, rows, baselines)

    def _has(self, groups: Sequence[str]) -> bool:
        return any(column.group in groups for column in self.columns)


def tables(results: Iterable[Result]) -> Iterator[Table]:
    """One for each data set, in the order in which models of ``params.yaml`` first name them."""
    of: dict[str, list[Result]] = {}
    for result in results:
        of.setdefault(result.config.dataset, []).append(result)
    for name, members in of.items():
        rows = [Row(model.name, model.config.family, model.numbers, model.conditional) for model in members]
        yield Table(name, scale(members[0].data.spec), rows, members[0].yardstick)


def scale(spec: Spec) -> str:
    """What examples are, in words."""
    if not isinstance(spec, ImageSpec):
        return f"text of {len(spec.vocabulary)} symbols"
    size = " × ".join(map(str, spec.shape))
    if spec.levels == BINARY:
        return f"binary images of {size}" + (f", {spec.binarization} binarization" if spec.binarization else "")
    return f"images of {size}, {spec.levels} intensities"


def groups(columns: Iterable[Column]) -> list[tuple[str, int]]:
    """The headings above the headings: each group with its number of columns."""
    return [(group, len(list(members))) for group, members in groupby(columns, lambda column: column.group)]


def unit(column: Column, rows: Iterable[Row]) -> str:
    """What a column's numbers count, and the further number that they hang on: ``k = 64``."""
    values = [column.value(row.numbers) for row in rows] if column.extra else []
    found = sorted({value[column.extra] for value in values if isinstance(value, dict) and column.extra in value})
    extra = f"{column.extra} = {', '.join(map(str, found))}" if found else ""
    return ", ".join(part for part in (column.unit, extra) if part)


def title(column: Column, rows: Iterable[Row]) -> str:
    """A column's heading with its unit."""
    return ", ".join(part for part in (column.heading, unit(column, rows)) if part)


def _used(rows: Iterable[Row]) -> list[Column]:
    rows = list(rows)
    return [column for column in COLUMNS if any(column.value(row.numbers) is not None for row in rows)]


def _cell(column: Column, row: Row, leading: frozenset[str]) -> Cell:
    mean, error = column.mean(row.numbers), column.error(row.numbers)
    if mean is None:
        return Cell(NONE)
    shown, spread = _number(mean, error) if column.factor == 1 else _scaled(mean, error, column.factor)
    standing = "" if row.name not in leading else "best" if len(leading) == 1 else "leading"
    return Cell(f"{column.sign} {shown}".strip(), spread, mean, apart(column, row), standing)


def _scaled(mean: float, error: float | None, factor: float) -> tuple[str, str]:
    return _number(mean * factor, error and error * factor)


def _number(mean: float, error: float | None) -> tuple[str, str]:
    """A number with no more digits than its standard error warrants: one of the error's, two where it starts with 1."""
    if error and math.isfinite(error):
        places = max(0, (1 if f"{error:e}"[0] == "1" else 0) - math.floor(math.log10(error)))
        return _typeset(f"{mean:z,.{places}f}"), _typeset(f"{error:,.{places}f}")
    whole = isinstance(mean, int) or abs(mean) >= 100
    return _typeset(f"{mean:,.0f}" if whole else f"{mean:.3g}"), ""


def _typeset(text: str) -> str:
    return text.replace("-", "\N{MINUS SIGN}").replace(",", "\N{THIN SPACE}")

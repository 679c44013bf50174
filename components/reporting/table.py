"""The table of all models, one for each data set: as CSV, as Markdown, as text, and as the cells of the page."""

import csv
import io
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from components.params import ImageSpec, Spec
from components.reporting.columns import COLUMNS, COST, LIKELIHOODS, SIZE, Column
from components.reporting.results import Result

__all__ = ["NONE", "Table", "cells", "groups", "scale", "tables", "to_csv", "to_markdown", "to_text", "used"]

NONE = "–"
BINARY = 2


@dataclass(frozen=True)
class Table:
    """The models of one data set, and so of one scale: their likelihoods compare.

    Args:
        name: the data set's.
        scale: what its examples are, which says what nats and bits are of.
        results: its models, in the order of ``params.yaml``.
    """

    name: str
    scale: str
    results: list[Result]

    @property
    def columns(self) -> list[Column]:
        """Those in which at least one of its models has a value."""
        return used(self.results)


def tables(results: Iterable[Result]) -> Iterator[Table]:
    """One for each data set, in the order in which models of ``params.yaml`` first name them."""
    of: dict[str, list[Result]] = {}
    for result in results:
        of.setdefault(result.config.dataset, []).append(result)
    for name, members in of.items():
        yield Table(name, scale(members[0].data.spec), members)


def scale(spec: Spec) -> str:
    """What examples are, in words."""
    if not isinstance(spec, ImageSpec):
        return f"text of {len(spec.vocabulary)} symbols"
    size = " × ".join(map(str, spec.shape))
    if spec.levels == BINARY:
        return f"binary images of {size}" + (f", {spec.binarization} binarization" if spec.binarization else "")
    return f"images of {size}, {spec.levels} intensities"


def used(results: Iterable[Result]) -> list[Column]:
    """The columns in which at least one model has a value."""
    results = list(results)
    return [column for column in COLUMNS if any(column.value(result) is not None for result in results)]


def groups(columns: Iterable[Column]) -> list[tuple[str, int]]:
    """The headings above the headings: each group with its number of columns."""
    return [(group, len(list(members))) for group, members in groupby(columns, lambda column: column.group)]


def cells(result: Result, columns: Iterable[Column]) -> list[str]:
    """What the table shows of one model."""
    return [_shown(column, column.value(result)) + _given(column, result) for column in columns]


def _given(column: Column, result: Result) -> str:
    """A probability given the class is none of the image alone, and says so."""
    told = result.conditional and column.group in LIKELIHOODS and column.value(result) is not None
    return " given the class" if told else ""


def _shown(column: Column, value: Any) -> str:
    found = value if isinstance(value, dict) else {"mean": value}
    mean, error = found.get("mean"), found.get("standard_error")
    if mean is None:
        return NONE
    if column.factor != 1:
        mean, error = mean * column.factor, error and error * column.factor
    return f"{column.sign} {_number(mean, error)}".strip()


def _number(mean: float, error: float | None) -> str:
    """A number with no more digits than its standard error warrants: one of the error's, two where it starts with 1."""
    if error:
        places = max(0, (1 if f"{error:e}"[0] == "1" else 0) - math.floor(math.log10(error)))
        text = f"{mean:.{places}f} ± {error:.{places}f}"
    elif isinstance(mean, int) or abs(mean) >= 100:
        text = f"{mean:,.0f}"
    else:
        text = f"{mean:.3g}"
    return text.replace("-", "\N{MINUS SIGN}").replace(",", "\N{THIN SPACE}")


def to_csv(results: Sequence[Result]) -> str:
    """The table of what is the same in every run: numbers as they are, no costs, every column."""
    columns = [column for column in COLUMNS if column.group != COST]
    names = [name for column in columns for name in (_key(column), *_error_key(column))]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["model", "family", "dataset", "levels", "conditional", *names])
    for result in results:
        values = [_plain(part) for column in columns for part in _parts(column, result)]
        levels = getattr(result.data.spec, "levels", "")
        about = [result.name, result.config.family, result.config.dataset, levels, result.conditional]
        writer.writerow([*about, *values])
    return out.getvalue()


def _key(column: Column) -> str:
    return column.where[-1]


def _error_key(column: Column) -> list[str]:
    return [] if column.group == SIZE else [f"{_key(column)}_standard_error"]


def _parts(column: Column, result: Result) -> list[Any]:
    value = column.value(result)
    if not _error_key(column):
        return [value]
    return [value.get("mean"), value.get("standard_error")] if isinstance(value, dict) else [value, None]


def _plain(value: Any) -> str:
    return "" if value is None else f"{value:.8g}" if isinstance(value, float) else str(value)


def to_markdown(results: Sequence[Result]) -> str:
    """A table for each data set as Markdown, with costs."""
    parts = ["On the test split; ± one standard error."]
    for table in tables(results):
        columns = table.columns
        lines = [["model", "family", *(f"{column.group}: {column.title}" for column in columns)]]
        lines.append(["---"] * 2 + ["---:"] * len(columns))
        lines += [[result.name, result.config.family, *cells(result, columns)] for result in table.results]
        parts.append(f"## {table.name}: {table.scale}")
        parts.append("\n".join(f"| {' | '.join(line)} |" for line in lines))
    notes = [f"- **{column.group}: {column.heading}**: {column.meaning}" for column in used(results)]
    return "\n\n".join([*parts, "\n".join(notes)]) + "\n"


def to_text(results: Sequence[Result]) -> str:
    """The tables for a terminal, with costs: one block for each group of columns, so that none is wide."""
    first = max(len(result.name) for result in results)
    blocks = []
    for table in tables(results):
        blocks.append(f"{table.name}: {table.scale}")
        for group, _ in groups(table.columns):
            own = [column for column in table.columns if column.group == group]
            lines = [["", *(column.title for column in own)]]
            lines += [
                [result.name, *cells(result, own)]
                for result in table.results
                if any(column.value(result) is not None for column in own)
            ]
            widths = [first, *(max(map(len, column)) for column in list(zip(*lines, strict=True))[1:])]
            blocks.append("\n".join([group, *(_aligned(line, widths) for line in lines)]))
    return "\n\n".join(blocks)


def _aligned(line: list[str], widths: list[int]) -> str:
    """A line of a terminal's table: names to the left, numbers to the right."""
    numbers = (text.rjust(width) for text, width in zip(line[1:], widths[1:], strict=True))
    return "  ".join(["", line[0].ljust(widths[0]), *numbers])

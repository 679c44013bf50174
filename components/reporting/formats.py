"""The table as CSV, as Markdown and as text."""

import csv
import io
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from components.reporting.column import Column
from components.reporting.columns import COLUMNS
from components.reporting.groups import SIZE
from components.reporting.results import Result
from components.reporting.table import Cell, Part, Row, Table, groups, tables, title

__all__ = ["to_csv", "to_markdown", "to_text"]

PINNED = [column for column in COLUMNS if column.where[0] != "costs"]
NOTE = (
    "On the test split; ± one standard error. ↓ lower is better, ↑ higher is better. **Bold**: the best of its column,"
    " more than 4 standard errors of the difference from all others that compare. Floor: real examples as if they were"
    " a model's samples; ceiling: noise likewise."
)


def to_csv(results: Sequence[Result]) -> str:
    """The table of what is the same in every run: numbers as they are, no costs, every column.

    Floors and ceilings are lines too, told from models by ``row``.
    """
    names = [name for column in PINNED for name in (column.key, *_error_key(column))]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["model", "row", "family", "dataset", "levels", "conditional", *names])
    for table in tables(results):
        members = [result for result in results if result.config.dataset == table.name]
        levels = getattr(members[0].data.spec, "levels", "")
        for row in table.baselines:
            writer.writerow([row.name, row.label, "", table.name, levels, "", *_plain_cells(row.numbers)])
        for result in members:
            about = [result.name, "model", result.config.family, table.name, levels, result.conditional]
            writer.writerow([*about, *_plain_cells(result.metrics)])
    return out.getvalue()


def _error_key(column: Column) -> list[str]:
    return [] if column.group == SIZE else [f"{column.key}_standard_error"]


def _plain_cells(numbers: dict[str, Any]) -> list[str]:
    return [
        _plain(value)
        for column in PINNED
        for value in (column.mean(numbers), *([column.error(numbers)] if _error_key(column) else []))
    ]


def _plain(value: Any) -> str:
    return "" if value is None else f"{value:.8g}" if isinstance(value, float) else str(value)


def to_markdown(results: Sequence[Result]) -> str:
    """The tables of each data set as Markdown, with costs: for a file, a Prefect artifact or a run of MLflow."""
    parts, meanings = [NOTE], dict[str, str]()
    for table in tables(results):
        parts.append(f"## {table.name}: {table.scale}")
        for part in table.parts:
            parts += [f"### {part.title}", _markdown(part)]
        meanings |= {f"{column.group}: {column.heading}": column.meaning for column in table.columns}
    notes = [f"- **{name}**: {meaning}" for name, meaning in meanings.items()]
    return "\n\n".join([*parts, "\n".join(notes)]) + "\n"


def _markdown(part: Part) -> str:
    titles = (f"{column.group}: {title(column, part.rows)}" for column in part.columns)
    lines = [["model", "family", *titles], ["---"] * 2 + ["---:"] * len(part.columns)]
    for row in (*part.baselines, *part.rows):
        lines.append([row.name, row.label, *map(_emphasised, part.cells(row))])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _emphasised(cell: Cell) -> str:
    return f"**{cell}**" if cell.standing == "best" else str(cell)


def to_text(results: Sequence[Result]) -> str:
    """The tables for a terminal, with costs: one block for each group of columns, so that none is wide."""
    blocks = []
    for table in tables(results):
        blocks.append(f"{table.name}: {table.scale}")
        blocks += [_block(table, group) for group, _ in groups(table.columns)]
    return "\n\n".join(blocks)


def _block(table: Table, group: str) -> str:
    part = table.part(group, [group])
    lines = [["", *(title(column, part.rows) for column in part.columns)]]
    rows = [(_name(row), part.cells(row)) for row in (*part.baselines, *part.rows)]
    lines += [[name, *map(_brief, cells)] for name, cells in rows]
    reasons = sorted({cell.apart for _, cells in rows for cell in cells if cell.apart})
    first = max(len(_name(row)) for row in (*table.baselines, *table.rows))
    widths = [first, *(max(map(len, column)) for column in list(zip(*lines, strict=True))[1:])]
    notes = [f"  * {', '.join(reasons)}: compares with no other"] if reasons else []
    return "\n".join([group, *(_aligned(line, widths) for line in lines), *notes])


def _brief(cell: Cell) -> str:
    """What does not compare has an asterisk, and its reason below the block."""
    return f"{replace(cell, apart='')} *" if cell.apart else str(cell)


def _name(row: Row) -> str:
    return f"({row.name})" if row.label in ("floor", "ceiling") else row.name


def _aligned(line: list[str], widths: list[int]) -> str:
    """A line of a terminal's table: names to the left, numbers to the right."""
    numbers = (text.rjust(width) for text, width in zip(line[1:], widths[1:], strict=True))
    return "  ".join(["", line[0].ljust(widths[0]), *numbers])

"""Numbers by epoch as CSV: learning curves, and quality over training."""

import csv
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from components.files import atomic_file

__all__ = ["read_curves", "write_curves"]


def write_curves(path: Path, rows: Sequence[Mapping[str, float]], first: Iterable[str] = ("epoch",)) -> None:
    """A line for each row, seven digits of each number.

    Args:
        path: of the CSV, which is there whole or not at all.
        rows: one or more, with the same names.
        first: names whose columns come first, those that there are; the others follow by name.
    """
    order = [name for name in first if name in rows[0]]
    names = order + sorted(rows[0].keys() - set(order))
    with atomic_file(path) as draft, draft.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows({name: f"{value:.7g}" for name, value in row.items()} for row in rows)


def read_curves(path: Path) -> dict[str, list[float]]:
    """The columns by name; NaN where a row has no value. Nothing where there is no file."""
    if not path.exists():
        return {}
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {name: [float(row[name]) if row[name] else math.nan for row in rows] for name in (rows[0] if rows else {})}

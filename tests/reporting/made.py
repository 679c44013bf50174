"""Rows and columns made by hand, to ask the table about."""

from typing import Any

from components.reporting.column import Column
from components.reporting.columns import COLUMNS
from components.reporting.table import Row

__all__ = ["column", "row"]


def column(key: str) -> Column:
    """The column of a key in the CSV."""
    (found,) = (column for column in COLUMNS if column.key == key and column.where[0] != "costs")
    return found


def row(name: str, conditional: bool = False, **means: Any) -> Row:
    """A model with numbers: ``(mean, standard error)`` pairs, or what they are as they are."""
    numbers = {
        key: {"mean": value[0], "standard_error": value[1]} if isinstance(value, tuple) else value
        for key, value in means.items()
    }
    return Row(name, "family", numbers, conditional)

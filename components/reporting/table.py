"""The one table of all models: as CSV, as Markdown, as text, and as the cells of the page."""

import csv
import io
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from components.reporting.results import Result

__all__ = ["COLUMNS", "NONE", "Column", "cells", "groups", "to_csv", "to_markdown", "to_text", "used"]

NONE = "–"


@dataclass(frozen=True)
class Column:
    """A column of numbers.

    Args:
        group: what it belongs with; numbers of two groups say nothing about one another.
        heading: its title.
        unit: what its numbers count.
        where: the key in the metrics, or ``costs`` and the keys in the costs.
        meaning: one sentence for the page.
        sign: a bound's sign, written before the number.
        factor: what the number is multiplied by where it is shown; the CSV has it as it is.
    """

    group: str
    heading: str
    unit: str
    where: tuple[str, ...]
    meaning: str
    sign: str = ""
    factor: float = 1

    def value(self, result: Result) -> Any:
        """What the model has here: a number, a mapping with ``mean`` and ``standard_error``, or None."""
        found: Any = {**result.metrics, "costs": result.costs}
        for key in self.where:
            found = found.get(key) if isinstance(found, dict) else None
        return found


SIZE, SQUARED, BOUND, TEXT, COST = "Size", "Squared error per pixel × 10⁻³", "Bounds of likelihood", "Text", "Cost here"

COLUMNS = (
    Column(SIZE, "parameters", "", ("parameters",), "Numbers that training moves."),
    Column(
        SQUARED,
        "reconstruction",
        "",
        ("reconstruction_error",),
        "Squared distance of a test image from its reconstruction, mean over pixels in [0, 1].",
        factor=1000,
    ),
    Column(
        SQUARED,
        "denoised",
        "",
        ("denoising_error",),
        "The same where the model saw the image under the noise that it was trained with.",
        factor=1000,
    ),
    Column(
        SQUARED,
        "noisy input",
        "",
        ("noisy_input_error",),
        "What that noise costs if nothing is done: the error to beat.",
        factor=1000,
    ),
    Column(
        BOUND,
        "ELBO",
        "nats",
        ("elbo_nats",),
        "Evidence lower bound: the log-likelihood of a test image is at least this. Nats of different likelihoods"
        " (a density, a probability) are not comparable.",
        "≥",
    ),
    Column(
        BOUND,
        "importance bound",
        "nats",
        ("importance_bound_nats",),
        "Importance-weighted lower bound of the same log-likelihood, on average tighter than the ELBO; of"
        " evaluation.importance_samples draws.",
        "≥",
    ),
    Column(
        BOUND,
        "bits per dimension",
        "",
        ("importance_bound_bits_per_dim",),
        "The importance bound as bits for each pixel, so an upper bound. Only where the likelihood is a distribution"
        " over the intensities themselves: only those can be compared.",
        "≤",
    ),
    Column(
        TEXT,
        "bits per character",
        "",
        ("bits_per_character",),
        "Exact code length of a character of the test text, given those before it.",
    ),
    Column(
        TEXT,
        "perplexity",
        "",
        ("perplexity",),
        "Two to the power of the bits: as hard to guess as one of so many equally likely characters.",
    ),
    Column(COST, "training", "s", ("costs", "training", "seconds"), "Wall-clock seconds of training."),
    Column(
        COST,
        "sampling",
        "1/s",
        ("costs", "sampling", "samples_per_second"),
        "Images, or texts of the length in params.yaml, a second, once compiled.",
    ),
    Column(COST, "evaluation", "s", ("costs", "evaluation", "seconds"), "Wall-clock seconds of the evaluation."),
)


def used(results: Iterable[Result]) -> list[Column]:
    """The columns in which at least one model has a value."""
    results = list(results)
    return [column for column in COLUMNS if any(column.value(result) is not None for result in results)]


def groups(columns: Iterable[Column]) -> list[tuple[str, int]]:
    """The headings above the headings: each group with its number of columns."""
    return [(group, len(list(members))) for group, members in groupby(columns, lambda column: column.group)]


def cells(result: Result, columns: Iterable[Column]) -> list[str]:
    """What the table shows of one model."""
    return [_shown(column, column.value(result)) for column in columns]


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
    writer.writerow(["model", "family", "dataset", *names])
    for result in results:
        values = [_plain(part) for column in columns for part in _parts(column, result)]
        writer.writerow([result.name, result.config.family, result.config.dataset, *values])
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
    """The table as Markdown, with costs."""
    columns = used(results)
    lines = [["model", "family", "data", *map(_alone, columns)]]
    lines.append(["---"] * 3 + ["---:"] * len(columns))
    lines += [[result.name, result.config.family, result.config.dataset, *cells(result, columns)] for result in results]
    notes = [f"- **{column.heading}**: {column.meaning}" for column in columns]
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return table + "\n\nOn the test split; ± one standard error.\n\n" + "\n".join(notes) + "\n"


def _titled(column: Column) -> str:
    return f"{column.heading}, {column.unit}" if column.unit else column.heading


def _alone(column: Column) -> str:
    """A title that does not stand below its group's."""
    return f"squared error × 10⁻³, {column.heading}" if column.factor != 1 else _titled(column)


def to_text(results: Sequence[Result]) -> str:
    """The table for a terminal, with costs: one block for each group of columns, so that it is never wide."""
    columns = used(results)
    first, second = (
        max(map(len, names))
        for names in ([result.name for result in results], [result.config.dataset for result in results])
    )
    blocks = []
    for group, _ in groups(columns):
        own = [column for column in columns if column.group == group]
        lines = [["", "", *map(_titled, own)]]
        lines += [
            [result.name, result.config.dataset, *cells(result, own)]
            for result in results
            if any(column.value(result) is not None for column in own)
        ]
        widths = [first, second, *(max(map(len, column)) for column in list(zip(*lines, strict=True))[2:])]
        blocks.append("\n".join([group, *(_aligned(line, widths) for line in lines)]))
    return "\n\n".join(blocks)


def _aligned(line: list[str], widths: list[int]) -> str:
    """A line of a terminal's table: names to the left, numbers to the right."""
    names = [text.ljust(width) for text, width in zip(line[:2], widths[:2], strict=True)]
    return "  ".join(["", *names, *(text.rjust(width) for text, width in zip(line[2:], widths[2:], strict=True))])

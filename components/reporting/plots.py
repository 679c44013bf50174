"""Which charts the page has of a model's training, and of all models together."""

import math
from collections.abc import Iterator

from components.reporting.charts import line_chart
from components.reporting.column import Column
from components.reporting.findings import correlations
from components.reporting.results import Result
from components.reporting.scatter import Point, scatter_chart
from components.reporting.table import Table, title

__all__ = ["cost_charts", "quality_charts", "training_charts"]

NO_LOSS = {"epoch", "step", "learning_rate"}
NORM = "grad_norm"
NORMS = {f"{NORM}_first": "first layer", f"{NORM}_last": "last", NORM: "all"}

OVER_TRAINING = {
    "frechet_distance": "FCD of samples",
    "coverage": "coverage of test images",
    "class_entropy": "entropy of classes, nats",
}
QUALITY = ("frechet_distance", "energy_distance", "bits_per_character")
"""What is drawn against cost: the first of these that a data set's table has."""

SPENT = {
    ("costs", "training", "seconds"),
    ("costs", "sampling", "seconds_per_thousand_samples"),
    ("flops_per_thousand_samples",),
}


def training_charts(curves: dict[str, list[float]]) -> list[str]:
    """One chart for each loss, training and validation together, and one for the gradients' norms of each player."""
    epochs = curves.get("epoch", [])
    names = dict.fromkeys(name.removeprefix("val_") for name in curves if name not in NO_LOSS and NORM not in name)
    charts = []
    for name in names:
        found = {"training": curves.get(name), "validation": curves.get(f"val_{name}")}
        series = {label: values for label, values in found.items() if values is not None}
        charts.append(line_chart(name.replace("_", " "), "epoch", epochs, series))
    for player in dict.fromkeys(name[: name.index(NORM)] for name in curves if NORM in name):
        norms = {label: curves[player + name] for name, label in NORMS.items() if player + name in curves}
        charts.append(line_chart(f"{player.replace('_', ' ')}gradient", "epoch", epochs, norms))
    return [chart for chart in charts if chart]


def quality_charts(result: Result) -> list[str]:
    """How good samples were as training went on, beside the losses whose rank correlation with that is known."""
    quality = [
        line_chart(label, "epoch", result.quality["epoch"], {label: result.quality[name]})
        for name, label in OVER_TRAINING.items()
        if name in result.quality
    ]
    losses = [
        line_chart(_correlated(name, value), "epoch", result.curves["epoch"], {name: result.curves[name]})
        for name, value in correlations(result).items()
        if name in result.curves
    ]
    return [chart for chart in (*quality[:1], *losses, *quality[1:]) if chart]


def cost_charts(table: Table) -> Iterator[str]:
    """Quality against each cost that at least two models of a data set have."""
    known = {column.key: column for column in table.columns}
    quality = next((known[key] for key in QUALITY if key in known), None)
    if quality is None:
        return
    floors = {f"floor: {row.name}": quality.mean(row.numbers) for row in table.baselines if row.label == "floor"}
    rules = {name: value * quality.factor for name, value in floors.items() if value is not None}
    for cost in (column for column in table.columns if column.where in SPENT):
        points = list(_points(table, quality, cost))
        if len(points) > 1:
            yield scatter_chart(_titled(quality), f"{cost.group.lower()}: {title(cost, [])}", points, rules)


def _correlated(name: str, value: float) -> str:
    return f"{name.replace('_', ' ')}: rank correlation {value:.2f}".replace("-", "\N{MINUS SIGN}")


def _points(table: Table, quality: Column, cost: Column) -> Iterator[Point]:
    for row in table.rows:
        x, y, error = cost.mean(row.numbers), quality.mean(row.numbers), quality.error(row.numbers)
        if x is not None and y is not None and math.isfinite(x) and math.isfinite(y):
            yield Point(row.name, x * cost.factor, y * quality.factor, error and error * quality.factor)


def _titled(quality: Column) -> str:
    return quality.group if quality.floored else f"{quality.heading}, lower is better"

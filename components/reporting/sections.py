"""What the page shows of one model, and of one data set."""

from typing import Any

import numpy as np
from markupsafe import Markup

from components import pictures
from components.datasets.arrays import Arrays
from components.params import SPLITS, ImageSpec
from components.reporting.findings import findings
from components.reporting.inline import png, shown
from components.reporting.plots import quality_charts, training_charts
from components.reporting.prose import paragraphs
from components.reporting.results import Result
from components.reporting.table import scale

__all__ = ["data_section", "flat", "model_section"]

EXCERPT = 700  # characters shown of a text data set
FIGURES = {
    "samples": "samples",
    "classes": "samples of each class, a row for each",
    "nearest": "samples, and below each the training images nearest to it, by pixels and by features",
    "reconstructions": "test images, under noise if the model denoises, and what it makes of them",
    "walk": "from the latent of one test image to that of another",
    "gates": "how far gates are open, dark to bright, as characters of a test text are read: the units that vary most",
}


def model_section(result: Result) -> dict[str, Any]:
    """Everything of one model, as the template reads it."""
    introduction, *departures = paragraphs(result.config.family) or [Markup()]
    return {
        "name": result.name,
        "family": result.config.family,
        "dataset": result.config.dataset,
        "size": f"{result.metrics['parameters']:,}".replace(",", "\N{THIN SPACE}") if _sized(result) else "",
        "introduction": introduction,
        "departures": departures,
        "parameters": flat(result.config.model_dump(mode="json", exclude_none=True)),
        "figures": [
            (stem, FIGURES.get(stem, stem), shown(result.files[stem]))
            for stem in sorted(result.files, key=lambda stem: (*FIGURES, stem).index(stem))
        ],
        "diagnosed": result.diagnosis is not None,
        "findings": findings(result),
        "series": [(epoch, shown(path)) for epoch, path in sorted(result.series.items())],
        "quality": [Markup(chart) for chart in quality_charts(result)],
        "charts": [Markup(chart) for chart in training_charts(result.curves)],
        "receipt": flat(result.receipt),
    }


def _sized(result: Result) -> bool:
    return "parameters" in result.metrics


def data_section(arrays: Arrays, count: int) -> dict[str, Any]:
    """One data set with ``count`` of its test images, or an excerpt of its text."""
    spec = arrays.spec
    test = arrays.split("test")
    if isinstance(spec, ImageSpec):
        view = {"picture": png(pictures.grid(np.asarray(test[:count]), spec.levels, columns=16))}
        about = scale(spec).capitalize()
        if spec.classes:
            about += f", {len(spec.classes)} classes"
    else:
        view = {"text": spec.text(test[:EXCERPT])}
        about = f"Characters, {len(spec.vocabulary) - 1} distinct ones in the training part"
    return {
        "name": spec.name,
        "source": spec.source,
        "about": about,
        "shown": view,
        "counts": [(split, spec.counts[split]) for split in SPLITS],
        "unit": "images" if spec.kind == "image" else "characters",
        "duplicates": sorted(spec.duplicates.items()),
        "hashes": sorted(spec.arrays.items()),
    }


def flat(content: dict[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    """Nested mappings as lines of dotted keys."""
    lines: list[tuple[str, Any]] = []
    for key, value in content.items():
        if isinstance(value, dict):
            lines += flat(value, f"{prefix}{key}.")
        else:
            lines.append((f"{prefix}{key}", ", ".join(map(str, value)) if isinstance(value, list) else value))
    return lines

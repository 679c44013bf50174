"""The page of results: one file that needs nothing beside it."""

import ast
import base64
import io
import re
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from PIL import Image

from components import pictures
from components.datasets.arrays import Arrays
from components.params import SPLITS, ImageSpec, Params
from components.reporting import table
from components.reporting.charts import line_chart
from components.reporting.columns import COLUMNS, LIKELIHOODS
from components.reporting.results import Result

__all__ = ["page"]

HERE = Path(__file__).parent
EXCERPT = 700  # characters shown of a text data set
ADDRESS = r"https?://[^\s,;)<]*[^\s,;:.)<]"
FIGURES = {
    "samples": "samples",
    "classes": "samples of each class, a row for each",
    "reconstructions": "test images, under noise if the model denoises, and what it makes of them",
    "walk": "from the latent of one test image to that of another",
    "gates": "how far gates are open, dark to bright, as characters of a test text are read: the units that vary most",
}
GLANCE = 2  # of a picture of samples, one part in so many of its width and height is shown among those of all models
NO_LOSS = {"epoch", "step", "learning_rate"}
NORMS = {"grad_norm_first": "first layer", "grad_norm_last": "last", "grad_norm": "all"}


def page(results: list[Result], params: Params) -> str:
    """The page as HTML: style, charts and pictures are inside it, and no script."""
    environment = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    data = {result.data.spec.name: result.data for result in results}
    return environment.get_template("page.html.jinja").render(
        style=Markup((HERE / "page.css").read_text("utf-8")),
        tables=[_table(part) for part in table.tables(results)],
        columns=table.used(results),
        blank=table.NONE,
        glance=[(result.name, picture) for result in results if (picture := _glance(result))],
        models=[_model(result) for result in results],
        data=[_data(arrays, params.evaluation.grid) for arrays in data.values()],
        machines=sorted({machine for result in results if (machine := _machine(result.costs.get("training", {})))}),
        commit=_commit(),
        seed=params.seed,
    )


def _table(models: table.Table) -> dict[str, Any]:
    """What the page shows of the models of one data set together: likelihoods, which not all have, below the rest."""
    parts = []
    for likelihoods in (False, True):
        columns = [column for column in models.columns if (column.group in LIKELIHOODS) == likelihoods]
        rows = [(result, table.cells(result, columns)) for result in models.results]
        rows = [(result, cells) for result, cells in rows if set(cells) - {table.NONE}]
        parts.append({"columns": columns, "groups": table.groups(columns), "rows": rows})
    return {"name": models.name, "scale": models.scale, "parts": [part for part in parts if part["rows"]]}


def _glance(result: Result) -> str | None:
    """A corner of a model's picture of samples as a data address."""
    path = result.files.get("samples")
    if path is None or path.suffix != ".png":
        return None
    buffer = io.BytesIO()
    with Image.open(path) as image:
        image.crop((0, 0, image.width // GLANCE, image.height // GLANCE)).save(buffer, format="PNG")
    return _data_uri(buffer.getvalue())


def _model(result: Result) -> dict[str, Any]:
    """What the page shows of one model."""
    introduction, *departures = _paragraphs(result.config.family) or [Markup()]
    return {
        "name": result.name,
        "family": result.config.family,
        "dataset": result.config.dataset,
        "size": table.cells(result, COLUMNS[:1])[0],
        "introduction": introduction,
        "departures": departures,
        "parameters": _flat(result.config.model_dump(mode="json", exclude_none=True)),
        "figures": [
            (stem, FIGURES.get(stem, stem), _shown(result.files[stem]))
            for stem in sorted(result.files, key=lambda stem: (*FIGURES, stem).index(stem))
        ],
        "series": [(epoch, _shown(path)) for epoch, path in sorted(result.series.items())],
        "charts": [Markup(chart) for chart in _charts(result.curves)],
        "receipt": _flat(result.receipt),
    }


def _paragraphs(family: str) -> list[Markup]:
    """What a family's module says of itself below its title; the module is read, not imported."""
    source = HERE.parent / "models" / f"{family}.py"
    docstring = ast.get_docstring(ast.parse(source.read_text("utf-8"))) if source.exists() else None
    return [_marked_up(" ".join(part.split())) for part in (docstring or "").split("\n\n")[1:]]


def _marked_up(text: str) -> Markup:
    """A docstring's *titles* with their addresses as links, and its ``names`` as code."""
    html = str(escape(text))
    html = re.sub(rf"\*([^*]+)\*,\s*({ADDRESS})", r'<a href="\2">\1</a>', html)
    html = re.sub(rf'(?<!")({ADDRESS})', r'<a href="\1">\1</a>', html)
    html = re.sub(r"\*([^*\s][^*]*)\*", r"<em>\1</em>", html)
    return Markup(re.sub(r"``([^`]+)``", r"<code>\1</code>", html))


def _charts(curves: dict[str, list[float]]) -> list[str]:
    """One chart for each loss, training and validation together, and one for the gradients' norms."""
    epochs = curves.get("epoch", [])
    norms = {label: curves[name] for name, label in NORMS.items() if name in curves}
    names = dict.fromkeys(name.removeprefix("val_") for name in curves if name not in NO_LOSS and name not in NORMS)
    charts = []
    for name in names:
        found = {"training": curves.get(name), "validation": curves.get(f"val_{name}")}
        series = {label: values for label, values in found.items() if values is not None}
        charts.append(line_chart(name.replace("_", " "), "epoch", epochs, series))
    if norms:
        charts.append(line_chart("gradient norm", "epoch", epochs, norms))
    return [chart for chart in charts if chart]


def _data(arrays: Arrays, count: int) -> dict[str, Any]:
    """What the page shows of one data set."""
    spec = arrays.spec
    test = arrays.split("test")
    shown: dict[str, Any]
    if isinstance(spec, ImageSpec):
        shown = {"picture": _data_uri(_png(np.asarray(test[:count]), spec.levels))}
        about = table.scale(spec).capitalize()
        if spec.classes:
            about += f", {len(spec.classes)} classes"
    else:
        shown = {"text": spec.text(test[:EXCERPT])}
        about = f"Characters, {len(spec.vocabulary) - 1} distinct ones in the training part"
    return {
        "name": spec.name,
        "source": spec.source,
        "about": about,
        "shown": shown,
        "counts": [(split, spec.counts[split]) for split in SPLITS],
        "unit": "images" if spec.kind == "image" else "characters",
        "duplicates": sorted(spec.duplicates.items()),
        "hashes": sorted(spec.arrays.items()),
    }


def _png(images: np.ndarray, levels: int) -> bytes:
    buffer = io.BytesIO()
    pictures.grid(images, levels, columns=16).save(buffer, format="PNG")
    return buffer.getvalue()


def _shown(path: Path) -> dict[str, str]:
    """A picture as a data address, or a text."""
    if path.suffix == ".png":
        return {"picture": _data_uri(path.read_bytes())}
    return {"text": path.read_text("utf-8")}


def _data_uri(png: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")


def _flat(content: dict[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    """Nested mappings as lines of dotted keys."""
    lines: list[tuple[str, Any]] = []
    for key, value in content.items():
        if isinstance(value, dict):
            lines += _flat(value, f"{prefix}{key}.")
        else:
            lines.append((f"{prefix}{key}", ", ".join(map(str, value)) if isinstance(value, list) else value))
    return lines


def _machine(training: dict[str, Any]) -> str:
    """What trained a model; empty where that is not known."""
    known = {"backend", "device", "cores"} <= training.keys()
    return "{backend} on {device} with {cores} cores".format(**training) if known else ""


def _commit() -> str:
    """The commit that is checked out, marked where files differ from it; empty outside a repository."""
    git = ["git", "describe", "--always", "--abbrev=12", "--exclude=*", "--dirty= with local changes"]
    try:
        return subprocess.run(git, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""

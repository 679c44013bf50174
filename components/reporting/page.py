"""The page of results: one file that needs nothing beside it."""

import math
import subprocess
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from components import pictures
from components.params import ImageSpec, Params
from components.reporting import table
from components.reporting.findings import summary
from components.reporting.inline import corner, png
from components.reporting.plots import cost_charts
from components.reporting.results import Result
from components.reporting.sections import data_section, model_section

__all__ = ["page"]

HERE = Path(__file__).parent
GLANCE = 2  # of a picture of samples, one part in so many of its width and height is shown among those of all models


def page(results: list[Result], params: Params) -> str:
    """The page as HTML: style, script, charts and pictures are inside it."""
    environment = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    data = {result.data.spec.name: result.data for result in results}
    tables = list(table.tables(results))
    return environment.get_template("page.html.jinja").render(
        style=Markup((HERE / "page.css").read_text("utf-8")),
        script=Markup((HERE / "page.js").read_text("utf-8")),
        tables=tables,
        groups=table.groups,
        unit=table.unit,
        blank=table.NONE,
        charts={one.name: [Markup(chart) for chart in cost_charts(one)] for one in tables},
        meanings={f"{column.group}: {column.heading}": column.meaning for one in tables for column in one.columns},
        diagnosis=summary(results),
        glance=list(_glance(results, params.evaluation.grid)),
        models=[model_section(result) for result in results],
        data=[data_section(arrays, params.evaluation.grid) for arrays in data.values()],
        machines=sorted({machine for result in results if (machine := _machine(result.costs.get("training", {})))}),
        commit=_commit(),
        seed=params.seed,
    )


def _glance(results: list[Result], count: int) -> Iterator[dict[str, Any]]:
    """A corner of each model's picture of samples, after as many test images of its data set."""
    with_pictures = [result for result in results if "samples" in result.files and _pictured(result)]
    with_pictures.sort(key=lambda result: list(dict.fromkeys(r.config.dataset for r in results)).index(_set(result)))
    for name, members in groupby(with_pictures, _set):
        own = list(members)
        spec, test = own[0].data.spec, own[0].data.split("test")
        assert isinstance(spec, ImageSpec)
        side = max(1, math.ceil(math.sqrt(count)) // GLANCE)
        wall = pictures.grid(np.asarray(test[: side * side]), spec.levels, columns=side)
        yield {"name": f"test images of {name}", "link": "data", "picture": png(wall)}
        for result in own:
            picture = corner(result.files["samples"], GLANCE)
            yield {"name": result.name, "link": f"model-{result.name}", "picture": picture}


def _set(result: Result) -> str:
    return result.config.dataset


def _pictured(result: Result) -> bool:
    return result.files["samples"].suffix == ".png"


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

"""Reading ``params.yaml``: every mistake in it, one line each, before any work starts."""

import json
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from components.params.dataset import KINDS
from components.params.document import Document, Place
from components.params.errors import UserError
from components.params.schema import Params, json_schema
from components.params.shape import Shape
from components.params.sweep import misfits
from components.params.wording import mistakes

__all__ = ["load"]


def load(path: Path | str = "params.yaml") -> Params:
    """Read and check a file of parameters.

    Raises:
        UserError: with one line for each mistake: file, line, place, value, what is allowed.
    """
    document = Document.read(Path(path))
    found = list(document.mistakes)
    try:  # as JSON, whose lists are pydantic's tuples even where it is strict
        text = json.dumps(document.values, default=str, skipkeys=True)
        params = Params.model_validate_json(text, context={"kinds": _kinds(document.values)})
        found += misfits(params.sweeps, params.models)
    except ValidationError as error:
        schema = json_schema()
        found += mistakes(error.errors(), Shape(schema, schema["$defs"]))
    if found:
        found.sort(key=lambda mistake: document.line(mistake[0]))
        raise UserError(*(f"{path}:{document.line(place)}: {_dotted(place)}: {words}" for place, words in found))
    return params


def _kinds(values: dict[str, Any]) -> dict[str, str | None] | None:
    """Kind of each data set, to check models against even where other parts of the file are wrong; None if unknown."""
    datasets = values.get("datasets")
    if not isinstance(datasets, dict):
        return None
    kinds = {str(name): part.get("kind") if isinstance(part, dict) else None for name, part in datasets.items()}
    return {name: kind if kind in KINDS else None for name, kind in kinds.items()}


def _dotted(place: Place) -> str:
    """A place as DVC and Hydra write it: ``models.vae.widths[0]``."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place).removeprefix(".")

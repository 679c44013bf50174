"""The model card of a version: what a person should know before using it, from what MLflow holds of it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import mlflow
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from mlflow.entities import Run
from mlflow.entities.model_registry import ModelVersion
from mlflow.types import DataType

from components.diagnosis import paragraph, read_findings
from components.files import atomic_file
from components.params.metrics import METRICS
from components.registry.challenger import read_verdicts
from components.registry.gate import DIAGNOSIS, Measured, read_judged
from components.registry.runs import PREFIX

__all__ = ["SAMPLES", "write_card"]

HERE = Path(__file__).parent
SAMPLES = ("samples.png", "samples.txt")
LONGEST = 600  # characters of a text that is shown
INTERVAL = 1.96  # standard errors to either side that hold 95 % of a normal distribution
TYPES = {DataType.boolean: "bool", DataType.long: "int", DataType.double: "float", DataType.string: "str"}
TRAINING = {
    "commit": "commit",
    "dirty": "uncommitted changes",
    "backend": "backend",
    "device": "device",
    "processor": "processor",
    "cores": "cores",
    "python": "Python",
    "packages": "packages",
    "seconds": "seconds",
    "parameters": "hash of the parameters",
    "weights": "hash of the weights",
    "dvc_lock": "hash of dvc.lock",
}


def write_card(version: ModelVersion, folder: Path) -> Path:
    """Write ``README.md``, the card of a version; it shows ``samples.png`` or ``samples.txt`` if they lie beside it.

    Args:
        version: with its tags, as MLflow gives it by its number.
        folder: an existing folder.
    """
    run = mlflow.get_run(str(version.run_id))
    tags = {key.removeprefix(PREFIX): value for key, value in version.tags.items() if key.startswith(PREFIX)}
    numbers = [_row(metric, number) for metric, number in read_judged(version).metrics.items()]
    picture, text = (folder / name for name in SAMPLES)
    environment = Environment(
        loader=FileSystemLoader(HERE), undefined=StrictUndefined, trim_blocks=True, keep_trailing_newline=True
    )
    card = environment.get_template("card.md.jinja").render(
        name=version.name,
        number=version.version,
        tags=tags,
        diagnosis=_diagnosis(version),
        picture=picture.name if picture.exists() else "",
        text=text.read_text("utf-8")[:LONGEST].replace("```", "").strip() if text.exists() else "",
        numbers=numbers,
        kinds=any(row["kind"] for row in numbers),
        verdicts=read_verdicts(version),
        data=_data(run),
        training={said: tags[key] for key, said in TRAINING.items() if key in tags},
        parameters=run.data.params,
        knobs=_knobs(version),
    )
    path = folder / "README.md"
    with atomic_file(path) as draft:
        draft.write_text(card, encoding="utf-8")
    return path


def _row(metric: str, number: Measured) -> dict[str, str]:
    """A line of the table of numbers: of what has no error, no interval."""
    half = INTERVAL * number.standard_error
    low, high = (f"{edge:.4g}" for edge in (number.mean - half, number.mean + half))
    return {
        "metric": metric.replace("_", " "),
        "value": " ".join(part for part in (METRICS[metric].sign, str(number)) if part),
        "interval": f"{low} … {high}" if half >= 0 else "",
        "kind": METRICS[metric].kind,
    }


def _diagnosis(version: ModelVersion) -> str:
    """The findings in full where the run has kept them, else how grave the gravest is."""
    client, run_id = mlflow.MlflowClient(), str(version.run_id)
    kept = [file.path for file in client.list_artifacts(run_id, "evaluation") if file.path.endswith("diagnosis.json")]
    if kept:
        return paragraph(read_findings(Path(client.download_artifacts(run_id, kept[0]))))
    return f"Diagnosis: {version.tags.get(DIAGNOSIS, 'nobody looked')}."


def _data(run: Run) -> dict[str, Any] | None:
    """The data set that the run has as its input."""
    if not run.inputs or not run.inputs.dataset_inputs:
        return None
    dataset = run.inputs.dataset_inputs[0].dataset
    profile: Mapping[str, Any] = json.loads(dataset.profile or "{}")
    return {
        "name": dataset.name,
        "unit": "characters" if "vocabulary" in profile else "images",
        "origin": json.loads(dataset.source)["origin"],
        "digest": dataset.digest,
        "counts": profile.get("counts", {}),
        "others": {key: _spoken(value) for key, value in profile.items() if key != "counts" and value is not None},
    }


def _spoken(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _knobs(version: ModelVersion) -> list[dict[str, Any]]:
    """What may be asked of it."""
    params = mlflow.models.get_model_info(f"models:/{version.name}/{version.version}").signature.params
    return [{"name": one.name, "type": TYPES[one.dtype], "default": repr(one.default)} for one in params or []]

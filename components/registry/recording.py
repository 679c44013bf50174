"""What a run holds, and how it gets there: each function adds what is missing, so calling it twice changes nothing."""

import json
import math
import re
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
from mlflow.data.schema import TensorDatasetSchema
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param
from mlflow.exceptions import MlflowException
from mlflow.types import Schema, TensorSpec
from mlflow.utils.mlflow_tags import MLFLOW_DATASET_CONTEXT
from PIL import Image

from components.curves import read_curves
from components.params import ImageSpec, Spec

__all__ = [
    "epochs_after",
    "epochs_recorded",
    "flat",
    "forgiving",
    "record_costs",
    "record_data",
    "record_metrics",
    "record_params",
    "record_series",
    "series_recorded",
]

SERIES = "samples"
ENTRY = re.compile(r"epoch-(\d+)\.(png|txt)")
RECORDED = re.compile(rf"(?:{SERIES}\+step\+|epoch-)(\d+)")
EVERY_EPOCH = "learning_rate"  # a record that every family has in every epoch
BATCH = 500  # metrics, or half as many parameters, that MLflow takes in one request


@contextmanager
def forgiving(what: str) -> Iterator[None]:
    """A record that cannot be written costs a line on standard error, never the training it is about."""
    try:
        yield
    except (MlflowException, OSError) as error:
        print(f"MLflow: {what} not recorded: {str(error).splitlines()[0]}", file=sys.stderr, flush=True)


def flat(content: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested mappings as one, keys joined by dots."""
    pairs: dict[str, Any] = {}
    for key, value in content.items():
        pairs |= flat(value, f"{prefix}{key}.") if isinstance(value, Mapping) else {f"{prefix}{key}": value}
    return pairs


def record_params(run_id: str, content: Mapping[str, Any]) -> None:
    """Log nested parameters that the run does not have."""
    client = mlflow.MlflowClient()
    present = client.get_run(run_id).data.params
    params = (Param(key, str(value)) for key, value in flat(content).items() if key not in present)
    while batch := list(islice(params, 100)):
        client.log_batch(run_id, params=batch)


def record_data(run_id: str, spec: Spec, digest: str) -> None:
    """Log the prepared data set as the run's input, as its description tells; reads no array."""
    client = mlflow.MlflowClient()
    inputs = client.get_run(run_id).inputs
    if inputs and inputs.dataset_inputs:
        return
    if isinstance(spec, ImageSpec):
        example = TensorSpec(np.dtype("uint8"), (-1, *spec.shape))
        profile: dict[str, Any] = {"counts": spec.counts, "levels": spec.levels, "classes": spec.classes}
    else:
        example = TensorSpec(np.dtype("uint16" if len(spec.vocabulary) > 256 else "uint8"), (-1,))
        profile = {"counts": spec.counts, "vocabulary": len(spec.vocabulary)}
    schema = TensorDatasetSchema(Schema([example]))
    dataset = Dataset(
        name=spec.name,
        digest=digest,
        source_type="local",
        source=json.dumps({"uri": f"data/arrays/{spec.name}", "origin": spec.source}),
        schema=json.dumps(schema.to_dict()),
        profile=json.dumps(profile),
    )
    client.log_inputs(run_id, [DatasetInput(dataset, [InputTag(MLFLOW_DATASET_CONTEXT, "training")])])


def epochs_recorded(run_id: str) -> int:
    """The last epoch whose records the run has; 0 for none."""
    history = mlflow.MlflowClient().get_metric_history(run_id, EVERY_EPOCH)
    return max((metric.step for metric in history), default=0)


def record_metrics(run_id: str, metrics: Mapping[str, float], step: int = 0, model_id: str | None = None) -> None:
    """Log numbers, of the run and, where it is given, of the logged model."""
    now = time.time_ns() // 1_000_000
    entries = (Metric(key, float(value), now, step, model_id) for key, value in metrics.items())
    while batch := list(islice(entries, BATCH)):
        mlflow.MlflowClient().log_batch(run_id, metrics=batch)


def epochs_after(path: Path, last: int) -> Iterable[tuple[int, dict[str, float]]]:
    """Epochs and records of a file of curves, from the epoch that follows ``last``."""
    curves = read_curves(path)
    epochs = [int(epoch) for epoch in curves.pop("epoch", [])]
    curves.pop("step", None)
    for place, epoch in enumerate(epochs):
        if epoch > last:
            values = {name: column[place] for name, column in curves.items()}
            yield epoch, {name: value for name, value in values.items() if not math.isnan(value)}


def series_recorded(run_id: str) -> set[int]:
    """Epochs of which the run has a picture or a text."""
    client = mlflow.MlflowClient()
    files = [Path(file.path).name for folder in ("images", SERIES) for file in client.list_artifacts(run_id, folder)]
    return {int(found[1]) for found in map(RECORDED.match, files) if found}


def record_series(run_id: str, folder: Path, recorded: set[int]) -> None:
    """Log the pictures or texts of ``folder`` whose epoch is not in ``recorded``, and add it."""
    client = mlflow.MlflowClient()
    for path in sorted(folder.glob("epoch-*")):
        entry = ENTRY.fullmatch(path.name)
        if entry is None or int(entry[1]) in recorded:
            continue
        if entry[2] == "png":
            with Image.open(path) as image:
                client.log_image(run_id, image, key=SERIES, step=int(entry[1]))
        else:
            client.log_artifact(run_id, str(path), SERIES)
        recorded.add(int(entry[1]))


def record_costs(run_id: str, costs: Mapping[str, Any]) -> None:
    """Log what the work cost: numbers as metrics, and of training also what it ran on, as tags."""
    client = mlflow.MlflowClient()
    known = client.get_run(run_id).data.metrics
    numbers = {f"time/{key}": value for key, value in flat(costs).items() if isinstance(value, int | float)}
    record_metrics(run_id, {key: value for key, value in numbers.items() if known.get(key) != value})
    for key, value in costs.get("training", {}).items():
        client.set_tag(run_id, f"menagerie.{key}", value)

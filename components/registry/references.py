"""Registered versions of reference classifiers: one for each set of weights, so that what judged a model can be had."""

import json
from pathlib import Path

import mlflow
import numpy as np
from mlflow.entities.model_registry import ModelVersion
from mlflow.models import ModelSignature
from mlflow.types import Schema, TensorSpec

from components.files import sha256
from components.params import Description, ImageSpec
from components.registry.lineage import data_hash
from components.registry.packaging import log_model
from components.registry.recording import record_data, record_metrics, record_params
from components.registry.runs import PREFIX, WEIGHTS
from components.registry.tracking import connect, exclusive, suppress_existing

__all__ = ["register_reference"]


def register_reference(folder: Path, metrics: Path) -> ModelVersion | None:
    """Make the version ``reference-DATASET`` of a classifier, unless there is one of these weights.

    Args:
        folder: of ``artifacts/reference``; one of a text, which has no classifier, gives no version.
        metrics: the JSON of its accuracy.
    """
    weights = folder / "model.safetensors"
    if not weights.exists():
        return None
    experiment, name, digest = connect(), f"reference-{folder.name}", sha256(weights)
    client = mlflow.MlflowClient()
    with exclusive(f"register-{name}"):
        query = f"name = '{name}' and tags.`{WEIGHTS}` = '{digest}'"
        if known := next(iter(client.search_model_versions(query)), None):
            return known
        described, found = Description.read(folder / "config.json"), json.loads(metrics.read_text("utf-8"))
        spec = described.spec
        assert isinstance(spec, ImageSpec)
        tags = {f"{PREFIX}family": described.config.family, f"{PREFIX}dataset": spec.name, WEIGHTS: digest}
        with mlflow.start_run(experiment_id=experiment, run_name=name, tags=tags, log_system_metrics=False) as run:
            record_params(run.info.run_id, described.config.model_dump(mode="json"))
            record_data(run.info.run_id, spec, data_hash(spec))
            signature = ModelSignature(
                Schema([TensorSpec(np.dtype("uint8"), (-1, *spec.shape))]),
                Schema([TensorSpec(np.dtype("float32"), (-1, len(spec.classes) if spec.classes else -1))]),
            )
            model_id = log_model(run.info.run_id, folder, "classifier", signature)
            record_metrics(run.info.run_id, {"test/accuracy": found["accuracy"]}, model_id=model_id)
        with suppress_existing():
            client.create_registered_model(name, description=f"judges samples of {spec.name}, made by Menagerie")
        return client.create_model_version(name, f"models:/{model_id}", run.info.run_id, tags=tags, model_id=model_id)

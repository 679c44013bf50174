"""Registered versions: one for each set of weights, with its lineage, its numbers and its picture."""

from collections.abc import Mapping
from typing import Any

import mlflow
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException

from components.diagnosis import gravest, read_findings
from components.registry.description import describe_version
from components.registry.lineage import lock_hash
from components.registry.packaging import package
from components.registry.recording import (
    epochs_after,
    epochs_recorded,
    flat,
    record_costs,
    record_metrics,
    record_series,
    series_recorded,
)
from components.registry.runs import (
    PREFIX,
    PROCESS,
    TRAINING,
    WEIGHTS,
    close_abandoned,
    describe,
    run_tags,
    runs_of_weights,
)
from components.registry.tracking import connect, exclusive, suppress_existing
from components.registry.trained import Trained

__all__ = ["CANDIDATE", "register"]

CANDIDATE = "candidate"
OF_THE_PROCESS = (PROCESS, TRAINING)
LOGGED = "models:/"
DIAGNOSIS = f"{PREFIX}diagnosis"


def register(trained: Trained) -> ModelVersion:
    """Make the version of these weights, or bring it up to date, and point ``candidate`` at it.

    Its run is that of the training that gave these weights; where this record knows none, it is made from the files.
    """
    experiment = connect()
    with exclusive(f"register-{trained.name}"):
        close_abandoned(experiment)
        version = _version_of_weights(trained)
        run_id = _run(experiment, trained, version)
        _complete(run_id, trained)
        version = _make_version(run_id, trained, version)
        _record_evaluation(run_id, _model_id(version), trained.metrics)
        client = mlflow.MlflowClient()
        client.update_model_version(trained.name, version.version, describe_version(run_id, trained))
        client.set_model_version_tag(trained.name, version.version, DIAGNOSIS, _diagnosed(trained))
        client.set_tag(run_id, DIAGNOSIS, _diagnosed(trained))
        client.set_registered_model_alias(trained.name, CANDIDATE, version.version)
    return version


def _diagnosed(trained: Trained) -> str:
    """The gravest finding's severity."""
    return gravest(read_findings(trained.diagnosis)) or "nothing found"


def _version_of_weights(trained: Trained) -> ModelVersion | None:
    query = f"name = '{trained.name}' and tags.`{WEIGHTS}` = '{trained.weights}'"
    return next(iter(mlflow.MlflowClient().search_model_versions(query)), None)


def _run(experiment: str, trained: Trained, version: ModelVersion | None) -> str:
    known = runs_of_weights(experiment, trained.name, trained.weights)
    if known:
        return version.run_id if version and version.run_id in known else known[0]
    tags = run_tags(trained.name, trained.config, trained.spec, trained.seed) | {WEIGHTS: trained.weights}
    with mlflow.start_run(run_name=trained.name, tags=tags, log_system_metrics=False) as run:
        return run.info.run_id


def _complete(run_id: str, trained: Trained) -> None:
    """Give the run what it lacks, and the evaluation's pictures."""
    describe(run_id, trained.config, trained.spec, trained.seed)
    for epoch, records in epochs_after(trained.curves, epochs_recorded(run_id)):
        record_metrics(run_id, records, epoch)
    record_series(run_id, trained.progress, series_recorded(run_id))
    record_costs(run_id, trained.costs)
    mlflow.MlflowClient().log_artifacts(run_id, str(trained.evaluation), "evaluation")


def _make_version(run_id: str, trained: Trained, version: ModelVersion | None) -> ModelVersion:
    client = mlflow.MlflowClient()
    if version is not None:
        if not _has_files(version):
            package(run_id, trained.folder, trained.config, trained.spec, _model_id(version))
        return version
    model_id = package(run_id, trained.folder, trained.config, trained.spec)
    _make_registered_model(trained)
    return client.create_model_version(
        trained.name, f"{LOGGED}{model_id}", run_id, tags=_tags(run_id, trained), model_id=model_id
    )


def _tags(run_id: str, trained: Trained) -> dict[str, str]:
    """The lineage that the run has, what training cost, and ``dvc.lock`` as it is now, with the training in it."""
    lineage = {
        key: value
        for key, value in mlflow.MlflowClient().get_run(run_id).data.tags.items()
        if key.startswith(PREFIX) and key not in OF_THE_PROCESS
    }
    costs = {f"{PREFIX}{key}": str(value) for key, value in trained.costs.get("training", {}).items()}
    return lineage | costs | {f"{PREFIX}dvc_lock": lock_hash()}


def _model_id(version: ModelVersion) -> str:
    """The logged model of a version: a database answers it as the version's source only."""
    return str(version.source).removeprefix(LOGGED)


def _make_registered_model(trained: Trained) -> None:
    description = f"{trained.config.family} on {trained.spec.name}, made by Menagerie"
    with suppress_existing():
        mlflow.MlflowClient().create_registered_model(trained.name, description=description)


def _has_files(version: ModelVersion) -> bool:
    try:
        return bool(mlflow.artifacts.list_artifacts(artifact_uri=f"models:/{version.name}/{version.version}"))
    except (MlflowException, OSError):
        return False


def _record_evaluation(run_id: str, model_id: str, metrics: Mapping[str, Any]) -> None:
    known = {metric.key: metric.value for metric in mlflow.get_logged_model(model_id).metrics or []}
    numbers = {f"test/{key}": value for key, value in flat(metrics).items() if isinstance(value, int | float)}
    changed = {key: value for key, value in numbers.items() if known.get(key) != value}
    record_metrics(run_id, changed, model_id=model_id)

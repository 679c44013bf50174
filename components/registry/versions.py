"""Registered versions: one for each set of weights, with its lineage, its numbers, its verdicts and its card."""

import json
import math
import shutil
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import mlflow
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException

from components.diagnosis import gravest, read_findings
from components.params import Gate
from components.registry.card import SAMPLES, write_card
from components.registry.challenger import challenge
from components.registry.description import describe_version
from components.registry.gate import DIAGNOSIS, TEST
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
from components.registry.tracking import connect, exclusive, repeat_collisions, suppress_existing
from components.registry.trained import Trained

__all__ = ["CANDIDATE", "register"]

CANDIDATE = "candidate"
OF_THE_PROCESS = (PROCESS, TRAINING)
LOGGED = "models:/"
FINGERPRINT = f"{PREFIX}samples"


@repeat_collisions
def register(trained: Trained, rules: Gate) -> ModelVersion:
    """Make the version of these weights, or bring it up to date; point ``candidate`` at it, and let the gate judge it.

    Its run is that of the training that gave these weights; where this record knows none, it is made from the files.
    """
    experiment, client = connect(), mlflow.MlflowClient()
    with exclusive(f"register-{trained.name}"):
        close_abandoned(experiment)
        version = _version_of_weights(trained)
        run_id = _run(experiment, trained, version)
        _complete(run_id, trained)
        version = _make_version(run_id, trained, version)
        run_id = str(version.run_id)
        _record_evaluation(run_id, _model_id(version), trained.metrics)
        for key, value in _findings(trained).items():
            client.set_model_version_tag(trained.name, version.version, key, value)
            client.set_tag(run_id, key, value)
        client.set_registered_model_alias(trained.name, CANDIDATE, version.version)
        verdicts = challenge(version, rules)
        client.update_model_version(trained.name, version.version, describe_version(run_id, trained, verdicts))
        version = client.get_model_version(trained.name, version.version)
        _attach_card(version, trained.evaluation)
    return version


def _findings(trained: Trained) -> dict[str, str]:
    """What later decisions rest on: the gravest finding's severity, and as far as they were left, what hashes tell."""
    found: dict[str, str] = {DIAGNOSIS: gravest(read_findings(trained.diagnosis)) or "nothing found"}
    if trained.judge.exists():
        found |= {f"{PREFIX}{key}": value for key, value in json.loads(trained.judge.read_text("utf-8")).items()}
    if trained.fingerprint.exists():
        found[FINGERPRINT] = json.dumps(json.loads(trained.fingerprint.read_text("utf-8")))
    return found


def _attach_card(version: ModelVersion, evaluation: Path) -> None:
    with TemporaryDirectory() as folder:
        for name in SAMPLES:
            if (evaluation / name).exists():
                shutil.copy(evaluation / name, folder)
        write_card(version, Path(folder))
        mlflow.MlflowClient().log_artifacts(str(version.run_id), folder, "card")


def _version_of_weights(trained: Trained) -> ModelVersion | None:
    query = f"name = '{trained.name}' and tags.`{WEIGHTS}` = '{trained.weights}'"
    found = mlflow.MlflowClient().search_model_versions(query)
    return min(found, key=lambda version: int(version.version), default=None)


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
    made = client.create_model_version(
        trained.name, f"{LOGGED}{model_id}", run_id, tags=_tags(run_id, trained), model_id=model_id
    )
    return _give_way(made, trained)


def _give_way(made: ModelVersion, trained: Trained) -> ModelVersion:
    """The first version of these weights; ours goes where another machine, which holds no lock of ours, was faster."""
    client, first = mlflow.MlflowClient(), _version_of_weights(trained)
    if first is None or int(first.version) == int(made.version):
        return made
    client.delete_model_version(made.name, made.version)
    client.delete_logged_model(_model_id(made))
    return first


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
    """Log the numbers that are new. MLflow forgets none: what is measured no more becomes NaN."""
    recorded = mlflow.get_logged_model(model_id).metrics or []
    recorded.sort(key=lambda metric: metric.timestamp)
    known = {metric.key: metric.value for metric in recorded if metric.key.startswith(TEST)}
    numbers = {f"{TEST}{key}": value for key, value in flat(metrics).items() if isinstance(value, int | float)}
    gone = {key: math.nan for key, value in known.items() if key not in numbers and not math.isnan(value)}
    changed = {key: value for key, value in numbers.items() if known.get(key) != value}
    record_metrics(run_id, changed | gone, model_id=model_id)

"""The run of a training: opened when it starts, continued when it was killed, closed whatever happens."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import mlflow
import psutil
from mlflow.entities import Run, RunStatus
from mlflow.utils.mlflow_tags import MLFLOW_GIT_COMMIT, MLFLOW_PARENT_RUN_ID

from components.costs import read_costs
from components.params import ModelConfig, Spec
from components.registry.lineage import data_hash, lineage
from components.registry.recording import forgiving, record_costs, record_data, record_params
from components.registry.tracking import connect

if TYPE_CHECKING:
    from components.registry.callback import MLflowCallback

__all__ = [
    "PREFIX",
    "PROCESS",
    "TRAINING",
    "WEIGHTS",
    "TrainingRun",
    "close_abandoned",
    "describe",
    "find_runs",
    "process_mark",
    "run_tags",
    "runs_of_weights",
    "training_run",
]

PREFIX = "menagerie."
PROCESS, TRAINING, WEIGHTS = f"{PREFIX}process", f"{PREFIX}training", f"{PREFIX}weights"


@dataclass(frozen=True)
class TrainingRun:
    """The open run of a training.

    Args:
        run_id: MLflow's.
        name: the model's.
    """

    run_id: str
    name: str

    def callback(self, progress: Path) -> "MLflowCallback":
        """A Keras callback that records each epoch, and each new file of the sample series in ``progress``."""
        from components.registry.callback import MLflowCallback

        return MLflowCallback(self.run_id, progress)

    def conclude(self, weights: str) -> None:
        """Say which weights came out, by their SHA-256: from now on they lead to this run."""
        with forgiving(f"hash of the weights of {self.name}"):
            mlflow.MlflowClient().set_tag(self.run_id, WEIGHTS, weights)
            record_costs(self.run_id, read_costs(self.name, weights))


@contextmanager
def training_run(name: str, config: ModelConfig, spec: Spec, seed: int, key: str) -> Iterator[TrainingRun]:
    """The run of a training, for as long as the block lasts; failed if it ends with an error.

    It is nested in the run that ``MENAGERIE_PARENT_RUN`` names, where that is set.

    Args:
        name: the model's in ``params.yaml``.
        config: its section.
        spec: its data.
        seed: of the whole program.
        key: the same for two processes exactly if the second goes on where the first was killed.

    Raises:
        UserError: the tracking server does not answer.
    """
    experiment = connect()
    close_abandoned(experiment)
    run_id = _unfinished(experiment, key)
    if run_id:
        mlflow.MlflowClient().set_tag(run_id, PROCESS, process_mark())
    tags = run_tags(name, config, spec, seed) | {TRAINING: key, PROCESS: process_mark()}
    if parent := os.environ.get("MENAGERIE_PARENT_RUN"):
        tags[MLFLOW_PARENT_RUN_ID] = parent
    status = RunStatus.FAILED
    run = mlflow.start_run(run_id, run_name=name, tags=tags, log_system_metrics=True)
    try:
        describe(run.info.run_id, config, spec, seed)
        yield TrainingRun(run.info.run_id, name)
        status = RunStatus.FINISHED
    finally:
        with forgiving(f"end of the run of {name}"):
            mlflow.end_run(RunStatus.to_string(status))


def run_tags(name: str, config: ModelConfig, spec: Spec, seed: int) -> dict[str, str]:
    """What a run says of its model, and of where that comes from."""
    origin = lineage(config, spec, seed)
    model = {"model": name, "family": config.family, "dataset": spec.name}
    tags = {f"{PREFIX}{key}": value for key, value in (model | asdict(origin)).items()}
    return tags | {MLFLOW_GIT_COMMIT: origin.commit}


def describe(run_id: str, config: ModelConfig, spec: Spec, seed: int) -> None:
    """Give a run the parameters and the data that it lacks."""
    record_params(run_id, {"seed": seed, **config.model_dump(mode="json")})
    record_data(run_id, spec, data_hash(spec))


def runs_of_weights(experiment: str, name: str, weights: str) -> list[str]:
    """The runs that ended with these weights, the latest first."""
    found = find_runs(experiment, f"tags.`{PREFIX}model` = '{name}' and tags.`{WEIGHTS}` = '{weights}'")
    return [run.info.run_id for run in found]


def close_abandoned(experiment: str) -> None:
    """Mark the runs as killed whose process was one of this machine's and is gone."""
    for run in find_runs(experiment, "attributes.status = 'RUNNING'"):
        host, _, process = run.data.tags.get(PROCESS, "").partition(" ")
        if host == socket.gethostname() and not _lives(process):
            mlflow.MlflowClient().set_terminated(run.info.run_id, RunStatus.to_string(RunStatus.KILLED))


def find_runs(experiment: str, query: str) -> list[Run]:
    """The runs of an experiment that MLflow finds, the latest first."""
    return list(mlflow.MlflowClient().search_runs([experiment], query, order_by=["attributes.start_time DESC"]))


def process_mark(pid: int | None = None) -> str:
    """What tells a process from all others: this one, or that of a number."""
    process = psutil.Process(pid or os.getpid())
    return f"{socket.gethostname()} {process.pid}@{process.create_time():.1f}"


def _unfinished(experiment: str, key: str) -> str | None:
    runs = find_runs(experiment, f"tags.`{TRAINING}` = '{key}' and attributes.status != 'RUNNING'")
    return next((run.info.run_id for run in runs if WEIGHTS not in run.data.tags), None)


def _lives(process: str) -> bool:
    try:
        return process_mark(int(process.partition("@")[0])).endswith(f" {process}")
    except (psutil.Error, ValueError):
        return False

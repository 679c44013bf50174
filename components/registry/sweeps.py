"""A sweep in the record: a run of its own, in which the runs of its trials are nested."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import mlflow
from mlflow.entities import RunStatus
from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID

from components.params import ModelConfig, Sweep
from components.registry.lineage import parameters_hash
from components.registry.recording import epochs_after, record_metrics, record_params
from components.registry.runs import PREFIX, PROCESS, TRAINING, close_abandoned, find_runs, process_mark
from components.registry.tracking import connect

__all__ = ["OUTCOME", "SWEEP", "TRIAL", "close_sweep", "open_sweep", "record_trial"]

SWEEP, TRIAL, OUTCOME = f"{PREFIX}sweep", f"{PREFIX}trial", f"{PREFIX}outcome"
BEST = "best"


def open_sweep(study: str, sweep: Sweep) -> str:
    """The run of a sweep: a new one, or that which an earlier process left.

    Args:
        study: name of the sweep with all that it was begun with.
        sweep: its section of ``params.yaml``.

    Returns:
        MLflow's id of it.
    """
    experiment = connect()
    close_abandoned(experiment)
    client = mlflow.MlflowClient()
    tags = {SWEEP: study, PROCESS: process_mark(), f"{PREFIX}model": sweep.model}
    if known := find_runs(experiment, f"tags.`{SWEEP}` = '{study}'"):
        run_id = known[0].info.run_id
        client.set_tag(run_id, PROCESS, tags[PROCESS])
        client.update_run(run_id, RunStatus.to_string(RunStatus.RUNNING))
    else:
        run_id = client.create_run(experiment, tags=tags, run_name=study).info.run_id
    space = {key: within.model_dump_json(exclude_defaults=True) for key, within in sweep.space.items()}
    record_params(run_id, sweep.model_dump(include={"model", "objective", "prune_after"}) | {"space": space})
    return run_id


def record_trial(
    sweep: str,
    number: int,
    outcome: str,
    *,
    config: ModelConfig,
    seed: int,
    curves: Path,
    files: Iterable[Path],
) -> str:
    """Give the run of a trial its number, its outcome and what pins it; a second call changes nothing.

    A training that DVC had in its cache made no run here: such a trial gets one, made from its curves.

    Args:
        sweep: id of the sweep's run.
        number: the trial's.
        outcome: ``complete``, ``pruned`` or ``failed``.
        config: of the model, with the trial's values.
        seed: of the whole program.
        curves: file of its learning curves, if it came to its end.
        files: artifacts, those that are there.

    Returns:
        MLflow's id of its run.
    """
    client = mlflow.MlflowClient()
    run_id = _run_of_trial(sweep, number, parameters_hash(config, seed))
    run = client.get_run(run_id)
    record_params(run_id, {"seed": seed, **config.model_dump(mode="json")})
    if not run.data.metrics:
        for epoch, records in epochs_after(curves, 0):
            record_metrics(run_id, records, epoch)
    client.set_tag(run_id, TRIAL, str(number))
    client.set_tag(run_id, OUTCOME, outcome)
    for path in files:
        if path.exists():
            client.log_artifact(run_id, str(path))
    if outcome == "pruned":
        if TRAINING in run.data.tags:  # no later training goes on in this run
            client.delete_tag(run_id, TRAINING)
        client.set_terminated(run_id, RunStatus.to_string(RunStatus.KILLED))
    elif run.info.status == RunStatus.to_string(RunStatus.RUNNING):
        ended = RunStatus.FINISHED if outcome == "complete" else RunStatus.FAILED
        client.set_terminated(run_id, RunStatus.to_string(ended))
    return run_id


def close_sweep(run_id: str, status: str, best: Mapping[int, float], folder: Path | None = None) -> None:
    """End the run of a sweep.

    Args:
        run_id: MLflow's.
        status: ``FINISHED``, ``FAILED`` or ``KILLED``.
        best: lowest value so far, by the number of the trial that reached it.
        folder: of what it found: table, difference, pictures.
    """
    client = mlflow.MlflowClient()
    known = {metric.step for metric in client.get_metric_history(run_id, BEST)}
    for number, value in best.items():
        if number not in known:
            record_metrics(run_id, {BEST: value}, number)
    if folder is not None:
        client.log_artifacts(run_id, str(folder))
    client.set_terminated(run_id, status)


def _run_of_trial(sweep: str, number: int, parameters: str) -> str:
    client = mlflow.MlflowClient()
    experiment = client.get_run(sweep).info.experiment_id
    nested = f"tags.`{MLFLOW_PARENT_RUN_ID}` = '{sweep}' and tags.`{PREFIX}parameters` = '{parameters}'"
    for run in find_runs(experiment, nested):
        if run.data.tags.get(TRIAL, str(number)) == str(number):
            return run.info.run_id
    model = client.get_run(sweep).data.tags[f"{PREFIX}model"]
    tags = {MLFLOW_PARENT_RUN_ID: sweep, f"{PREFIX}parameters": parameters, f"{PREFIX}model": model}
    return client.create_run(experiment, tags=tags, run_name=model).info.run_id

"""A process that dies just before one of the steps that others could see."""

import contextlib
import itertools
import multiprocessing
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import mlflow

__all__ = ["die_before", "live"]

ROOT = Path(__file__).parents[2]
FORK, FORKSERVER = map(multiprocessing.get_context, ("fork", "forkserver"))
HEAVY = [
    "alembic.command",
    "dvc.cli.parser",
    "dvc.data_cloud",
    "dvc.dirs",
    "dvc.repo.add",
    "dvc.repo.index",
    "dvc.repo.open_repo",
    "dvc.repo.plots",
    "dvc.repo.stage",
    "dvc.rwlock",
    "dvc_data.index.checkout",
    "mlflow.pyfunc",
    "mlflow.store.model_registry.sqlalchemy_workspace_store",
    "mlflow.store.tracking.sqlalchemy_workspace_store",
    "mlflow.tracing.processor.base_mlflow",
    "networkx",
    "sqlalchemy.dialects.sqlite",
    "tests.registry.test_ledger",
    "tests.registry.test_releasing",
]
"""Imported by the process whose forks work and die: to start one takes no time."""
STEPS: dict[Any, tuple[str, ...]] = {
    mlflow.MlflowClient: (
        "create_run",
        "log_dict",
        "log_artifact",
        "set_tag",
        "set_registered_model_alias",
        "delete_registered_model_alias",
        "set_terminated",
    ),
    Path: ("replace",),
    subprocess: ("run",),
}


def die_before(step: int, work: Callable[..., Any], *arguments: Any) -> bool:
    """Whether a process that works, in the current folder, dies before its ``step``-th step; else it has ended."""
    FORKSERVER.set_forkserver_preload(HEAVY)
    process = FORKSERVER.Process(target=_work, args=(step, str(Path.cwd()), dict(os.environ), work, *arguments))
    with contextlib.chdir(ROOT):  # from where all of that can be imported
        process.start()
    process.join()
    assert process.exitcode in (0, 9)
    return process.exitcode == 9


def live(work: Callable[..., Any], *arguments: Any) -> None:
    """Have such a process work to the end."""
    assert not die_before(0, work, *arguments)


def _work(step: int, folder: str, environment: dict[str, str], work: Callable[..., Any], *arguments: Any) -> None:
    os.chdir(folder)
    os.environ.update(environment)
    count = itertools.count(1)

    def mortal(method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*positional: Any, **named: Any) -> Any:
            if next(count) == step:
                os._exit(9)
            return method(*positional, **named)

        return call

    subprocess.run = _run_dvc_here(subprocess.run)
    for owner, names in STEPS.items():
        for name in names:
            setattr(owner, name, mortal(getattr(owner, name)))
    work(*arguments)


def _run_dvc_here(run: Callable[..., Any]) -> Callable[..., Any]:
    """As ``subprocess.run``, but DVC in a fork of this process, which has imported it."""

    def call(command: list[str], **named: Any) -> Any:
        if command[:3] != [sys.executable, "-m", "dvc"]:
            return run(command, **named)
        with TemporaryFile() as output, TemporaryFile() as complaint:
            process = FORK.Process(target=_dvc, args=(command[3:], output.fileno(), complaint.fileno()))
            process.start()
            process.join()
            said = [os.pread(file.fileno(), 1 << 20, 0).decode() for file in (output, complaint)]
        return subprocess.CompletedProcess(command, process.exitcode, *said)

    return call


def _dvc(arguments: list[str], output: int, complaint: int) -> None:
    from dvc.cli import main

    os.dup2(output, 1)
    os.dup2(complaint, 2)
    sys.exit(main(arguments))

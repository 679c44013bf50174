"""A process that dies just before one of the steps that others could see."""

import itertools
import multiprocessing
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mlflow

__all__ = ["die_before"]

HEAVY = ["mlflow.pyfunc", "mlflow.store.tracking.sqlalchemy_store", "mlflow.store.model_registry.sqlalchemy_store"]
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
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(HEAVY)
    process = context.Process(target=_work, args=(step, str(Path.cwd()), dict(os.environ), work, *arguments))
    process.start()
    process.join()
    assert process.exitcode in (0, 9)
    return process.exitcode == 9


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

    for owner, names in STEPS.items():
        for name in names:
            setattr(owner, name, mortal(getattr(owner, name)))
    work(*arguments)

"""Where the record is: MLflow's database or server, and the experiment in it."""

import os
import random
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import ParamSpec, TypeVar

import mlflow
from filelock import FileLock
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import RESOURCE_ALREADY_EXISTS, ErrorCode

from components.addresses import without_credentials
from components.params import UserError

__all__ = [
    "EXPERIMENT",
    "SQLITE",
    "NoAnswerError",
    "connect",
    "exclusive",
    "home",
    "project_root",
    "repeat_collisions",
    "suppress_existing",
    "tracking_uri",
]

P = ParamSpec("P")
T = TypeVar("T")
EXPERIMENT = "menagerie"
KIND = "mlflow.experimentKind"  # by which the pages of an experiment show training, not language models
SQLITE = "sqlite:///"
PATIENCE = 10  # seconds that a server may take to answer
COLLISION = re.compile(r"unique constraint", re.IGNORECASE)  # in the words of SQLite and of PostgreSQL
ATTEMPTS = 5
LONGEST_PAUSE = 0.5  # seconds


class NoAnswerError(UserError):
    """The server of the record does not answer: that may pass."""


def project_root() -> Path:
    """Folder of the project that this code is part of; the original's in the copy that ``dvc exp run --temp`` makes."""
    root = Path(__file__).resolve().parents[2]
    return next((folder.parent for folder in root.parents if folder.name == ".dvc"), root)


def tracking_uri() -> str:
    """``MLFLOW_TRACKING_URI`` where it is set, else a SQLite database in the project's folder; a path is absolute."""
    uri = os.environ.get("MLFLOW_TRACKING_URI") or f"{SQLITE}{project_root() / 'mlflow.db'}"
    return f"{SQLITE}{Path(uri.removeprefix(SQLITE)).absolute()}" if uri.startswith(SQLITE) else uri


def home() -> Path:
    """Folder of what clones on this machine share, ``MENAGERIE_HOME``; of a single checkout, its ``.menagerie``."""
    return Path(os.environ.get("MENAGERIE_HOME", project_root() / ".menagerie")).absolute()


def connect(name: str = EXPERIMENT) -> str:
    """Point MLflow at the record and give an experiment's id; database and experiment are made where they are not.

    Raises:
        NoAnswerError: the server does not answer.
    """
    uri = tracking_uri()
    if uri.startswith("http"):
        _expect_answer(uri)
    mlflow.set_tracking_uri(uri)
    with exclusive("tracking"):
        experiment = _experiment_id(uri, name)
    mlflow.set_experiment(experiment_id=experiment)
    return experiment


def exclusive(name: str) -> FileLock:
    """A lock that one process of this project holds at a time: a fresh database must not be made by two.

    Clones that share a ``MENAGERIE_HOME`` share their locks.
    """
    folder = home() / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    return FileLock(folder / f"{name}.lock")


def _experiment_id(uri: str, name: str) -> str:
    client = mlflow.MlflowClient()
    experiment = client.get_experiment_by_name(name)
    if experiment is None:
        with suppress_existing():  # another machine may make it on the same server
            return client.create_experiment(name, _artifact_location(uri), {KIND: "custom_model_development"})
        return _experiment_id(uri, name)
    if experiment.lifecycle_stage == "deleted":
        client.restore_experiment(experiment.experiment_id)
    return experiment.experiment_id


@contextmanager
def suppress_existing() -> Iterator[None]:
    """Go on where what the block would make exists."""
    try:
        yield
    except MlflowException as error:
        if error.error_code != ErrorCode.Name(RESOURCE_ALREADY_EXISTS):
            raise


def repeat_collisions(write: Callable[P, T]) -> Callable[P, T]:
    """Repeat a function that may be run again, where another machine wrote the same tag at the same moment.

    MLflow looks whether a tag is there and then inserts it; of two that do so at once, one is refused by the database.
    """

    @wraps(write)
    def repeated(*args: P.args, **kwargs: P.kwargs) -> T:
        for _ in range(ATTEMPTS - 1):
            try:
                return write(*args, **kwargs)
            except MlflowException as error:
                if not COLLISION.search(error.message):
                    raise
            time.sleep(random.uniform(0, LONGEST_PAUSE))
        return write(*args, **kwargs)

    return repeated


def _artifact_location(uri: str) -> str | None:
    if uri.startswith("http"):
        return None
    home = Path(uri.removeprefix(SQLITE)).resolve().parent if uri.startswith(SQLITE) else project_root()
    return (home / "mlartifacts").as_uri()


def _expect_answer(uri: str) -> None:
    try:
        urllib.request.urlopen(f"{uri.rstrip('/')}/health", timeout=PATIENCE).close()
    except urllib.error.HTTPError:
        pass
    except OSError as error:
        reason = getattr(error, "reason", error)
        raise NoAnswerError(
            f"MLFLOW_TRACKING_URI: {without_credentials(uri)} does not answer ({reason}); start the server or unset it"
        ) from None

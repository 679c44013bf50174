"""One MLflow database for the session, and a workshop with models to register."""

import pytest

from components.registry.tracking import connect
from tests.registry.workshop import make_workshop
from tests.workplace import recording


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> str:
    """URI of a database; to make one takes seconds."""
    return f"sqlite:///{tmp_path_factory.mktemp('record') / 'mlflow.db'}"


@pytest.fixture
def experiment(database: str):
    """The experiment's id; MLflow forgets the database after the test."""
    with recording(database):
        yield connect()


@pytest.fixture
def workshop(tmp_path, monkeypatch: pytest.MonkeyPatch):
    """A current folder with every model's artifacts; its parameters."""
    monkeypatch.chdir(tmp_path)
    return make_workshop(tmp_path)

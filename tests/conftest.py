"""The order of the tests, and a workplace whose data sets have all that models are judged by."""

import os
from pathlib import Path

import pytest

from tests.workplace import CONDITIONAL, make_judges, make_workplace

# Of many small computations, as tests are, compilation that optimizes and threads that wait cost more than they give.
ONE_THREAD = {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}
if os.environ.get("KERAS_BACKEND") == "jax":
    flags = ("backend_optimization_level=0", "cpu_use_fusion_emitters=false", "cpu_parallel_codegen_split_count=1")
    os.environ.setdefault("XLA_FLAGS", " ".join(f"--xla_{flag}" for flag in flags))
else:
    os.environ.update(ONE_THREAD)


@pytest.fixture
def all_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes that a test starts compute with as many threads as a person's."""
    for name in ONE_THREAD:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def judges(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workplace after the stages ``reference`` and ``baseline``, to be read or copied."""
    folder = tmp_path_factory.mktemp("judges")
    make_workplace(folder, CONDITIONAL)
    make_judges(folder)
    return folder


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Flows last: Prefect leaves threads behind, which draw from the global ``random`` that Keras seeds weights by."""
    items.sort(key=lambda item: "flows" in item.path.parts)

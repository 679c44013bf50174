"""The order of the tests, and a workplace whose data sets have all that models are judged by."""

import gc
import os
import shutil
from pathlib import Path

import pytest

from tests.workplace import CONDITIONAL, make_judges, make_workplace

if os.environ.get("KERAS_BACKEND") == "jax":  # tests are mostly compilation, which takes a third of the time like this
    flags = ("backend_optimization_level=0", "cpu_use_fusion_emitters=false", "cpu_parallel_codegen_split_count=1")
    os.environ.setdefault("XLA_FLAGS", " ".join(f"--xla_{flag}" for flag in flags))

MEMORY = Path("/dev/shm")  # tests make many small databases, and wait for no disk where these lie
if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > 4e9 and not os.statvfs(MEMORY).f_flag & os.ST_NOEXEC:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


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


def pytest_sessionfinish() -> None:
    """Collect once what was left behind, and leave the rest alone: pytest and JAX collect several times at the end."""
    gc.collect()
    gc.freeze()

import subprocess
import sys
from pathlib import Path

import pytest

from components.params import load
from tests.params.examples import INVALID, VALID

ROOT = Path(__file__).parents[2]
HEAVY = ["keras", "tensorflow", "jax", "tensorflow_datasets", "dvc", "hydra", "mlflow", "prefect", "numpy"]


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)


def test_prints_what_the_file_resolves_to(folder: Path) -> None:
    Path("params.yaml").write_text(VALID)
    Path("novel.txt").write_text("Once upon a time")
    run = python("-m", "components.params", str(folder / "params.yaml"))
    assert (run.returncode, run.stderr) == (0, "")
    assert "      precision: float32\n" in run.stdout  # a default
    Path("resolved.yaml").write_text(run.stdout)
    assert load("resolved.yaml") == load()


def test_a_path_that_leads_nowhere_is_found_before_any_work(folder: Path) -> None:
    path = folder / "params.yaml"
    path.write_text(VALID)
    run = python("-m", "components.params", str(path))
    line = f"{path}: datasets.novel.source: ./novel.txt: no such file or folder\n"
    assert (run.returncode, run.stdout, run.stderr) == (2, "", line)


def test_checks_the_committed_file() -> None:
    assert python("-m", "components.params").returncode == 0


@pytest.mark.parametrize("name", ["a misspelt key", "an unknown family", "text for a number", "an unknown data set"])
def test_a_mistake_is_exit_code_2_and_no_traceback(name: str, folder: Path) -> None:
    old, new, line = INVALID[name]
    path = folder / "params.yaml"
    path.write_text(VALID.replace(old, new, 1))
    run = python("-m", "components.params", str(path))
    assert (run.returncode, run.stdout, run.stderr) == (2, "", f"{path}:{line}\n")


def test_reading_imports_nothing_heavy() -> None:
    script = f"import sys, components.params as p; p.load(); print([m for m in {HEAVY} if m in sys.modules])"
    assert python("-c", script).stdout == "[]\n"

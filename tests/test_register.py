"""The register step as a command."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import mlflow
import pytest

from components import register
from components.params import UserError
from tests.registry.workshop import METRICS, make_workshop
from tests.workplace import recording


@pytest.fixture
def workshop(tmp_path, monkeypatch):
    """A current folder with all that is registered, and a record that does not exist yet."""
    monkeypatch.chdir(tmp_path)
    with recording(f"sqlite:///{tmp_path}/mlflow.db"):
        yield make_workshop(tmp_path)


@pytest.fixture
def run(monkeypatch):
    """Run the step with these arguments."""

    def run(*arguments: str) -> None:
        monkeypatch.setattr(sys, "argv", ["register", *arguments])
        register.main()

    return run


def test_a_receipt_holds_hashes_only_and_is_the_same_in_every_record(workshop, run, capsys):
    run("vae")
    assert capsys.readouterr().out == "vae: models:/vae/1, candidate, challenger\n"
    receipt = Path("artifacts/registry/vae.json")
    first = receipt.read_bytes()
    assert set(json.loads(first)) == {"data", "parameters", "weights"}
    assert all(re.fullmatch("[0-9a-f]{36,64}", value) for value in json.loads(first).values())
    run("vae")
    assert receipt.read_bytes() == first


def test_a_deleted_database_is_filled_again_and_what_is_missing_is_said(workshop, run, capsys):
    shutil.rmtree("artifacts/models/lstm")
    run("--all")
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "lstm: left out, artifacts/models/lstm does not exist"
    assert said[1:] == [f"{name}: models:/{name}/1, candidate, challenger" for name in ("denoiser", "vae")]
    version = mlflow.MlflowClient().get_model_version_by_alias("vae", "candidate")
    run_of_it = mlflow.get_run(version.run_id)
    assert run_of_it.data.metrics["test/parameters"] == METRICS["parameters"]
    assert not Path("artifacts/registry").exists()


def test_a_model_that_is_not_in_the_parameters_is_refused(workshop, run):
    with pytest.raises(UserError, match=r"params\.yaml: models: no model is named 'vea'; did you mean vae\?"):
        run("vea")


def test_all_that_is_missing_is_named_before_work_starts(workshop, run):
    Path("artifacts/curves/vae.csv").unlink()
    Path("artifacts/metrics/vae.json").unlink()
    with pytest.raises(UserError) as caught:
        run("vae")
    assert [line.split(" ")[0] for line in caught.value.lines] == [
        "artifacts/curves/vae.csv",
        "artifacts/metrics/vae.json",
    ]
    assert not Path("mlflow.db").exists()


def test_a_mistake_is_answered_in_one_line_and_without_keras_and_mlflow():
    command = [sys.executable, "-X", "importtime", "-m", "components.register", "vea"]
    done = subprocess.run(command, cwd=Path(__file__).parents[1], capture_output=True, text=True, check=False)
    imported, said = (
        [line for line in done.stderr.splitlines() if line.startswith("import time:") is started]
        for started in (True, False)
    )
    assert done.returncode == 2
    assert said == ["params.yaml: models: no model is named 'vea'; did you mean vae?"]
    assert not [line for line in imported if re.search(r"\b(keras|mlflow)$", line)]

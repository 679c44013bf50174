"""Where the record is, and that it is made once."""

import subprocess
import sys
from pathlib import Path

import mlflow
import pytest

from components.params import UserError
from components.registry import tracking
from components.registry.tracking import EXPERIMENT, connect, project_root, tracking_uri

ROOT = Path(__file__).parents[2]


def test_by_default_the_database_lies_in_the_project_whatever_the_current_folder(tmp_path, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.chdir(tmp_path)
    assert tracking_uri() == f"sqlite:///{ROOT}/mlflow.db"


def test_the_copy_that_dvc_experiments_run_in_shares_the_record_of_the_original(monkeypatch):
    copy = "/home/me/menagerie/.dvc/tmp/exps/standalone/tmp1/components/registry/tracking.py"
    monkeypatch.setattr(tracking, "__file__", copy)
    assert project_root() == Path("/home/me/menagerie")


def test_the_environment_chooses_the_record(monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "https://mlflow.example")
    assert tracking_uri() == "https://mlflow.example"


def test_processes_that_start_together_make_one_database(tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/new folder/mlflow.db")
    (tmp_path / "new folder").mkdir()
    command = [sys.executable, "-m", "components.registry"]
    processes = [subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    assert [(process.communicate()[1], process.returncode) for process in processes] == [("", 0)] * 3
    found = mlflow.MlflowClient(tracking_uri()).search_experiments(filter_string=f"name = '{EXPERIMENT}'")
    assert len(found) == 1
    assert found[0].artifact_location == (tmp_path / "new folder/mlartifacts").as_uri()


def test_an_experiment_that_was_deleted_comes_back(experiment):
    mlflow.MlflowClient().delete_experiment(experiment)
    assert connect() == experiment
    assert mlflow.get_experiment(experiment).lifecycle_stage == "active"


def test_a_server_that_does_not_answer_is_named_at_once(monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    with pytest.raises(UserError, match=r"^MLFLOW_TRACKING_URI: http://127\.0\.0\.1:9 does not answer"):
        connect()

"""Where the record is, and that it is made once."""

import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path
from unittest.mock import Mock, call

import mlflow
import pytest
from mlflow.exceptions import MlflowException

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


@pytest.mark.parametrize(("collisions", "attempts"), [(0, 1), (2, 3), (9, 5)])
def test_what_collides_with_another_machine_is_repeated(collisions, attempts, monkeypatch):
    monkeypatch.setattr(tracking, "LONGEST_PAUSE", 0)
    refused = [MlflowException("(sqlite3.IntegrityError) UNIQUE constraint failed: tags.key")] * collisions
    write = Mock(side_effect=[*refused, "written"])
    with pytest.raises(MlflowException) if collisions > attempts else nullcontext():
        assert tracking.repeat_collisions(write)("name", value=1) == "written"
    assert write.call_args_list == [call("name", value=1)] * attempts


def test_no_other_error_is_repeated():
    write = Mock(side_effect=MlflowException("no such version"))
    with pytest.raises(MlflowException, match="no such version"):
        tracking.repeat_collisions(write)()
    write.assert_called_once()

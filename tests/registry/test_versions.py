"""Registered versions: one for each set of weights, complete, and usable without this repository."""

import os
import subprocess
import sys
from pathlib import Path

import mlflow
import numpy as np
import pytest

from components.registry.recording import epochs_recorded, series_recorded
from components.registry.trained import read_trained
from components.registry.versions import CANDIDATE
from tests.registry.workshop import EPOCHS, change_weights, register_model

STRANGER = """\
import sys, mlflow, numpy
model = mlflow.pyfunc.load_model(sys.argv[1])
import components
assert "mlartifacts" in components.__file__, components.__file__
numpy.save(sys.argv[2], model.predict({}, params={"n": 3, "seed": 7}))
"""


@pytest.fixture
def client(experiment, workshop):
    return mlflow.MlflowClient()


def candidate(client, name: str):
    return client.get_model_version_by_alias(name, CANDIDATE)


def test_a_model_without_a_run_gets_one_from_the_files(client):
    version = register_model("denoiser")
    run = client.get_run(version.run_id)
    assert (run.info.status, run.data.params["latent_dim"]) == ("FINISHED", "2")
    assert run.data.metrics["val_loss"] == pytest.approx(110 / EPOCHS)
    assert run.data.metrics["test/elbo_nats.mean"] == -80.5
    assert (epochs_recorded(version.run_id), series_recorded(version.run_id)) == (EPOCHS, {1, 2, 3})
    files = {file.path for file in client.list_artifacts(version.run_id, "evaluation")}
    assert files == {"evaluation/samples.png"}


def test_a_version_says_where_it_comes_from(client):
    register_model("denoiser")
    version = candidate(client, "denoiser")
    lineage = ("commit", "dirty", "data", "parameters", "dvc_lock", "execution", "backend", "device", "seconds")
    assert {f"menagerie.{key}" for key in lineage} <= version.tags.keys()
    assert version.tags["menagerie.weights"] == read_trained("denoiser", 7).weights
    assert f"/get-artifact?path=evaluation%2Fsamples.png&run_uuid={version.run_id}" in version.description
    assert "| elbo nats | -80.5 ± 0.25 |" in version.description


def test_the_same_weights_are_one_version_and_the_alias_follows_the_weights(client):
    first = register_model("vae")
    before = client.get_run(first.run_id)
    assert register_model("vae").version == first.version
    after = client.get_run(first.run_id)
    assert (after.data.metrics, after.data.params) == (before.data.metrics, before.data.params)
    assert len(client.get_metric_history(first.run_id, "test/elbo_nats.mean")) == 1
    old = Path("artifacts/models/vae/model.safetensors").read_bytes()
    change_weights("vae")
    second = register_model("vae")
    assert int(second.version) > int(first.version)
    assert candidate(client, "vae").version == second.version
    Path("artifacts/models/vae/model.safetensors").write_bytes(old)
    assert register_model("vae").version == first.version
    assert candidate(client, "vae").version == first.version


def test_samples_of_images_and_texts_and_wrong_parameters(client):
    register_model("vae")
    register_model("lstm")
    images = mlflow.pyfunc.load_model("models:/vae@candidate")
    drawn = images.predict({}, params={"n": 5, "seed": 7})
    assert (drawn.shape, drawn.dtype) == ((5, 4, 4, 1), np.uint8)
    assert (drawn == images.predict({}, params={"n": 5, "seed": 7})).all()
    assert (drawn != images.predict({}, params={"n": 5, "seed": 8})).any()
    texts = mlflow.pyfunc.load_model("models:/lstm@candidate").predict({}, params={"n": 2, "length": 20})
    assert [len(text) for text in texts] == [20, 20]
    for wrong in ({"n": 0}, {"n": 5000}, {"n": "many"}, {"seed": -1}, {"seed": 0.5}, {"temperature": "hot"}):
        with pytest.raises(mlflow.MlflowException) as caught:
            images.predict({}, params=wrong)
        assert caught.value.get_http_status_code() == 400
        assert next(iter(wrong)) in caught.value.message


def test_a_process_without_this_repository_draws_the_same_samples(client, tmp_path):
    register_model("vae")
    here = mlflow.pyfunc.load_model("models:/vae@candidate").predict({}, params={"n": 3, "seed": 7})
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    command = [sys.executable, "-c", STRANGER, "models:/vae@candidate", "samples.npy"]
    done = subprocess.run(command, cwd=elsewhere, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (np.load(elsewhere / "samples.npy") == here).all()


def test_files_of_a_version_that_were_lost_come_back(client, database):
    register_model("vae")
    for path in Path(database.removeprefix("sqlite:///")).parent.rglob("MLmodel"):
        for file in sorted(path.parent.rglob("*"), reverse=True):
            file.rmdir() if file.is_dir() else file.unlink()
    version = register_model("vae")
    assert mlflow.pyfunc.load_model(f"models:/vae/{version.version}").predict({}).shape == (16, 4, 4, 1)

"""The run of a training, through all that can happen to it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import mlflow
import numpy as np
import pytest

from components.datasets.arrays import open_arrays
from components.registry.recording import epochs_recorded, series_recorded
from components.registry.runs import PREFIX, close_abandoned, runs_of_weights, training_run
from tests.registry.workshop import picture
from tests.workplace import make_workplace

ROOT = Path(__file__).parents[2]
KILLED = """\
import os, signal
from pathlib import Path
from components.datasets.arrays import open_arrays
from components.params import load
from components.registry.runs import training_run
spec = open_arrays(Path("data/arrays/squares")).spec
with training_run("vae", load().models["vae"], spec, 7, "key of the killed") as run:
    print(run.run_id, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def vae(tmp_path, monkeypatch):
    """Arguments of a training run."""
    monkeypatch.chdir(tmp_path)
    params = make_workplace(tmp_path)
    return "vae", params.models["vae"], open_arrays(Path("data/arrays/squares")).spec, params.seed


def fit(run, progress: Path, epochs: int, initial: int = 0) -> None:
    """Train something with Keras that leaves a picture each epoch."""
    import keras

    class Series(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            picture(epoch).save(progress / f"epoch-{epoch + 1:04}.png")
            logs["learning_rate"] = 0.01

    keras.utils.set_random_seed(7)
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(loss="mse")
    progress.mkdir(exist_ok=True)
    callbacks = [Series(), run.callback(progress)]
    data = np.ones((4, 1)), np.ones((4, 1))
    model.fit(*data, epochs=epochs, initial_epoch=initial, callbacks=callbacks, verbose=0)


def test_a_training_leaves_parameters_data_lineage_curves_series_and_weights(experiment, vae, tmp_path, monkeypatch):
    monkeypatch.setenv("MENAGERIE_EXECUTION", "an execution")
    with training_run(*vae, "key") as opened:
        fit(opened, tmp_path / "progress", epochs=2)
        assert mlflow.get_run(opened.run_id).info.status == "RUNNING"
        opened.conclude("hash of weights")
    run = mlflow.get_run(opened.run_id)
    assert (run.info.status, run.info.run_name) == ("FINISHED", "vae")
    assert run.data.params["training.optimizer.learning_rate"] == "0.01"
    (data,) = run.inputs.dataset_inputs
    assert (data.dataset.name, data.dataset.digest) == ("squares", run.data.tags[f"{PREFIX}data"])
    assert run.data.tags[f"{PREFIX}execution"] == "an execution"
    history = mlflow.MlflowClient().get_metric_history(opened.run_id, "loss")
    assert [metric.step for metric in history] == [1, 2]
    assert series_recorded(opened.run_id) == {1, 2}
    assert runs_of_weights(experiment, "vae", "hash of weights") == [opened.run_id]


def test_a_training_that_fails_is_marked_and_continued_under_the_same_key(experiment, vae, tmp_path):
    with pytest.raises(ZeroDivisionError), training_run(*vae, "key of the failed") as failed:  # noqa: PT012
        fit(failed, tmp_path / "progress", epochs=2)
        1 / 0  # noqa: B018
    assert mlflow.get_run(failed.run_id).info.status == "FAILED"
    with training_run(*vae, "another key") as other:
        assert other.run_id != failed.run_id
    with training_run(*vae, "key of the failed") as continued:
        fit(continued, tmp_path / "progress", epochs=3, initial=1)
        continued.conclude("weights of the continued")
    assert continued.run_id == failed.run_id
    assert mlflow.get_run(failed.run_id).info.status == "FINISHED"
    history = mlflow.MlflowClient().get_metric_history(failed.run_id, "loss")
    assert [metric.step for metric in history] == [1, 2, 3]
    assert len(mlflow.MlflowClient().list_artifacts(failed.run_id, "images")) == 2 * 3
    with training_run(*vae, "key of the failed") as again:
        assert again.run_id != failed.run_id


def test_a_run_whose_process_was_killed_does_not_run_for_ever(experiment, vae):
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", KILLED]
    process = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert process.returncode == -signal.SIGKILL, process.stderr
    run_id = process.stdout.strip()
    assert mlflow.get_run(run_id).info.status == "RUNNING"
    with training_run(*vae, "key of a living one") as living:
        assert mlflow.get_run(run_id).info.status == "KILLED"
        close_abandoned(experiment)
        assert mlflow.get_run(living.run_id).info.status == "RUNNING"
    with training_run(*vae, "key of the killed") as continued:
        assert continued.run_id == run_id


def test_a_record_that_is_lost_costs_a_line_and_not_the_training(experiment, vae, tmp_path, capsys):
    with training_run(*vae, "key of the lost") as run:
        callback_of = run.callback

        def callback(progress):
            made = callback_of(progress)
            made.on_train_begin = lambda logs=None: mlflow.MlflowClient().delete_run(run.run_id)
            return made

        object.__setattr__(run, "callback", callback)
        fit(run, tmp_path / "progress", epochs=3)
        mlflow.MlflowClient().restore_run(run.run_id)
    said = [line for line in capsys.readouterr().err.splitlines() if line.startswith("MLflow: epoch 1")]
    assert len(said) == 1
    assert epochs_recorded(run.run_id) == 0

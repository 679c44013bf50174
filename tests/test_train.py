"""The train step: what it writes, that it writes the same again, and what it says to a mistake."""

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from safetensors import safe_open

import components.train
from components.costs import read_costs
from components.files import sha256
from tests.workplace import make_workplace, recording, run_step

ROOT = Path(__file__).parents[1]


@pytest.fixture
def workplace(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    make_workplace(tmp_path)
    with recording(f"sqlite:///{tmp_path}/mlflow.db"):
        yield tmp_path


def train(name: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "components.train", name]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def outputs(folder: Path) -> dict[str, bytes]:
    artifacts = folder / "artifacts"
    return {
        str(path.relative_to(artifacts)): path.read_bytes()
        for path in sorted(artifacts.rglob("*"))
        if path.is_file() and "costs" not in path.parts
    }


def finished_epochs(checkpoints: Path) -> int:
    """Epochs that the training in hand had finished at its last checkpoint; none where there is none."""
    for path in checkpoints.glob("vae-*/state.safetensors"):
        with safe_open(path, framework="numpy") as file:
            return json.loads(file.metadata()["progress"])["epoch"]
    return 0


def test_a_killed_training_ends_elsewhere_with_the_bytes_of_a_peaceful_one(workplace, monkeypatch):
    """The whole step, killed with its record open, goes on in a folder that shares nothing but the checkpoints.

    Weights, curves and series are those of an undisturbed run, and no finished epoch is trained again.
    """
    checkpoints = workplace / "checkpoints"
    monkeypatch.setenv("MENAGERIE_CHECKPOINTS", str(checkpoints))
    params = workplace / "params.yaml"
    text = params.read_text().replace(
        "training: *training", "training: {<<: *training, epochs: 150, sample_every: 75}", 1
    )
    params.write_text(text.replace("checkpoint_seconds: 60", "checkpoint_seconds: 1"))
    elsewhere = workplace / "elsewhere"
    shutil.copytree("data", elsewhere / "data")
    shutil.copy("params.yaml", elsewhere)
    monkeypatch.setattr(components.train, "CHECKPOINTS", checkpoints)
    run_step("train", "vae")
    peaceful = outputs(workplace)
    assert set(peaceful) >= {"models/vae/config.json", "models/vae/model.safetensors", "curves/vae.csv"}
    assert {"progress/vae/epoch-0000.png", "progress/vae/epoch-0150.png"} <= set(peaceful)
    with Path("artifacts/curves/vae.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 150
    assert {"epoch", "step", "loss", "val_loss", "learning_rate", "grad_norm_first", "grad_norm_last"} <= set(rows[0])
    costs = read_costs("vae", sha256(Path("artifacts/models/vae/model.safetensors")))
    assert costs["training"]["seconds"] > 0
    assert not any(checkpoints.iterdir())

    shutil.rmtree("artifacts")
    victim = subprocess.Popen([sys.executable, "-m", "components.train", "vae"], stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while not finished_epochs(checkpoints) and time.monotonic() < deadline:
        assert victim.poll() is None, "it ended before it could be killed"
        time.sleep(0.02)
    os.kill(victim.pid, signal.SIGKILL)
    victim.wait()
    assert outputs(workplace) == {}
    kept = finished_epochs(checkpoints)
    assert kept

    monkeypatch.chdir(elsewhere)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{elsewhere}/mlflow.db")
    with next(checkpoints.glob("vae-*/curves.csv")).open() as watched:
        watched.seek(0, os.SEEK_END)
        assert train("vae").returncode == 0
        assert int(watched.readline().partition(",")[0]) == kept  # counted from 0
    assert outputs(elsewhere) == peaceful


def test_a_mistake_is_one_line_before_keras_is_imported(workplace):
    answer = train("vaee")
    assert (answer.returncode, answer.stdout) == (2, "")
    assert answer.stderr == "params.yaml: models: no model is named 'vaee'; did you mean vae?\n"
    shutil.rmtree("data/arrays/squares")
    answer = train("vae")
    assert answer.returncode == 2
    assert answer.stderr.startswith("data/arrays/squares: no such folder; ")
    assert len(answer.stderr.splitlines()) == 1

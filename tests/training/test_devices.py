"""Several devices, and several processes, train as one device does. A CPU is made to look like several."""

import csv
import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import keras
import mlflow
import numpy as np
import pytest

from components.datasets.arrays import open_arrays
from components.models import build
from components.train import make_trainer
from tests.workplace import make_workplace

ROOT = Path(__file__).parents[2]
FAMILIES = ["vae", "gan", "wgan_gp", "lstm:loop", "diffusion"]
CLOSE = {"rtol": 1e-4, "atol": 1e-5}

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "jax", reason="TensorFlow trains on one device, in one process"
)


def start(devices: int, *command: str, folder: Path = ROOT, **environment: str) -> subprocess.Popen[str]:
    """A module as a process that sees so many devices."""
    flags = f"{os.environ['XLA_FLAGS']} --xla_force_host_platform_device_count={devices}"
    surroundings = os.environ | {"XLA_FLAGS": flags, "JAX_PLATFORMS": "cpu", "PYTHONPATH": str(ROOT)} | environment
    return subprocess.Popen(
        [sys.executable, "-m", *command], cwd=folder, env=surroundings, stdout=subprocess.PIPE, text=True
    )


def said(process: subprocess.Popen[str]) -> str:
    """What it printed, once it has ended well."""
    answer = process.communicate()[0]
    assert process.returncode == 0
    return answer


def test_four_devices_and_one_draw_the_same_curves():
    """Losses, norms of gradients and validation of two epochs, with statistics over the batch and carried states."""
    processes = [start(devices, "tests.training.train_families", *FAMILIES) for devices in (1, 4)]
    one, four = (json.loads(said(process).splitlines()[-1]) for process in processes)
    assert (one["device"], four["device"]) == ("CPU", "4 x CPU")
    assert (one["shards"], four["shards"]) == ([[1, 8, 8, 8, 1]], [[1, 2, 8, 8, 1]] * 4)
    assert list(one["curves"]) == FAMILIES
    for name, rows in one["curves"].items():
        for row, other in zip(rows, four["curves"][name], strict=True):
            assert row.keys() == other.keys()
            np.testing.assert_allclose(list(row.values()), list(other.values()), err_msg=name, **CLOSE)
    assert one["refusal"] is None
    assert four["refusal"] == (
        "training.batch_size 6: 4 devices share a batch evenly; allowed: multiples of 4, or fewer devices"
    )


def test_two_processes_train_together_and_the_first_writes(tmp_path):
    """Two of two devices each; the curve is that of one device."""
    folders = [tmp_path / "first", tmp_path / "second"]
    for folder in folders:
        folder.mkdir()
        params = make_workplace(folder)
    before = sorted(folders[1].rglob("*"))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    record = f"sqlite:///{tmp_path}/mlflow.db"
    processes = [
        start(
            2,
            "components.train",
            "vae",
            folder=folder,
            MENAGERIE_DISTRIBUTED="1",
            KERAS_DISTRIBUTION_JOB_ADDRESSES=address,
            KERAS_DISTRIBUTION_NUM_PROCESSES="2",
            KERAS_DISTRIBUTION_PROCESS_ID=str(index),
            MLFLOW_TRACKING_URI=record,
        )
        for index, folder in enumerate(folders)
    ]
    arrays = open_arrays(folders[0] / "data/arrays/squares")
    keras.utils.set_random_seed(params.seed)
    model = build(params.models["vae"], arrays.spec)
    alone = make_trainer("vae", model, params, arrays, checkpoint=tmp_path / "alone", callbacks=[]).run()
    answers = [said(process) for process in processes]
    assert ["epoch 2 of 2" in answer for answer in answers] == [True, False]
    assert sorted(folders[1].rglob("*")) == before
    with (folders[0] / "artifacts/curves/vae.csv").open() as file:
        together = list(csv.DictReader(file))
    for row, expected in zip(together, alone, strict=True):
        assert row.keys() == expected.keys()
        for name, value in expected.items():
            np.testing.assert_allclose(float(row[name]), value, err_msg=name, **CLOSE)
    runs = mlflow.MlflowClient(record).search_runs(["1"])
    assert [run.info.status for run in runs] == ["FINISHED"]

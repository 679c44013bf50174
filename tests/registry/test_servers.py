"""The record on a server, filled by one command, and a model served from it."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import mlflow
import pytest

from components import register
from tests.registry.workshop import make_workshop
from tests.workplace import CONDITIONAL, recording

PATIENCE = 120  # seconds that a server may take to start on a busy machine


@contextmanager
def serving(folder: Path, health: str, *command: str) -> Iterator[str]:
    """Run one of MLflow's servers on a free port of this machine; its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    environment = os.environ | {
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
    }
    arguments = [sys.executable, "-m", "mlflow", *command, "--host", "127.0.0.1", "--port", str(port)]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            arguments, cwd=folder, env=environment, stdout=log, stderr=log, start_new_session=True
        )
    try:
        deadline = time.monotonic() + PATIENCE
        while not answers(f"{address}{health}"):
            running = process.poll() is None and time.monotonic() < deadline
            assert running, (folder / "log").read_text()
            time.sleep(0.2)
        yield address
    finally:
        os.killpg(process.pid, 15)
        process.wait()


def answers(address: str) -> bool:
    try:
        urllib.request.urlopen(address, timeout=5).close()
    except OSError:
        return False
    return True


def ask(address: str, params: dict) -> tuple[int, dict]:
    """Status and answer of a request for samples."""
    request = urllib.request.Request(
        f"{address}/invocations",
        data=json.dumps({"inputs": {}, "params": params}).encode(),
        headers={"Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    """An MLflow server that one command filled from the files of all models; its address."""
    folder = tmp_path_factory.mktemp("server")
    store = ("--backend-store-uri", f"sqlite:///{folder}/mlflow.db", "--artifacts-destination", str(folder / "files"))
    with (
        serving(folder, "/health", "server", "--workers", "1", *store) as address,
        recording(address),
        pytest.MonkeyPatch.context() as patch,
    ):
        workshop = tmp_path_factory.mktemp("workshop")
        patch.chdir(workshop)
        make_workshop(workshop, CONDITIONAL)
        patch.setattr(sys, "argv", ["register", "--all"])
        register.main()
        yield address


@pytest.fixture(scope="module")
def sampler(record, tmp_path_factory):
    """The candidate of a conditional VAE, served; its address."""
    command = ("models", "serve", "-m", "models:/conditional@candidate", "--env-manager", "local")
    with serving(tmp_path_factory.mktemp("sampler"), "/ping", *command) as address:
        yield address


def test_a_server_is_filled_by_one_command(record):
    client = mlflow.MlflowClient(record)
    for name in ("denoiser", "vae", "lstm"):
        version = client.get_model_version_by_alias(name, "candidate")
        run = client.get_run(version.run_id)
        assert (version.version, run.info.status) == ("1", "FINISHED")
        assert run.info.artifact_uri.startswith("mlflow-artifacts:")
        assert {"loss", "val_loss", "test/elbo_nats.mean"} <= run.data.metrics.keys()
    path = client.get_model_version_by_alias("vae", "candidate").description.split("](")[1].split(")")[0]
    with urllib.request.urlopen(f"{record}{path}", timeout=10) as picture:
        assert picture.read().startswith(b"\x89PNG")


def test_a_served_model_draws_samples(sampler):
    status, answer = ask(sampler, {"n": 2, "seed": 7})
    assert status == 200
    assert [len(image) for image in answer["predictions"]] == [4, 4]
    assert ask(sampler, {"n": 2, "seed": 7}) == (status, answer)
    assert ask(sampler, {"n": 2, "seed": 8}) != (status, answer)


def test_a_served_model_draws_samples_of_a_class(sampler):
    answers = [ask(sampler, {"n": 2, "seed": 7, "label": label}) for label in (0, 0, 2)]
    assert [status for status, _ in answers] == [200] * 3
    assert answers[0] == answers[1] != answers[2]


@pytest.mark.parametrize(
    "wrong",
    [{"n": 0}, {"n": 1025}, {"n": "many"}, {"seed": -1}, {"seed": 1.5}, {"label": 3}, {"label": -2}, {"label": "odd"}],
)
def test_a_served_model_refuses_what_it_cannot_draw(sampler, wrong):
    status, answer = ask(sampler, wrong)
    assert status == 400
    assert next(iter(wrong)) in answer["message"]

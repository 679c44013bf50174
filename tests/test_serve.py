"""A real server that draws from champions, and follows the alias."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import psutil
import pytest
from PIL import Image

from components.registry.champions import move_champion
from components.registry.trained import read_trained
from components.registry.versions import register
from tests.registry.workshop import change_weights, make_workshop
from tests.workplace import CONDITIONAL, recording

ROOT = Path(__file__).parents[1]
PATIENCE = 120  # seconds, on a busy machine


class Server:
    """A model server in a process of its own."""

    def __init__(self, name: str, *options: str):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.address = f"http://127.0.0.1:{port}"
        command = [sys.executable, "-m", "components.serve", name, "--port", str(port), *options]
        self.process = subprocess.Popen(command, env=os.environ | {"PYTHONPATH": str(ROOT)})

    def get(self, path: str, accept: str = "*/*") -> tuple[int, Any, bytes]:
        request = urllib.request.Request(self.address + path, headers={"Accept": accept})
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read()

    def health(self) -> tuple[int, dict]:
        try:
            status, _, body = self.get("/health")
        except OSError:
            return 0, {}
        return status, json.loads(body)

    def until(self, condition: Callable[[int, dict], Any]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not condition(*(found := self.health())):
            assert self.process.poll() is None
            assert time.monotonic() < deadline, found
            time.sleep(0.1)


@pytest.fixture(scope="module")
def versions(tmp_path_factory) -> Iterator[list[int]]:
    """Three versions of a VAE of three classes in a record of their own; the last one's weights are broken since."""
    folder = tmp_path_factory.mktemp("served")
    with pytest.MonkeyPatch.context() as patch, recording(f"sqlite:///{folder}/mlflow.db"):
        patch.chdir(folder)
        params, numbers = make_workshop(folder, CONDITIONAL), []
        for _ in range(3):
            weights = change_weights("conditional")
            numbers.append(int(register(read_trained("conditional", 7), params.gate).version))
        register(read_trained("lstm", 7), params.gate)
        for path in folder.glob("mlartifacts/**/model.safetensors"):
            if mlflow.MlflowClient().get_model_version("conditional", "3").tags["menagerie.weights"] == weights:
                _spoil(path, weights)
        yield numbers


def _spoil(path: Path, weights: str) -> None:
    """Change the last byte of a file if its hash is this."""
    import hashlib

    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() == weights:
        path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))


@pytest.fixture(scope="module")
def server(versions) -> Iterator[Server]:
    move_champion("conditional", versions[0])
    server = Server("conditional", "--every", "0.3", "--queue", "2")
    server.until(lambda status, _: status == 200)
    yield server
    server.process.terminate()
    assert server.process.wait(30) in (0, -15)


def test_it_answers_by_a_picture_or_by_json_and_the_same_for_the_same_seed(server):
    status, headers, body = server.get("/samples?n=5&seed=7")
    assert (status, headers["Content-Type"], headers["Menagerie-Version"]) == (200, "image/png", "1")
    assert Image.open(BytesIO(body)).mode == "L"
    assert server.get("/samples?n=5&seed=7")[2] == body != server.get("/samples?n=5&seed=8")[2]
    told = json.loads(server.get("/samples?n=5&seed=7", "application/json")[2])
    assert {key: told[key] for key in ("model", "version", "n", "seed")} == {
        "model": "conditional",
        "version": 1,
        "n": 5,
        "seed": 7,
    }
    assert np.shape(told["samples"]) == (5, 4, 4, 1)
    assert json.loads(server.get("/samples?n=5&seed=7&format=json")[2]) == told
    described = server.get("/")[2].decode()
    assert "conditional, version 1" in described
    assert "temperature    a number, 1.0 where it is not given" in described


def test_a_class_can_be_asked_for(server):
    one, again, other = (server.get(f"/samples?n=5&seed=7&label={label}") for label in (1, 1, 2))
    assert [status for status, _, _ in (one, again, other)] == [200] * 3
    assert one[2] == again[2] != other[2]


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("n=0", "n: 0; a whole number from 1 to 1024"),
        ("n=many", "n: 'many'; allowed: a whole number"),
        ("seed=-1", "seed: -1; a whole number from 0 to"),
        ("label=3", "label: 3; allowed: -1 or a class from 0 to 2"),
        ("temperature=nan", "temperature: 'nan'; allowed: a number"),
        ("temprature=1", "temprature: no such parameter; there are: n, seed, "),
        ("format=gif", "format: 'gif'; allowed: png or json"),
    ],
)
def test_what_it_cannot_do_it_says_in_a_line(server, asked, told):
    status, _, body = server.get(f"/samples?{asked}")
    assert status == 400
    assert body.decode().startswith(told)
    assert body.count(b"\n") == 1


def test_more_requests_than_may_wait_are_sent_away_for_a_while(server):
    with ThreadPoolExecutor(24) as pool:
        answers = list(pool.map(server.get, ["/samples?n=1024&format=json"] * 24))
    assert {status for status, _, _ in answers} == {200, 503}
    assert all(headers["Retry-After"] for status, headers, _ in answers if status == 503)
    assert server.get("/samples")[0] == 200


def test_it_follows_the_alias_and_never_stops_answering(server, versions):
    move_champion("conditional", versions[1])
    asked: list[int] = []
    server.until(lambda _, told: asked.append(server.get("/samples?n=2")[0]) or told.get("version") == versions[1])
    assert set(asked) == {200}
    for child in psutil.Process(server.process.pid).children():
        child.kill()
    server.until(lambda status, _: status == 503)
    server.until(lambda status, _: status == 200)  # it was loaded again
    assert server.get("/samples")[0] == 200
    move_champion("conditional", versions[2])  # whose weights are others now
    server.until(lambda _, told: "not those that were registered" in told.get("note", ""))
    assert server.health()[1]["version"] == versions[1]
    mlflow.MlflowClient().delete_registered_model_alias("conditional", "champion")
    server.until(lambda status, _: status == 503)
    status, headers, body = server.get("/samples")
    assert (status, b"no version 'champion'" in body, headers["Retry-After"]) == (503, True, "1")


def test_a_wrong_name_is_answered_at_once(versions):
    command = [sys.executable, "-m", "components.serve", "lstn"]
    done = subprocess.run(
        command, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (2, "no registered model is named 'lstn'; there are: conditional, lstm\n")

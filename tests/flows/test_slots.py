import json
import os
import threading
import time
from pathlib import Path

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import GlobalConcurrencyLimitCreate

from flows.graph import read_resources
from flows.pipeline import pipeline
from flows.slots import LIMIT, gpus, slots
from tests.flows.conftest import Project


@pytest.fixture
def driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A machine whose driver's tool tells of two GPUs."""
    tool = tmp_path / "bin" / "nvidia-smi"
    tool.parent.mkdir()
    tool.write_text("#!/bin/sh\necho 'GPU 0: one (UUID: GPU-1)'\necho 'GPU 1: another (UUID: GPU-2)'\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", os.pathsep.join([str(tool.parent), os.environ["PATH"]]))
    gpus.cache_clear()
    yield
    gpus.cache_clear()


def test_no_gpu_no_slot(monkeypatch: pytest.MonkeyPatch, driver):
    assert gpus() == 2
    gpus.cache_clear()
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert gpus() == 0
    with slots({"GPU": 1}):  # asks no server
        pass


@pytest.mark.usefixtures("driver")
def test_one_slot_is_held_by_one_stage_at_a_time_and_must_exist(project: Project, prefect_server: str):
    url = f"{prefect_server}/v2/concurrency_limits/{LIMIT}"
    look = f"""python -c "from urllib.request import urlretrieve as get; get('{url}', 'seen.json')\""""
    stage = {"cmd": look, "outs": ["seen.json"], "meta": {"resources": {"GPU": 1}}}
    Path("dvc.yaml").write_text(json.dumps({"stages": {"train": stage}}))
    refused = pipeline(return_state=True)
    assert refused.message.endswith("`prefect gcl create gpu --limit 1` makes it")
    assert len(refused.message.splitlines()) == 1
    with get_client(sync_client=True) as client:
        client.create_global_concurrency_limit(GlobalConcurrencyLimitCreate(name=LIMIT, limit=1))
    assert pipeline(return_state=True).is_completed()
    assert json.loads(Path("seen.json").read_text())["active_slots"] == 1
    times: list[tuple[float, float]] = []

    def train() -> None:
        with slots({"GPU": 1}):
            start = time.monotonic()
            time.sleep(0.5)
            times.append((start, time.monotonic()))

    threads = [threading.Thread(target=train) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (_, first_end), (second_start, _) = sorted(times)
    assert second_start >= first_end


def test_needs_are_those_of_the_graph(tmp_path: Path):
    graph = tmp_path / "dvc.yaml"
    graph.write_text(
        "stages:\n  one: {cmd: x, meta: {resources: {GPU: 1}}}\n  two: {cmd: x}\n"
        "  many: {foreach: [a], do: {cmd: x, meta: {resources: {GPU: 2, memory: 1.5}}}}\n"
    )
    assert read_resources(graph) == {"one": {"GPU": 1}, "many": {"GPU": 2, "memory": 1.5}}

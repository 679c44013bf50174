"""Everything together, as ``make serve`` brings it up, on a tiny project: schedules, clones, lost workers."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen
from uuid import UUID

import psutil
import pytest
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId
from prefect.settings import PREFECT_API_URL, temporary_settings
from prefect.states import Cancelling, Failed, Pending

from flows.events import announce
from tests.flows.conftest import ROOT, Project, lives, until

WAITING = """\
  wait:
    foreach: [cancelled, lost]
    do:
      cmd: python step.py orders/wait_${item} out/wait_${item}
      deps: [step.py, "orders/wait_${item}"]
      outs: ["out/wait_${item}"]
"""
SILENCE = 45
"""Seconds after which a silent run has crashed: a heartbeat comes every 30."""


def free_ports(count: int) -> list[str]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [str(each.getsockname()[1]) for each in sockets]
    for each in sockets:
        each.close()
    return ports


def create_repository(folder: Path) -> Project:
    """A tiny project with the flows of this one, whose nightly run is due every minute."""
    project = Project.create(folder)
    with (folder / "dvc.yaml").open("a") as graph:
        graph.write(WAITING)
    for name in ("cancelled", "lost"):
        project.order(f"wait_{name}", f"hang {folder.parent / name}")
    for room in ("components", "flows"):
        shutil.copytree(ROOT / room, folder / room, ignore=shutil.ignore_patterns("__pycache__"))
    deployments = (ROOT / "prefect.yaml").read_text()
    deployments = deployments[: deployments.index("  - name: release-watch")]
    every_minute = 'parameters: {targets: [report]}\n    schedules:\n      - cron: "* * * * *"'
    assert '"0 2 * * *"' in deployments
    deployments = deployments.replace('schedules:\n      - cron: "0 2 * * *"', every_minute)
    (folder / "prefect.yaml").write_text(deployments)
    automations = (ROOT / "automations.yaml").read_text()
    assert "within: 90 " in automations
    (folder / "automations.yaml").write_text(automations.replace("within: 90 ", f"within: {SILENCE} "))
    (folder / ".gitignore").write_text("/out/\n/seen/\n/mlflow.db*\n/mlartifacts/\n__pycache__/\n/.menagerie/\n")
    person = ["-c", "user.name=somebody", "-c", "user.email=somebody@example.org"]
    for arguments in (["init", "-q"], ["add", "."], [*person, "commit", "-q", "-m", "all"]):
        subprocess.run(["git", *arguments], cwd=folder, check=True)
    return project


class Service:
    """A served project, seen by its API."""

    def __init__(self, project: Project, client: SyncPrefectClient, environment: dict[str, str]):
        self.project = project
        self.client = client
        self.environment = environment

    def start(self, deployment: str, **parameters) -> UUID:
        """Order a run of a deployment."""
        found = self.client.read_deployment_by_name(f"menagerie/{deployment}")
        return self.client.create_flow_run_from_deployment(found.id, parameters=parameters).id

    def state(self, run: UUID):
        return self.client.read_flow_run(run).state

    def tasks(self, run: UUID) -> dict[str, str]:
        chosen = FlowRunFilter(id=FlowRunFilterId(any_=[run]))
        return {task.name: task.state_name for task in self.client.read_task_runs(flow_run_filter=chosen)}

    def worker(self, name: str) -> psutil.Process:
        """Start a worker as on another machine: what it needs is in its environment."""
        log = (self.project.folder.parent / f"{name}.log").open("wb")
        command = [sys.executable, "-m", "prefect", "worker", "start", "--pool", "menagerie", "--name", name]
        return psutil.Popen(
            command, env=self.environment, cwd=self.project.folder.parent, stdout=log, stderr=subprocess.STDOUT
        )

    def hanging(self, name: str) -> psutil.Process:
        """The process that the stage ``wait@NAME`` has started."""
        mark = self.project.folder.parent / name
        return psutil.Process(int(until(lambda: mark.exists() and mark.read_text())))


def kill(root: psutil.Process) -> None:
    """As when a machine goes: everything at once, without a word."""
    for process in [root, *root.children(recursive=True)]:
        process.kill()
    root.wait()


@pytest.fixture(scope="module")
def service(environment, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("served")
    project = create_repository(folder / "project")
    mlflow, prefect = free_ports(2)
    own = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "MLFLOW_"))}
    own |= {"PYTHONPATH": str(project.folder), "DVC_NO_ANALYTICS": "1"}
    ports = ["--mlflow-port", mlflow, "--prefect-port", prefect]
    command = [sys.executable, "-m", "flows.serve", "--no-worker", *ports]
    served = subprocess.Popen(command, cwd=project.folder, env=own, stdout=subprocess.PIPE, text=True)
    assert served.stdout
    said: list[str] = []
    while not said or (said[-1] and not said[-1].startswith("Ctrl-C")):
        said.append(served.stdout.readline())
    started = psutil.Process(served.pid).children(recursive=True)
    home = project.folder / ".menagerie"
    api = f"http://127.0.0.1:{prefect}/api"
    own |= {"PREFECT_API_URL": api, "MLFLOW_TRACKING_URI": f"http://127.0.0.1:{mlflow}"}
    own |= {
        "MENAGERIE_REMOTE": str(home / "remote"),
        "MENAGERIE_HOME": str(home),
        "PREFECT_HOME": str(home / "prefect"),
    }
    own |= {"TMPDIR": str(home / "clones")}
    assert any(line.split() == ["Prefect", api.removesuffix("/api")] for line in said)
    with temporary_settings({PREFECT_API_URL: api}), get_client(sync_client=True) as client:
        yield Service(project, client, own)
    served.send_signal(signal.SIGINT)
    assert served.wait(60) == 0
    assert not any(map(lives, started))


@pytest.fixture(scope="module")
def lost(service: Service) -> UUID:
    """A run whose worker has been killed, with all that it had started."""
    run = service.start("on-demand", targets=["wait@lost"])
    worker = service.worker("doomed")
    service.hanging("lost")
    until(lambda: service.state(run).is_running())
    kill(worker)
    return run


@pytest.fixture(scope="module")
def worker(service: Service, lost: UUID) -> Iterator[psutil.Process]:
    process = service.worker("lasting")
    yield process
    process.terminate()
    process.wait(60)


def test_files_of_the_record_lie_where_no_server_is_needed(service: Service):
    address = f"{service.environment['MLFLOW_TRACKING_URI']}/api/2.0/mlflow/experiments/get?experiment_id=0"
    with urlopen(address) as answer:
        found = json.load(answer)["experiment"]["artifact_location"]
    assert found == (service.project.folder / "mlartifacts" / "0").as_uri()


@pytest.mark.usefixtures("worker")
def test_a_cron_deployment_fires_and_works_in_a_clone(service: Service):
    nightly = service.client.read_deployment_by_name("menagerie/nightly").id

    def scheduled():
        runs = service.client.request("POST", "/flow_runs/filter", json={"sort": "START_TIME_DESC"}).json()
        return [run for run in runs if run["deployment_id"] == str(nightly) and run["auto_scheduled"]]

    assert len(until(scheduled)) > 1  # by the scheduler, from the cron
    done = until(lambda: [run for run in scheduled() if run["state_type"] in ("COMPLETED", "FAILED", "CRASHED")])[-1]
    assert done["state"]["message"] == "5 stages ran, 0 were up to date"
    assert service.tasks(UUID(done["id"])) == dict.fromkeys(
        ["make@a", "make@b", "refine@a", "refine@b", "report"], "Completed"
    )
    assert not service.project.exists("report")  # nothing was done where a person edits
    assert not (service.project.folder / ".dvc" / "config.local").exists()
    chosen = {"flow_runs": {"id": {"any_": [done["id"]]}}}
    artifacts = service.client.request("POST", "/artifacts/filter", json=chosen).json()
    lock = next(each["data"] for each in artifacts if each["key"] == "dvc-lock")
    assert "out/report" in lock

    again = service.start("on-demand", targets=["report"])  # in a clone that knows nothing but the remote
    assert until(lambda: service.state(again).is_final() and service.state(again)).message == (
        "0 stages ran, 5 were up to date"
    )


@pytest.mark.usefixtures("worker")
def test_a_cancelled_run_leaves_no_process(service: Service):
    run = service.start("on-demand", targets=["wait@cancelled"])
    child = service.hanging("cancelled")
    family = [child, *child.parents()]
    family = [process for process in family if "step.py" in " ".join(process.cmdline()) or process == child]
    service.client.set_flow_run_state(run, Cancelling())
    until(lambda: service.state(run).is_cancelled())
    until(lambda: not any(map(lives, family)))


@pytest.mark.usefixtures("worker")
def test_a_killed_workers_run_is_detected_and_run_again(service: Service, lost: UUID):
    state = until(lambda: service.state(lost).is_completed() and service.state(lost))
    assert state.message == "1 stages ran, 0 were up to date"
    assert service.client.read_flow_run(lost).run_count == 2


def test_three_failures_in_a_row_pause_a_deployment(service: Service):
    """One without a schedule: runs that end well in between would begin the count anew."""
    found = service.client.read_deployment_by_name("menagerie/on-demand")
    for failures in range(3):
        assert not service.client.read_deployment(found.id).paused, f"paused after {failures} failures"
        run = service.client.create_flow_run_from_deployment(found.id, state=Pending())
        service.client.set_flow_run_state(run.id, Failed())
        run = service.client.read_flow_run(run.id)
        announce(None, run, run.state)
    until(lambda: service.client.read_deployment(found.id).paused)

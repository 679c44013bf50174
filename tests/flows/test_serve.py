"""Everything together, as ``make serve`` brings it up, on a tiny project: schedules, clones, lost workers."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path
from uuid import UUID

import httpx
import psutil
import pytest
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import DeploymentScheduleUpdate, DeploymentUpdate
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterId, FlowRunFilter, FlowRunFilterId
from prefect.client.schemas.schedules import CronSchedule
from prefect.settings import PREFECT_API_URL, temporary_settings
from prefect.states import Cancelling
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from tests.flows.conftest import ROOT, Project, lives, until

WAITING = """\
  wait:
    foreach: [cancelled, lost]
    do:
      cmd: python step.py orders/wait_${item} out/wait_${item}
      deps: [step.py, "orders/wait_${item}"]
      outs: ["out/wait_${item}"]
"""


FAILING = """\
import sys
from uuid import UUID
from prefect.client.orchestration import get_client
from prefect.states import Failed, Pending
from flows.events import announce

with get_client(sync_client=True) as client:
    for _ in range(int(sys.argv[2])):
        run = client.create_flow_run_from_deployment(UUID(sys.argv[1]), state=Pending()).id
        client.set_flow_run_state(run, Failed())
        run = client.read_flow_run(run)
        announce(None, run, run.state)
"""
"""A process of its own: Prefect sends all events of a process to the first server that it met."""


def free_ports(count: int) -> list[str]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [str(each.getsockname()[1]) for each in sockets]
    for each in sockets:
        each.close()
    return ports


def create_repository(folder: Path) -> Project:
    """A tiny project with the flows and deployments of this one; no schedule is active."""
    project = Project.create(folder)
    with (folder / "dvc.yaml").open("a") as graph:
        graph.write(WAITING)
    for name in ("cancelled", "lost"):
        project.order(f"wait_{name}", f"hang {folder.parent / name}")
    for room in ("components", "flows"):
        shutil.copytree(ROOT / room, folder / room, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "automations.yaml", folder)
    deployments = (ROOT / "prefect.yaml").read_text()
    (folder / "prefect.yaml").write_text(re.sub("- (cron|interval):", r"- active: false\n        \1:", deployments))
    (folder / ".gitignore").write_text("/out/\n/seen/\n/mlflow.db*\n/mlartifacts/\n__pycache__/\n/.menagerie/\n")
    person = ["-c", "user.name=somebody", "-c", "user.email=somebody@example.org"]
    for arguments in (["init", "-q"], ["add", "."], [*person, "commit", "-q", "-m", "all"]):
        subprocess.run(["git", *arguments], cwd=folder, check=True)
    return project


class Service:
    """A served project, seen by its API."""

    def __init__(self, project: Project, client: SyncPrefectClient, mlflow: str, prefect: str, worker: psutil.Process):
        self.project = project
        self.client = client
        self.mlflow = mlflow
        self.prefect = prefect
        self.worker = worker

    def start(self, deployment: str, **parameters) -> UUID:
        """Order a run of a deployment."""
        found = self.client.read_deployment_by_name(f"menagerie/{deployment}")
        return self.client.create_flow_run_from_deployment(found.id, parameters=parameters).id

    def state(self, run: UUID):
        return self.client.read_flow_run(run).state

    def end(self, run: UUID):
        """The final state of a run."""
        return until(lambda: self.state(run).is_final() and self.state(run))

    def tasks(self, run: UUID) -> dict[str, str]:
        chosen = FlowRunFilter(id=FlowRunFilterId(any_=[run]))
        return {task.name: task.state_name for task in self.client.read_task_runs(flow_run_filter=chosen)}

    def another_worker(self) -> psutil.Process:
        """As on another machine: what it needs is in its environment."""
        home = self.project.folder / ".menagerie"
        command = [sys.executable, "-m", "prefect", "worker", "start", "--pool", "menagerie"]
        environment = {
            **environment_of(self.project),
            "PREFECT_API_URL": f"{self.prefect}/api",
            "PREFECT_HOME": str(home / "prefect"),
            "MLFLOW_TRACKING_URI": self.mlflow,
            "MENAGERIE_REMOTE": str(home / "remote"),
            "MENAGERIE_HOME": str(home),
            "TMPDIR": str(home / "clones"),
        }
        with (home / "logs" / "another.log").open("wb") as log:
            return psutil.Popen(command, env=environment, cwd=home, stdout=log, stderr=subprocess.STDOUT)

    def hanging(self, name: str) -> psutil.Process:
        """The process that the stage ``wait@NAME`` has started."""
        mark = self.project.folder.parent / name
        return psutil.Process(int(until(lambda: mark.exists() and mark.read_text())))


def environment_of(project: Project) -> dict[str, str]:
    """The session's, without servers; workers look for work all the time."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "MLFLOW_"))}
    return own | {"PYTHONPATH": str(project.folder), "PREFECT_WORKER_QUERY_SECONDS": "1"}


def kill(root: psutil.Process) -> None:
    """As when a machine goes: everything at once, without a word."""
    for process in [root, *root.children(recursive=True)]:
        process.kill()
    root.wait()


@pytest.fixture(scope="module")
def service(prefect_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    project = create_repository(tmp_path_factory.mktemp("served") / "project")
    shutil.copytree(prefect_home, project.folder / ".menagerie" / "prefect")
    mlflow, prefect = free_ports(2)
    command = [sys.executable, "-m", "flows.serve", "--mlflow-port", mlflow, "--prefect-port", prefect]
    served = psutil.Popen(command, cwd=project.folder, env=environment_of(project), stdout=subprocess.PIPE, text=True)
    try:
        lines = takewhile(lambda line: not line.startswith("Ctrl-C"), served.stdout)
        addresses = dict(line.split() for line in lines if "http" in line)
        assert addresses == {"MLflow": f"http://127.0.0.1:{mlflow}", "Prefect": f"http://127.0.0.1:{prefect}"}
        started = served.children(recursive=True)
        worker = next(process for process in started if "worker" in process.cmdline())
        api = f"{addresses['Prefect']}/api"
        with temporary_settings({PREFECT_API_URL: api}), get_client(sync_client=True) as client:
            yield Service(project, client, addresses["MLflow"], addresses["Prefect"], worker)
        served.terminate()
        until(lambda: not lives(worker))
        served.send_signal(signal.SIGINT)  # impatient, while the servers end
        assert served.wait(120) == 0
        assert not any(map(lives, started))
    finally:
        if served.poll() is None:
            kill(served)


@pytest.fixture(scope="module")
def lost(service: Service) -> UUID:
    """A run whose worker was killed, with all that it had started; the served worker slept until then."""
    service.worker.suspend()
    run = service.start("on-demand", targets=["wait@lost"])
    doomed = service.another_worker()
    try:
        service.hanging("lost")
        until(lambda: service.state(run).is_running())
    finally:
        kill(doomed)
        service.worker.resume()
    return run


def test_all_is_deployed(service: Service):
    deployments = {each.name: each for each in service.client.read_deployments()}
    assert deployments.keys() == {"nightly", "on-demand", "release-watch", "sweep"}
    schedules = {name: each.schedules[0].schedule for name, each in deployments.items() if each.schedules}
    assert schedules["nightly"].cron == "0 2 * * *"
    assert schedules["release-watch"].interval.total_seconds() == 180
    assert service.client.read_global_concurrency_limit_by_name("gpu").limit == 1


@pytest.mark.parametrize(
    "stranger", [{"Origin": "https://example.org"}, {"Origin": "null"}, {"Host": "10.example.org"}]
)
def test_no_page_of_elsewhere_is_answered(service: Service, stranger: dict[str, str]):
    for path in (f"{service.prefect}/api/deployments/filter", f"{service.mlflow}/api/2.0/mlflow/experiments/create"):
        assert httpx.post(path, headers=stranger, json={}).status_code == 403
        preflight = httpx.options(path, headers={"Access-Control-Request-Method": "POST", **stranger})
        assert "Access-Control-Allow-Origin" not in preflight.headers


def test_no_page_of_elsewhere_listens(service: Service):
    """To WebSockets, which no browser keeps from another origin."""
    events = f"{service.prefect}/api/events/out".replace("http", "ws")
    with pytest.raises(InvalidStatus, match="403"):
        connect(events, origin=Origin("https://example.org"))
    connect(events, origin=Origin(service.prefect)).close()


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_its_own_pages_are_answered(service: Service, name: str):
    prefect = service.prefect.replace("127.0.0.1", name)
    assert "<html" in httpx.get(prefect).text
    assert httpx.post(f"{prefect}/api/flows/filter", headers={"Origin": prefect}, json={}).status_code == 200
    assert "<html" in httpx.get(service.mlflow.replace("127.0.0.1", name)).text


def test_files_of_the_record_lie_where_no_server_is_needed(service: Service):
    answer = httpx.get(f"{service.mlflow}/api/2.0/mlflow/experiments/get", params={"experiment_id": 0})
    own = service.project.folder / "mlartifacts" / "0"
    assert answer.json()["experiment"]["artifact_location"] == own.as_uri()


@pytest.mark.usefixtures("lost")
def test_a_cron_deployment_fires_and_works_in_a_clone(service: Service):
    nightly = service.client.read_deployment_by_name("menagerie/nightly").id
    chosen = DeploymentFilter(id=DeploymentFilterId(any_=[nightly]))

    def fired():
        runs = service.client.read_flow_runs(deployment_filter=chosen)
        return [run for run in runs if run.auto_scheduled and not run.state.is_scheduled()]

    often = DeploymentScheduleUpdate(schedule=CronSchedule(cron="* * * * * */10"), active=True)
    awake = DeploymentUpdate(parameters={"targets": ["refine@a"]}, schedules=[often])
    service.client.update_deployment(nightly, awake)
    done = until(fired)[-1].id
    service.client.update_deployment(nightly, DeploymentUpdate(schedules=[]))

    assert service.end(done).message == "2 stages ran, 0 were up to date"
    assert service.tasks(done) == {"make@a": "Completed", "refine@a": "Completed"}
    assert not service.project.exists("refine_a")  # nothing was done where a person edits
    assert not (service.project.folder / ".dvc" / "config.local").exists()
    artifacts = service.client.read_artifacts(flow_run_filter=FlowRunFilter(id=FlowRunFilterId(any_=[done])))
    lock = next(each.data for each in artifacts if each.key == "dvc-lock")
    assert "out/refine_a" in lock

    again = service.start("on-demand", targets=["make@a"])  # in a clone that knows nothing but the remote
    assert service.end(again).message == "0 stages ran, 1 were up to date"


@pytest.mark.usefixtures("lost")
def test_a_cancelled_run_leaves_no_process(service: Service):
    run = service.start("on-demand", targets=["wait@cancelled"])
    child = service.hanging("cancelled")
    assert service.worker in child.parents()
    family = [child, *takewhile(lambda process: process != service.worker, child.parents())]
    service.client.set_flow_run_state(run, Cancelling())
    until(lambda: service.state(run).is_cancelled())
    until(lambda: not any(map(lives, family)))


def test_three_failures_in_a_row_pause_a_deployment(service: Service):
    """One that nothing else here runs: a run that ends well would begin the count anew."""
    found = service.client.read_deployment_by_name("release/release-watch")
    environment = environment_of(service.project) | {"PREFECT_API_URL": f"{service.prefect}/api"}
    for failures in (2, 1):
        assert not service.client.read_deployment(found.id).paused
        subprocess.run([sys.executable, "-c", FAILING, str(found.id), str(failures)], env=environment, check=True)
    until(lambda: service.client.read_deployment(found.id).paused)


def test_a_killed_workers_run_is_detected_and_run_again(service: Service, lost: UUID):
    state = until(lambda: service.state(lost).is_completed() and service.state(lost), 300)
    assert state.message == "1 stages ran, 0 were up to date"
    assert service.client.read_flow_run(lost).run_count == 2

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId

from flows.pipeline import pipeline
from tests.flows.conftest import Project, until

pytestmark = pytest.mark.usefixtures("prefect_server")


def task_states(state) -> dict[str, str]:
    """Name and state of every task run of a flow run, once the server knows them all to have ended."""
    chosen = FlowRunFilter(id=FlowRunFilterId(any_=[state.state_details.flow_run_id]))

    def ended():
        with get_client(sync_client=True) as client:
            runs = client.read_task_runs(flow_run_filter=chosen)
        settled = all(run.state and (run.state.is_final() or run.state.name == "NotReady") for run in runs)
        return runs if settled else None

    return {run.name: run.state.name for run in until(ended)}


def command(*arguments: str, **options) -> subprocess.Popen[str]:
    line = [sys.executable, "-m", "flows.pipeline", *arguments]
    return subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)


def test_parallel_run_leaves_what_dvc_repro_leaves_then_is_cached(project: Project, tmp_path: Path):
    project.order("make_a", "meet make_b")
    project.order("make_b", "meet make_a")
    twin = Project(tmp_path / "twin")
    shutil.copytree(project.folder, twin.folder)
    (twin.folder / "seen").mkdir()
    (twin.folder / "seen" / "make_b").touch()

    state = pipeline(return_state=True)
    assert state.is_completed(), state.message
    assert state.message == "5 stages ran, 0 were up to date"
    assert "up to date" in project.dvc("status")
    twin.dvc("repro")
    assert project.lock() == twin.lock()

    again = pipeline(return_state=True)
    assert again.message == "0 stages ran, 5 were up to date"
    assert task_states(again) == dict.fromkeys(["make@a", "make@b", "refine@a", "refine@b", "report"], "Cached")

    project.order("refine_b", "something-else")
    assert pipeline(["refine"], return_state=True).message == "1 stages ran, 3 were up to date"


def test_failed_branch_stops_its_descendants_only(project: Project):
    project.order("make_a", "fail")
    state = pipeline(return_state=True)
    assert state.is_failed()
    assert state.message == "failed: make@a; not run because of it: refine@a, report"
    assert project.exists("refine_b")
    assert not project.exists("report")
    assert task_states(state) == {
        "make@a": "Failed",
        "make@b": "Completed",
        "refine@a": "NotReady",
        "refine@b": "Completed",
        "report": "NotReady",
    }


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_cancelling_ends_the_children(project: Project, prefect_server: str, monkeypatch, sent: signal.Signals):
    monkeypatch.setenv("PREFECT_API_URL", prefect_server)
    project.order("make_a", "hang")
    flow = command("--targets", "make@a")
    until(project.hanging_child_lives)
    flow.send_signal(sent)
    output, _ = flow.communicate(timeout=60)
    assert flow.returncode == {signal.SIGTERM: -signal.SIGTERM, signal.SIGINT: 130}[sent], output
    assert not project.hanging_child_lives()
    project.order("make_a", "work")
    project.dvc("repro")
    assert project.exists("report")


def test_cut_off_lock_is_healed(project: Project):
    project.dvc("repro", "make@a")
    assert pipeline(["make@a"], return_state=True).is_completed()
    path = project.folder / "dvc.lock"
    whole = path.read_text()
    path.write_text(whole[: len(whole) // 2])
    assert pipeline(["make@a"], return_state=True).message == "0 stages ran, 1 were up to date"
    assert path.read_text() == whole


def test_failure_is_exit_code_1(project: Project, prefect_server: str, monkeypatch):
    monkeypatch.setenv("PREFECT_API_URL", prefect_server)
    project.order("make_a", "fail")
    flow = command("--targets", "make@a", "--parallel", "1")
    output, _ = flow.communicate(timeout=60)
    assert flow.returncode == 1
    assert "told to fail" in output
    assert "Traceback" not in output


def test_mistakes_are_one_line_and_exit_code_2(project: Project):
    unknown = command("--targets", "nosuch")
    output, _ = unknown.communicate(timeout=60)
    assert unknown.returncode == 2
    assert "nosuch" in output
    assert len(output.splitlines()) == 1

    params = project.folder / "params.yaml"
    params.write_text(params.read_text().replace("parallel_stages: 2", "parallel_stages: 0"))
    wrong = command()
    output, _ = wrong.communicate(timeout=60)
    assert wrong.returncode == 2
    assert "parallel_stages" in output
    assert len(output.splitlines()) == 1

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId
from prefect.client.schemas.sorting import FlowRunSort, TaskRunSort
from prefect.states import State

from components.params import UserError
from flows.events import FAILED, RECOVERED
from flows.lockfile import LockGuard
from flows.pipeline import main, pipeline
from tests.flows.conftest import Project, lives, until

pytestmark = pytest.mark.usefixtures("prefect_server")


def last_run() -> tuple[State, dict[str, str]]:
    """State of the latest flow run, and the name and state of each of its task runs once the server knows the end."""
    with get_client(sync_client=True) as client:
        flow_run = client.read_flow_runs(sort=FlowRunSort.START_TIME_DESC, limit=1)[0]
        chosen = FlowRunFilter(id=FlowRunFilterId(any_=[flow_run.id]))

        def ended():
            runs = client.read_task_runs(flow_run_filter=chosen, sort=TaskRunSort.NAME_ASC, limit=50)
            settled = all(run.state and (run.state.is_final() or run.state.name == "NotReady") for run in runs)
            return runs if settled else None

        return flow_run.state, {run.name: run.state.name for run in until(ended)}


def artifacts(state: State) -> dict[str, str]:
    """Key and content of every artifact of a flow run."""
    chosen = {"flow_runs": {"id": {"any_": [str(state.state_details.flow_run_id)]}}}
    with get_client(sync_client=True) as client:
        found = client.request("POST", "/artifacts/filter", json=chosen).raise_for_status().json()
    return {each["key"]: each["data"] for each in found}


def run_main(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    monkeypatch.setattr(sys, "argv", ["flows.pipeline", *arguments])
    main()


def command(*arguments: str, **options) -> subprocess.Popen[str]:
    line = [sys.executable, "-m", "flows.pipeline", *arguments]
    return subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)


@contextmanager
def heeded(signals: Iterable[signal.Signals]) -> Iterator[None]:
    """Processes started here end by these signals even where this one was told to ignore them, as ``nohup`` does."""
    before = {sent: signal.signal(sent, signal.SIG_DFL) for sent in signals}
    try:
        yield
    finally:
        for sent, handler in before.items():
            signal.signal(sent, handler)


def test_parallel_run_leaves_what_dvc_repro_leaves_then_is_cached(project: Project, tmp_path: Path, monkeypatch):
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

    Path("reports").mkdir()
    Path("reports/table.md").write_text("| model |")
    samples = Path("artifacts/evaluation/lstm/samples.txt")
    samples.parent.mkdir(parents=True)
    samples.write_text("to be or not")
    run_main(monkeypatch)
    state, stages = last_run()
    assert artifacts(state).keys() == {"dvc-lock", "results", "samples", "mlflow"}
    assert artifacts(state)["results"] == "| model |"
    assert "to be or not" in artifacts(state)["samples"]
    assert state.message == "0 stages ran, 5 were up to date"
    assert stages == dict.fromkeys(["make@a", "make@b", "refine@a", "refine@b", "report"], "Cached")


def test_failed_branch_stops_its_descendants_only(project: Project, monkeypatch):
    project.order("make_a", "fail")
    with pytest.raises(SystemExit) as ended:
        run_main(monkeypatch, "--parallel", "1")
    assert ended.value.code == 1
    state, stages = last_run()
    assert state.is_failed()
    assert state.message == "failed: make@a; not run because of it: refine@a, report"
    assert project.exists("refine_b")
    assert not project.exists("report")
    assert stages == {
        "make@a": "Failed",
        "make@b": "Completed",
        "refine@a": "NotReady",
        "refine@b": "Completed",
        "report": "NotReady",
    }


def test_ending_the_flow_ends_all_that_it_started(tmp_path: Path, prefect_server: str):
    """On a server, and with none: then the flow has started one. A terminal's signals go to a group of processes."""
    cases = {
        signal.SIGTERM: (os.killpg, None),
        signal.SIGINT: (os.killpg, prefect_server),
        signal.SIGHUP: (os.kill, prefect_server),
    }
    projects = {sent: Project.create(tmp_path / sent.name) for sent in cases}
    flows = {}
    with heeded(cases):
        for sent, project in projects.items():
            project.order("make_a", "hang")
            _, server = cases[sent]
            environment = {**os.environ, "PREFECT_API_URL": server} if server else None
            flows[sent] = command("--targets", "make@a", cwd=project.folder, env=environment, start_new_session=True)
    for sent, project in projects.items():
        until(project.hanging_child_lives)
        end, server = cases[sent]
        started = psutil.Process(flows[sent].pid).children(recursive=True)
        end(flows[sent].pid, sent)
        output, _ = flows[sent].communicate(timeout=180)
        assert flows[sent].returncode == 128 + sent, output
        assert "Finished in state Crashed" in output
        assert "Traceback" not in output
        assert f"ended by {sent.name}; the same command goes on where it was" in output.splitlines()
        assert len(started) >= (3 if server else 5)
        until(lambda left=started: not any(map(lives, left)))
        assert not project.hanging_child_lives()
        project.order("make_a", "work")
        project.dvc("repro", "make@a")
        assert project.exists("make_a")


def test_cut_off_lock_is_healed(project: Project):
    project.dvc("repro", "make@a")
    LockGuard().keep()
    path = project.folder / "dvc.lock"
    whole = path.read_text()
    path.write_text(whole[: len(whole) // 2])
    assert pipeline(["make@a"], return_state=True).message == "0 stages ran, 1 were up to date"
    assert path.read_text() == whole


def test_mistakes_are_one_line_before_any_work(project: Project, monkeypatch):
    with pytest.raises(UserError, match="nosuch"):
        run_main(monkeypatch, "--targets", "nosuch")
    with monkeypatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
        with pytest.raises(UserError, match="does not answer"):
            run_main(monkeypatch)
    assert not (project.folder / "seen").exists()

    params = project.folder / "params.yaml"
    params.write_text(params.read_text().replace("parallel_stages: 2", "parallel_stages: 0"))
    wrong = command()
    output, _ = wrong.communicate(timeout=180)
    assert wrong.returncode == 2
    assert "parallel_stages" in output
    assert len(output.splitlines()) == 1


def test_two_runs_in_one_checkout_lose_nothing(project: Project, prefect_server: str):
    """Started in the same second, they want the same files; and a third, forced, from under both."""
    environment = {**os.environ, "PREFECT_API_URL": prefect_server}
    flows = [command(*arguments, env=environment) for arguments in ([], [], ["--targets", "make", "--force"])]
    said = [flow.communicate(timeout=180)[0] for flow in flows]
    assert [flow.returncode for flow in flows] == [0, 0, 0], said
    assert len(project.lock()["stages"]) == 5
    assert "up to date" in project.dvc("status")


def test_what_may_pass_is_tried_again_and_what_will_not_is_not(project: Project):
    params = project.folder / "params.yaml"
    params.write_text(params.read_text().replace("retry_seconds: 20", "retry_seconds: 0"))
    project.order("make_a", "vanish")
    project.order("make_b", "fail")
    state = pipeline(["make"], return_state=True)
    assert state.message == "failed: make@b"
    _, stages = last_run()
    assert stages == {"make@a": "Completed", "make@b": "Failed"}
    seen = {path.name: path.read_text() for path in Path("seen").iterdir()}
    assert (seen["make_a"], seen["make_b"]) == ("..", ".")


def test_failure_and_recovery_are_told(project: Project):
    names = []
    for orders in ("fail", "work", "work"):
        project.order("make_a", orders)
        state = pipeline(["make@a"], return_state=True)
        with get_client(sync_client=True) as client:
            names.append(client.read_flow_run(state.state_details.flow_run_id).name)

    def told() -> list[tuple[str, str]]:
        chosen = {"filter": {"event": {"prefix": ["menagerie.pipeline."]}, "order": "ASC"}}
        with get_client(sync_client=True) as client:
            events = client.request("POST", "/events/filter", json=chosen).raise_for_status().json()["events"]
        return [(each["event"], each["resource"]["prefect.resource.name"]) for each in events]

    until(lambda: (RECOVERED, names[1]) in told())
    assert [each for each in told() if each[1] in names] == [(FAILED, names[0]), (RECOVERED, names[1])]

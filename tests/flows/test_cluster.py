"""Workers with nothing in common but a WebDAV remote, a git repository behind HTTP, and the servers."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from threading import Thread

import psutil
import pytest
from cheroot.wsgi import Server
from prefect.client.orchestration import get_client
from wsgidav.wsgidav_app import WsgiDAVApp

from components.params import UserError, load
from flows.plan import Plan
from flows.source import find_source
from tests.flows.conftest import ROOT, Project, lives, until
from tests.registry.test_servers import serving

distributed = pytest.importorskip("distributed")

COUNTING = """\
    elif order == "count":  # a training in small, slow on a machine that lingers, which goes on from what is kept
        kept = Path(os.environ.get("MENAGERIE_CHECKPOINTS", "."), "kept")
        print("counting from", kept.read_text() if kept.exists() else 0, flush=True)
        kept.write_text("7")
        time.sleep(300 if "LINGER" in os.environ else 0)
"""
CONFIG = """\
[core]
    analytics = false
    no_scm = true
    remote = shelf
['remote "shelf"']
    url = webdav://127.0.0.1:{port}/remote
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def is_private(process: psutil.Process) -> bool:
    """Whether a process listens on this machine's own address and on no other."""
    listening = [each.laddr.ip for each in process.net_connections() if each.status == psutil.CONN_LISTEN]
    return set(listening) == {"127.0.0.1"}


@contextmanager
def shelf(folder: Path, port: int) -> Iterator[None]:
    """A WebDAV server of ``folder``."""
    (folder / "remote").mkdir(parents=True)
    app = WsgiDAVApp({"provider_mapping": {"/": str(folder)}, "simple_dc": {"user_mapping": {"*": True}}, "verbose": 0})
    server = Server(("127.0.0.1", port), app)
    server.prepare()
    thread = Thread(target=server.serve)
    thread.start()
    try:
        yield
    finally:
        server.stop()
        thread.join()


class Published(Project):
    """The tiny project in a git repository; what is committed can be cloned by HTTP."""

    def publish(self, shelf: Path) -> None:
        for command in (
            "init --quiet --initial-branch main",
            "add --all",
            "-c user.name=tests -c user.email=tests@localhost commit --quiet --message change",
            f"push --quiet {shelf / 'repository.git'} main",
            f"--git-dir {shelf / 'repository.git'} update-server-info",
        ):
            subprocess.run(["git", *command.split()], cwd=self.folder, check=True)


@pytest.fixture
def published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Published]:
    port, folder = free_port(), tmp_path / "shelf"
    project = Published.create(tmp_path / "project")
    subprocess.run(["git", "init", "--quiet", "--bare", folder / "repository.git"], check=True)
    (project.folder / ".dvc/config").write_text(CONFIG.format(port=port))
    (project.folder / ".dvc/.gitignore").write_text("/config.local\n/tmp\n/cache\n")
    (project.folder / ".gitignore").write_text("/out/\n/seen/\n/.menagerie/\n")
    step = project.folder / "step.py"
    step.write_text(step.read_text().replace("    else:\n        print", f"{COUNTING}    else:\n        print"))
    project.order("make_a", "count")
    graph = project.folder / "dvc.yaml"
    text = graph.read_text()
    for output, asked in (("make", "GPU: 1"), ("refine", "memory: 2, licence: 1")):
        outs = f'outs: ["out/{output}_${{item}}"]\n'
        text = text.replace(outs, f"{outs}      meta: {{resources: {{{asked}}}}}\n")
    graph.write_text(text)
    project.publish(folder)
    monkeypatch.setenv("MENAGERIE_REPOSITORY", f"http://127.0.0.1:{port}/repository.git")
    monkeypatch.chdir(project.folder)
    with shelf(folder, port):
        yield project


class Worker:
    """A worker process and its folder."""

    def __init__(self, folder: Path, scheduler: str, *options: str, **environment: str):
        self.folder = folder / "place"
        folder.mkdir(exist_ok=True)
        own = {"HOME": folder, "PREFECT_HOME": folder / "prefect", "DVC_SITE_CACHE_DIR": folder / "dvc"}
        self.log = (folder / "log").open("a")
        self.process = psutil.Popen(
            [sys.executable, "-m", "flows.worker", scheduler, "--folder", self.folder, *options],
            cwd=ROOT,
            env={
                "PATH": os.environ["PATH"],
                "DO_NOT_TRACK": "true",
                **{k: str(v) for k, v in own.items()},
                **environment,
            },
            stdout=self.log,
            stderr=self.log,
        )

    def heard(self, words: str) -> bool:
        """Whether a stage said something here: of what it wrote, the clone keeps nothing when the next one comes."""
        return words in Path(self.log.name).read_text()

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(30)
        self.log.close()


@pytest.fixture
def scheduler() -> Iterator[str]:
    port = free_port()
    command = [sys.executable, "-m", "flows.scheduler", "--port", str(port)]
    process = psutil.Popen(command, stderr=subprocess.DEVNULL)
    yield f"tcp://127.0.0.1:{port}"
    assert is_private(process)
    process.terminate()
    process.wait(30)


@contextmanager
def running_flow(server: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "flows.pipeline", *arguments]
    environment = {**os.environ, "PREFECT_API_URL": server}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
    ) as flow:
        try:
            yield flow
        finally:
            flow.kill()


def states(stage: str) -> set[str]:
    """Names of the states of all task runs of a stage that the server knows of."""
    with get_client(sync_client=True) as client:
        chosen = {"task_runs": {"name": {"any_": [stage]}}}
        found = client.request("POST", "/task_runs/filter", json=chosen).raise_for_status().json()
    return {each["state_name"] for each in found}


def test_one_of_two_workers_is_killed(
    published: Published, scheduler: str, prefect_server: str, tmp_path: Path, monkeypatch
):
    """Its stage goes on elsewhere from its checkpoint, and what comes of the run is what one machine makes."""
    twin = Project(tmp_path / "twin")
    shutil.copytree(published.folder, twin.folder)
    checkpoints = tmp_path / "checkpoints"
    checkpoints.mkdir()
    with ExitStack() as stack:

        def worker(name: str, offer: str, **environment: str) -> Worker:
            place = {"MENAGERIE_CHECKPOINTS": str(checkpoints), **environment}
            return stack.enter_context(closing(Worker(tmp_path / name, scheduler, "--resources", offer, **place)))

        other, doomed = worker("other", "memory=2"), worker("doomed", "GPU=1,memory=1", LINGER="1")
        store = ("--backend-store-uri", f"sqlite:///{tmp_path}/mlflow.db")
        record = stack.enter_context(serving(tmp_path, "/health", "server", "--workers", "1", *store))
        monkeypatch.setenv("MLFLOW_TRACKING_URI", record)
        stack.enter_context(distributed.Client(scheduler)).wait_for_workers(2)

        assert is_private(other.process)
        with running_flow(prefect_server, "--cluster", scheduler, "--targets", "refine@a") as flow:
            until(lambda: (checkpoints / "kept").exists() or flow.poll() is not None)
            left = doomed.process.children(recursive=True)
            doomed.process.kill()
            spare = worker("spare", "GPU=1,memory=1")
            until(lambda: not any(map(lives, left)))
            output, _ = flow.communicate(timeout=180)
        assert flow.returncode == 0, output
        assert len(left) > 1
        assert doomed.heard("counting from 0")
        assert spare.heard("counting from 7")
        assert other.heard("doing work-of-refine_a")
        twin.dvc("repro", "refine@a")
        assert published.lock() == twin.lock()
        assert "up to date" in published.dvc("status", "refine@a")
        assert published.exists("refine_a")

        published.order("refine_a", "hang")
        published.publish(tmp_path / "shelf")
        with running_flow(prefect_server, "--cluster", scheduler, "--targets", "refine@a") as flow:
            found = until(lambda: list(tmp_path.glob("*/place/repository/seen/hanging")))
            hanging = psutil.Process(int(until(found[0].read_text)))
            until(lambda: "Cached" in states("make@a"))
            flow.send_signal(signal.SIGTERM)
            until(lambda: not lives(hanging))
            flow.wait(60)


def test_more_than_any_worker_has_is_refused():
    from flows.cluster import expect_enough

    needs = {"report": {}, "train@vae": {"GPU": 1, "memory": 16, "licence": 1}}
    expect_enough(needs, [{}, {"memory": 2}, {"GPU": 2, "memory": 16}])
    with pytest.raises(UserError) as told:
        expect_enough(needs, [{}, {"memory": 64}, {"GPU": 2, "memory": 8}])
    assert str(told.value) == "dvc.yaml: train@vae: asks for GPU=1,memory=16; workers offer GPU=2,memory=8 or memory=64"


def test_what_others_cannot_get_is_refused(published: Published, monkeypatch):
    from flows.cluster import run_on_cluster

    source = find_source()
    assert source.url.startswith("webdav://")
    with_credentials = {
        "MLFLOW_TRACKING_URI": ("http://me:pass@word@localhost:5000", "MLFLOW_TRACKING_PASSWORD"),
        "MENAGERIE_REPOSITORY": ("https://me:pass@word@localhost/menagerie.git", "credential helper"),
    }
    for name, (url, place) in with_credentials.items():
        monkeypatch.setenv(name, url)
        with pytest.raises(UserError, match=place) as told:
            run_on_cluster("tcp://127.0.0.1:9", Plan({}, {}, load().execution, {}))
        assert f"{name}" in str(told.value)
        assert url.replace("me:pass@word@", "") in str(told.value)
    monkeypatch.setenv("MENAGERIE_REPOSITORY", source.repository)
    published.dvc("remote", "add", "--local", "--force", "shelf", "webdav://me:secret@localhost/remote")
    with pytest.raises(UserError, match="'shelf': credentials in webdav://me@localhost/remote"):
        find_source()
    Path("step.py").write_text("pass")
    with pytest.raises(UserError, match=f"commit {source.commit[:8]}"):
        find_source()

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
from wsgidav.wsgidav_app import WsgiDAVApp

from components.params import UserError
from flows.pipeline import pipeline
from flows.source import find_source
from tests.flows.conftest import ROOT, Project, lives, until
from tests.registry.test_servers import serving

distributed = pytest.importorskip("distributed")

LINGERING = '    elif order == "linger" and "LINGER" in __import__("os").environ:\n        time.sleep(300)\n'
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
    step.write_text(step.read_text().replace("    else:\n        print", f"{LINGERING}    else:\n        print"))
    graph = project.folder / "dvc.yaml"
    outputs = 'outs: ["out/refine_${item}"]\n'
    asks = "      meta: {resources: {GPU: 1, memory: 1}}\n"
    graph.write_text(graph.read_text().replace(outputs, outputs + asks))
    for stage in ("make_a", "make_b"):
        project.order(stage, "linger")
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

    def saw(self, stage: str) -> bool:
        return (self.folder / "repository/seen" / stage).exists()

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


def test_one_of_two_workers_is_killed(
    published: Published, scheduler: str, prefect_server: str, tmp_path: Path, monkeypatch
):
    twin = Project(tmp_path / "twin")
    shutil.copytree(published.folder, twin.folder)
    with ExitStack() as stack:
        doomed = stack.enter_context(closing(Worker(tmp_path / "doomed", scheduler, LINGER="1")))
        other = stack.enter_context(closing(Worker(tmp_path / "other", scheduler, "--resources", "GPU=1")))
        store = ("--backend-store-uri", f"sqlite:///{tmp_path}/mlflow.db")
        record = stack.enter_context(serving(tmp_path, "/health", "server", "--workers", "1", *store))
        monkeypatch.setenv("MLFLOW_TRACKING_URI", record)
        stack.enter_context(distributed.Client(scheduler)).wait_for_workers(2)

        assert is_private(other.process)
        targets = ["refine@a", "make@b"]
        with running_flow(prefect_server, "--cluster", scheduler, "--targets", *targets) as flow:
            until(lambda: doomed.saw("make_a") or doomed.saw("make_b") or flow.poll() is not None)
            left = doomed.process.children(recursive=True)
            doomed.process.kill()
            again = stack.enter_context(closing(Worker(tmp_path / "doomed", scheduler)))
            output, _ = flow.communicate(timeout=180)
        assert flow.returncode == 0, output
        assert left
        assert not any(map(lives, left))
        twin.dvc("repro", *targets)
        assert published.lock() == twin.lock()
        assert "up to date" in published.dvc("status", *targets)
        assert published.exists("refine_a")
        assert other.saw("refine_a")
        assert not again.saw("refine_a")

        state = pipeline(["make@a"], cluster=scheduler, return_state=True)
        assert state.message == "0 stages ran, 1 were up to date"

        published.order("make_a", "hang")
        published.publish(tmp_path / "shelf")
        with running_flow(prefect_server, "--cluster", scheduler, "--targets", "make@a") as flow:
            found = until(lambda: list(tmp_path.glob("*/place/repository/seen/hanging")))
            hanging = psutil.Process(int(until(found[0].read_text)))
            flow.send_signal(signal.SIGTERM)
            until(lambda: not lives(hanging))
            flow.wait(60)


def test_what_others_cannot_get_is_refused(published: Published, monkeypatch):
    source = find_source()
    assert source.url.startswith("webdav://")
    Path("step.py").write_text("pass")
    with pytest.raises(UserError, match=f"commit {source.commit[:8]}"):
        find_source()

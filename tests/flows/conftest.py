"""A tiny DVC project to run flows on, and one Prefect server for the session."""

import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import psutil
import pytest
from ruamel.yaml import YAML

from tests.workplace import recording

ROOT = Path(__file__).parents[2]

GRAPH = """\
stages:
  make:
    foreach: [a, b]
    do:
      cmd: python step.py orders/make_${item} out/make_${item}
      deps: [step.py, "orders/make_${item}"]
      outs: ["out/make_${item}"]
  refine:
    foreach: [a, b]
    do:
      cmd: python step.py orders/refine_${item} out/refine_${item}
      deps: [step.py, "orders/refine_${item}", "out/make_${item}"]
      outs: ["out/refine_${item}"]
  report:
    cmd: python step.py orders/report out/report
    deps: [step.py, orders/report, out/refine_a, out/refine_b]
    outs: [out/report]
"""

STEP = '''\
"""Do as the file of orders says, then write the output. An order is a line: meet OTHER, fail, vanish, hang [ONCE]."""
import os, signal, subprocess, sys, time
from pathlib import Path

orders, output = Path(sys.argv[1]), Path(sys.argv[2])
Path("seen").mkdir(exist_ok=True)
with Path("seen", output.name).open("a") as times:
    times.write(".")
for order, *words in map(str.split, orders.read_text().splitlines()):
    if order == "meet":  # ends only while the other stage runs as well
        for _ in range(600):
            if Path("seen", words[0]).exists():
                break
            time.sleep(0.05)
        else:
            sys.exit("nobody came")
    elif order == "fail":
        sys.exit("told to fail")
    elif order == "vanish":  # the first time, as if the machine had no memory left
        if Path("seen", output.name).read_text() == ".":
            os.kill(os.getpid(), signal.SIGKILL)
    elif order == "hang":  # with a file named, only if that is not there yet
        mark = Path(words[0]) if words else Path("seen", "hanging")
        if words and mark.exists():
            continue
        child = subprocess.Popen(["sleep", "300"])
        print("hanging with child", child.pid, flush=True)
        mark.write_text(str(child.pid))
        child.wait()
    else:
        print("doing", order, flush=True)
output.parent.mkdir(exist_ok=True)
output.write_text(f"made by {orders}")
'''


def until(condition: Callable[[], Any], seconds: float = 180) -> Any:
    """What ``condition`` gives as soon as it is true."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)
    return found


def lives(process: psutil.Process) -> bool:
    """Whether a process runs; one that nobody has buried yet does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


class Project:
    """A DVC project of five stages: two branches of two, and a report that reads both."""

    def __init__(self, folder: Path):
        self.folder = folder

    @classmethod
    def create(cls, folder: Path) -> "Project":
        """Write the project: every stage does something harmless until it is given other orders."""
        (folder / ".dvc").mkdir(parents=True)
        (folder / ".dvc" / "config").write_text("[core]\n    no_scm = true\n    analytics = false\n")
        (folder / "dvc.yaml").write_text(GRAPH)
        (folder / "step.py").write_text(STEP)
        shutil.copy(ROOT / "params.yaml", folder)
        project = cls(folder)
        for stage in ("make_a", "make_b", "refine_a", "refine_b", "report"):
            project.order(stage, f"work-of-{stage}")
        return project

    def order(self, stage: str, *orders: str) -> None:
        """Tell a stage what to do."""
        path = self.folder / "orders" / stage
        path.parent.mkdir(exist_ok=True)
        path.write_text("\n".join(orders) + "\n")

    def dvc(self, *arguments: str) -> str:
        """Output of a DVC command that must end well."""
        command = [sys.executable, "-m", "dvc", *arguments]
        return subprocess.run(command, cwd=self.folder, check=True, capture_output=True, text=True).stdout

    def lock(self) -> Any:
        """The content of ``dvc.lock``."""
        return YAML(typ="safe").load((self.folder / "dvc.lock").read_text("utf-8"))

    def exists(self, output: str) -> bool:
        """Whether a stage has written its output."""
        return (self.folder / "out" / output).exists()

    def hanging_child_lives(self) -> bool:
        """Whether the process runs that a stage with the order to hang has started."""
        path = self.folder / "seen" / "hanging"
        if not path.exists() or not (pid := path.read_text()):
            return False
        try:
            return lives(psutil.Process(int(pid)))
        except psutil.NoSuchProcess:
            return False


@pytest.fixture(scope="package", autouse=True)
def environment(tmp_path_factory: pytest.TempPathFactory):
    """No telemetry, no file outside of the session's folder, this project importable from any folder."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch, recording(f"sqlite:///{home}/mlflow.db"):
        patch.setenv("DO_NOT_TRACK", "true")
        patch.setenv("DVC_NO_ANALYTICS", "1")
        patch.setenv("PREFECT_HOME", str(home / "prefect"))
        patch.setenv("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
        patch.setenv("PYTHONPATH", str(ROOT))
        patch.setenv("PATH", os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
        subprocess.run(["prefect", "server", "database", "upgrade", "--yes"], check=True, capture_output=True)
        yield home


@pytest.fixture(scope="package")
def prefect_home(environment: Path) -> Path:
    """To be copied: what Prefect keeps, its database made, which takes a server longer than all else at its start."""
    return environment / "prefect"


@pytest.fixture(scope="package")
def prefect_server(prefect_home: Path):
    """One Prefect server with a database of its own for the tests of flows; its address."""
    from prefect.settings import PREFECT_API_URL
    from prefect.testing import utilities

    own = Path(mkdtemp())  # the harness removes it when this process ends
    with closing(sqlite3.connect(prefect_home / "prefect.db")) as made:
        made.execute("VACUUM INTO ?", [str(own / "prefect-test.db")])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(utilities, "mkdtemp", lambda: str(own))
        with utilities.prefect_test_harness(server_startup_timeout=180):
            yield PREFECT_API_URL.value()


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A fresh tiny project, which is also the current folder."""
    project = Project.create(tmp_path / "project")
    monkeypatch.chdir(project.folder)
    return project

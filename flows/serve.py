"""Everything on one machine: ``python -m flows.serve`` (``make serve``).

MLflow, Prefect's server, the deployments and a worker, on the loopback interface, with all that they keep under
``MENAGERIE_HOME``; until Ctrl-C. See docs/operations.md for more machines.
"""

import argparse
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NoReturn

import psutil
from filelock import FileLock, Timeout

from components.params import UserError, run_step

__all__ = ["Services", "main", "own_hosts"]

ROOT = Path(__file__).resolve().parents[1]
HOST = "127.0.0.1"
START_SECONDS = 240
GRACE_SECONDS = 20
"""A run that is ended has its stages to end, and to tell the server."""
CLOSING_SECONDS = 5
"""Open pages are no reason to wait longer."""
LAST_LINES = 15
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Services:
    """Processes that live and end together; use it as a context, which ends them.

    Args:
        logs: folder of what they print, a file each.
    """

    def __init__(self, logs: Path):
        logs.mkdir(parents=True, exist_ok=True)
        self._logs = logs
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> "Services":
        return self

    def __exit__(self, *_: object) -> None:
        before = _ignore_signals()
        for process in reversed(self._running.values()):  # the worker's runs still have servers to report to
            _end(process.pid)
        for sent, handler in before.items():
            signal.signal(sent, handler)

    def start(self, name: str, module: str, *arguments: str) -> None:
        """Start ``python -m module``, in a session of its own: Ctrl-C is for this process alone."""
        with self._log(name).open("wb") as log:
            self._running[name] = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_until(self, condition: Callable[[], bool], what: str) -> None:
        """Wait until ``condition`` is true.

        Raises:
            UserError: a process ended meanwhile, or it took too long.
        """
        deadline = time.monotonic() + START_SECONDS
        while not condition():
            self.expect_all()
            if time.monotonic() > deadline:
                raise UserError(f"{what} did not answer in {START_SECONDS} seconds; logs are in {self._logs}")
            time.sleep(0.25)

    def expect_all(self) -> None:
        """See that every process runs.

        Raises:
            UserError: one has ended; with its last lines.
        """
        for name, process in self._running.items():
            if process.poll() is not None:
                lines = self._log(name).read_text("utf-8", errors="replace").splitlines()[-LAST_LINES:]
                raise UserError(*lines, f"{name} has ended with exit code {process.returncode}")

    def _log(self, name: str) -> Path:
        return self._logs / f"{name}.log"


def _ignore_signals() -> dict[signal.Signals, Any]:
    """What ends must not be cut short by an impatient second Ctrl-C, or by the signal that make passes on.

    Returns:
        The handlers that were there.
    """
    return {sent: signal.signal(sent, signal.SIG_IGN) for sent in SIGNALS}


def _end(pid: int) -> None:
    """End a process with all that it started, in whatever session: asked first, then killed."""
    with suppress(psutil.NoSuchProcess):
        root = psutil.Process(pid)
        family = [root, *root.children(recursive=True)]
        for signal_of in (psutil.Process.terminate, psutil.Process.kill):
            for process in family:
                with suppress(psutil.NoSuchProcess):
                    signal_of(process)
            _, family = psutil.wait_procs(family, timeout=GRACE_SECONDS)


def serve(mlflow_port: int, prefect_port: int, worker: bool = True) -> None:
    """Bring all up and keep it up until a signal or the end of a part.

    Args:
        mlflow_port: of MLflow's server.
        prefect_port: of Prefect's server.
        worker: whether one runs here too.

    Raises:
        UserError: a port is taken, this home is being served already, or a part does not start or ends.
    """
    for option, port in {"--mlflow-port": mlflow_port, "--prefect-port": prefect_port}.items():
        _expect_free(option, port)
    home = Path(os.environ.get("MENAGERIE_HOME", ROOT / ".menagerie")).resolve()
    mlflow, prefect = f"http://{HOST}:{mlflow_port}", f"http://{HOST}:{prefect_port}"
    with _alone(home):
        os.environ.update(_environment(home, mlflow, prefect))
        with Services(home / "logs") as services:
            services.start("mlflow", "mlflow", "server", *_mlflow_options(mlflow_port))
            services.start("prefect", "uvicorn", *_prefect_options(prefect_port))
            services.wait_until(lambda: _answers(f"{mlflow}/health"), "MLflow")
            services.wait_until(lambda: _answers(f"{prefect}/api/health"), "Prefect's server")

            from flows.deploy import POOL, deploy  # Prefect reads its settings from the environment when it is imported

            deploy(os.environ.get("MENAGERIE_REPOSITORY"), os.environ.get("MENAGERIE_COMMIT"))
            if worker:
                services.start("worker", "prefect", "worker", "start", "--pool", POOL, "--type", "process")
                services.wait_until(_worker_is_online, "the worker")
            print(f"MLflow   {mlflow}\nPrefect  {prefect}\nlogs     {home / 'logs'}\nCtrl-C ends all.", flush=True)
            while True:
                services.expect_all()
                time.sleep(0.5)


def _environment(home: Path, mlflow: str, prefect: str) -> dict[str, str]:
    """What servers, worker and runs see. Credentials and databases of a person's own environment stay as they are."""
    here = str(Path(sys.executable).parent)  # runs call `python`: the one that runs this
    shared = {"MENAGERIE_REMOTE": str(home / "remote"), "MENAGERIE_CHECKPOINTS": str(home / "checkpoints")}
    return {
        **{name: os.environ.get(name, value) for name, value in shared.items()},
        "MENAGERIE_HOME": str(home),
        "MLFLOW_TRACKING_URI": mlflow,
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "PREFECT_HOME": str(home / "prefect"),
        "PREFECT_API_URL": f"{prefect}/api",
        "PATH": os.pathsep.join([here, os.environ.get("PATH", os.defpath)]),
        "TMPDIR": str(home / "clones"),  # where a worker makes a folder for each run
    }


def own_hosts(port: int) -> list[str]:
    """What a browser on this machine may call a server here; by any other name it is led astray (DNS rebinding)."""
    return [f"{name}:{port}" for name in (HOST, "localhost")]


def _mlflow_options(port: int) -> list[str]:
    """Beside what MLflow reads from the environment itself: where nothing there says so, the record of a desk."""
    options = {"host": HOST, "port": port, "workers": 1, "allowed-hosts": ",".join(own_hosts(port))}
    if not {"MLFLOW_BACKEND_STORE_URI", "MLFLOW_ARTIFACTS_DESTINATION"} & os.environ.keys():
        options["backend-store-uri"] = f"sqlite:///{ROOT / 'mlflow.db'}"
        options["default-artifact-root"] = (ROOT / "mlartifacts").as_uri()
    return [f"--{name}={value}" for name, value in options.items()]


def _prefect_options(port: int) -> list[str]:
    bound = [f"--host={HOST}", f"--port={port}", f"--timeout-graceful-shutdown={CLOSING_SECONDS}"]
    return ["--factory", "flows.loopback:create_app", *bound, "--log-level=warning"]


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    """Be the only one that serves a home, and clear away the clones of runs that were killed with the last one."""
    home.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(home / "serve.lock", timeout=0):
            shutil.rmtree(home / "clones", ignore_errors=True)
            (home / "clones").mkdir()
            yield
    except Timeout:
        raise UserError(f"{home}: is being served already; MENAGERIE_HOME chooses another folder") from None


def _expect_free(option: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise UserError(
                f"{option} {port}: {HOST}:{port} cannot be had ({error.strerror}); choose another"
            ) from None


def _answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=5).close()
    except urllib.error.HTTPError as error:
        return error.code in (401, 403)  # it wants a password
    except OSError:
        return False
    return True


def _worker_is_online() -> bool:
    from prefect.client.orchestration import get_client

    from flows.deploy import POOL

    with get_client(sync_client=True) as client:
        return any(worker.status == "ONLINE" for worker in client.read_workers_for_work_pool(POOL))


def _leave(*_: object) -> NoReturn:
    _ignore_signals()
    sys.exit(0)


def main() -> None:
    """Serve from the command line."""
    parser = argparse.ArgumentParser(prog="python -m flows.serve", description="MLflow, Prefect and a worker here.")
    parser.add_argument("--mlflow-port", type=int, default=5000, metavar="PORT", help="(5000)")
    parser.add_argument("--prefect-port", type=int, default=4200, metavar="PORT", help="(4200)")
    parser.add_argument("--no-worker", action="store_true", help="runs are for workers started elsewhere")
    options = parser.parse_args()
    for sent in SIGNALS:
        if signal.getsignal(sent) is not signal.SIG_IGN:  # under nohup, a hang-up stays ignored
            signal.signal(sent, _leave)
    serve(options.mlflow_port, options.prefect_port, not options.no_worker)


if __name__ == "__main__":
    run_step(main)

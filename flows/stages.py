"""Stages as processes: each one a ``dvc repro --single-item`` in a process group of its own."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

__all__ = ["Outcome", "StageRunner"]

UP_TO_DATE = re.compile(r"Stage '.+' (didn't change, skipping|is cached - skipping run)")
GRACE_SECONDS = 10.0
"""Time that a stage has to end when asked, before it is killed."""


@dataclass(frozen=True)
class Outcome:
    """How a stage ended."""

    code: int
    cached: bool = False
    timed_out: bool = False
    stopped: bool = False


class StageRunner:
    """Runs stages, several at once from as many threads, and can end all of them.

    Args:
        environment: variables that every stage sees, over those of this process.
    """

    def __init__(self, environment: dict[str, str]):
        here = str(Path(sys.executable).parent)  # stages call `python`: the one that runs this
        path = os.pathsep.join([here, os.environ.get("PATH", os.defpath)])
        self._environment = {**os.environ, "PATH": path, "PYTHONUNBUFFERED": "1", **environment}
        self._running: set[subprocess.Popen[str]] = set()
        self._mutex = threading.Lock()
        self._stopped = False

    def run(self, stage: str, timeout: float, log: Callable[[str], None], force: bool = False) -> Outcome:
        """Bring ``stage`` up to date, handing each line that it prints to ``log``; ended after ``timeout`` seconds."""
        process = self._start(stage, force)
        if process is None:
            return Outcome(code=-signal.SIGTERM, stopped=True)
        late = threading.Event()

        def give_up() -> None:
            late.set()
            _end([process])

        timer = threading.Timer(timeout, give_up)
        timer.start()
        cached = False
        try:
            assert process.stdout is not None
            for line in process.stdout:
                cached = cached or bool(UP_TO_DATE.match(line))
                if line.strip():
                    log(line.rstrip())
            code = process.wait()
        finally:
            timer.cancel()
            with self._mutex:
                self._running.discard(process)
        return Outcome(code, cached, timed_out=late.is_set(), stopped=self._stopped)

    def stop(self) -> None:
        """End every running stage with all its processes, and start no other."""
        with self._mutex:
            self._stopped = True
            running = list(self._running)
        _end(running)

    def _start(self, stage: str, force: bool) -> subprocess.Popen[str] | None:
        options = ["--single-item", *(["--force"] if force else [])]
        with self._mutex:
            if self._stopped:
                return None
            process = subprocess.Popen(
                [sys.executable, "-m", "dvc", "--wait-for-lock", "repro", *options, stage],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                start_new_session=True,
            )
            self._running.add(process)
            return process


def _end(processes: Collection[subprocess.Popen[str]]) -> None:
    """End process groups: first what DVC started, so that DVC can let go of its locks, then whatever is left."""
    deadline = time.monotonic() + GRACE_SECONDS
    asked: set[psutil.Process] = set()
    try:
        while time.monotonic() < deadline and (alive := [each for each in processes if each.poll() is None]):
            for each in alive:
                with suppress(psutil.NoSuchProcess):
                    for child in set(psutil.Process(each.pid).children(recursive=True)) - asked:
                        asked.add(child)
                        child.terminate()
            time.sleep(0.1)
    finally:
        for each in processes:
            with suppress(ProcessLookupError):
                os.killpg(each.pid, signal.SIGKILL)

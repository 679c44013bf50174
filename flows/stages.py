"""Stages as processes: each one a ``dvc repro --single-item`` in a process group of its own."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from flows.failures import is_busy, may_pass

__all__ = ["Outcome", "StageRunner"]

RUNNING = re.compile(r"Running stage '")
GRACE_SECONDS = 10.0
"""Time that a stage has to end when asked, before it is killed."""
BUSY_SECONDS = 2.0
"""Time before a stage is tried again on which another flow, or a person, is at work."""
LAST_WORDS = 40  # lines


@dataclass(frozen=True)
class Outcome:
    """How a stage ended; ``may_pass`` where it may end well if it is tried again."""

    code: int
    cached: bool = False
    timed_out: bool = False
    stopped: bool = False
    may_pass: bool = False


class StageRunner:
    """Runs stages, several at once from as many threads, and can end all of them.

    Args:
        environment: variables that every stage sees, over those of this process.
        folder: the project's.
        pull: whether results are looked for at DVC's remote before work is done.
        push: whether results are pushed there as soon as a stage ends.
    """

    def __init__(self, environment: dict[str, str], folder: Path = Path(), *, pull: bool = False, push: bool = False):
        here = str(Path(sys.executable).parent)  # stages call `python`: the one that runs this
        path = os.pathsep.join([here, os.environ.get("PATH", os.defpath)])
        self._environment = {**os.environ, "PATH": path, "PYTHONUNBUFFERED": "1", **environment}
        self._folder = folder
        self._pull, self._push = pull, push
        self._unpushed: set[str] = set()
        self._running: set[subprocess.Popen[str]] = set()
        self._mutex = threading.Lock()
        self._stopped = threading.Event()

    def run(self, stage: str, timeout: float, log: Callable[[str], None], force: bool = False) -> Outcome:
        """Bring ``stage`` up to date, handing each line that it prints to ``log``; ended after ``timeout`` seconds.

        Where another process of DVC's is at work on the same files, its end is waited for.
        """
        deadline = time.monotonic() + timeout
        options = [*(["--force"] if force else []), *(["--pull"] if self._pull else [])]
        outcome = self._dvc(["repro", "--single-item", *options, stage], deadline, log)
        if self._push and outcome.code == 0:
            if not outcome.cached:
                self._unpushed.add(stage)
            if stage in self._unpushed:
                pushed = self._dvc(["push", "--run-cache", stage], deadline, log)
                if pushed.code != 0:
                    return pushed
                self._unpushed.discard(stage)
        return outcome

    def push(self, stages: Iterable[str], timeout: float, log: Callable[[str], None]) -> Outcome:
        """Push what the remote lacks of the results of ``stages``."""
        return self._dvc(["push", "--run-cache", *stages], time.monotonic() + timeout, log)

    def stop(self) -> None:
        """End every running stage with all its processes, and start no other."""
        with self._mutex:
            self._stopped.set()
            running = list(self._running)
        _end(running)

    def _dvc(self, arguments: Sequence[str], deadline: float, log: Callable[[str], None]) -> Outcome:
        """Run a command of DVC's; again where it found others at work."""
        words: deque[str] = deque(maxlen=LAST_WORDS)
        outcome = self._once(arguments, deadline, log, words)
        while outcome.may_pass and is_busy(words) and time.monotonic() < deadline:
            self._stopped.wait(BUSY_SECONDS)
            words.clear()
            outcome = self._once(arguments, deadline, log, words)
        return outcome

    def _once(
        self, arguments: Sequence[str], deadline: float, log: Callable[[str], None], words: deque[str]
    ) -> Outcome:
        process = self._start(arguments)
        if process is None:
            return Outcome(code=-signal.SIGTERM, stopped=True)
        late = threading.Event()

        def give_up() -> None:
            late.set()
            _end([process])

        timer = threading.Timer(max(0.0, deadline - time.monotonic()), give_up)
        timer.start()
        cached = True
        try:
            assert process.stdout is not None
            for line in process.stdout:
                cached = cached and not RUNNING.match(line)
                if line.strip():
                    words.append(line.rstrip())
                    log(words[-1])
            code = process.wait()
        finally:
            timer.cancel()
            with self._mutex:
                self._running.discard(process)
        timed_out, stopped = late.is_set(), self._stopped.is_set()
        again = code != 0 and not timed_out and not stopped and may_pass(code, words)
        return Outcome(code, cached and code == 0, timed_out, stopped, again)

    def _start(self, arguments: Sequence[str]) -> subprocess.Popen[str] | None:
        with self._mutex:
            if self._stopped.is_set():
                return None
            process = subprocess.Popen(
                [sys.executable, "-m", "dvc", "--wait-for-lock", *arguments],
                cwd=self._folder,
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

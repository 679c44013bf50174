"""A stage as a job for another machine: what travels there, how it is done there, what comes back.

The machine has a clone of the repository of its own, and with it a DVC cache. Inputs come from the DVC remote, and
outputs go there with their entry of DVC's run cache; entries of ``dvc.lock`` travel with the job.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from ruamel.yaml import YAML

from flows.source import Source
from flows.stages import Outcome, StageRunner

__all__ = ["READ", "Done", "Job", "TransferError", "Workplace", "end_marked", "read_files"]

MARK = "MENAGERIE_WORKPLACE"
"""A variable that all processes in a workplace see. By it they are found when the worker was killed without them."""

READ = ("artifacts/costs",)
"""Folders of files that DVC does not pin, and that later stages read where they are."""

LEFT = (*READ, "reports")
"""Folders where a stage leaves files that DVC does not pin."""


class TransferError(Exception):
    """Code, inputs or outputs could not be moved: a matter of the network or of a server, and so of the moment."""


@dataclass(frozen=True)
class Job:
    """One stage to bring up to date.

    Args:
        stage: its name.
        before: stages whose outputs it reads.
        source: where code and data are.
        lock: ``dvc.lock`` with the entries of those stages; empty for none.
        unpinned: content of the files that DVC does not pin, by path.
        environment: variables for the stage, where the worker's environment does not set them itself.
        timeout: seconds after which the stage is ended.
        force: run it even if it is up to date.
    """

    stage: str
    before: list[str]
    source: Source
    lock: str
    unpinned: dict[str, bytes]
    environment: dict[str, str]
    timeout: float
    force: bool = False


@dataclass(frozen=True)
class Done:
    """What a stage that ended well gives back: its entry of ``dvc.lock``, and files that DVC does not pin."""

    entry: dict[str, Any]
    unpinned: dict[str, bytes]


class Workplace:
    """The clone in which a worker does one job at a time; the first job makes it.

    Args:
        folder: of the clone.
        environment: variables of a job.
    """

    def __init__(self, folder: Path, environment: dict[str, str]):
        given = {name: value for name, value in environment.items() if name not in os.environ}
        self._folder = folder
        self._environment = {**given, MARK: str(folder)}
        self.runner = StageRunner(self._environment, folder, pull=True, push=True)

    def do(self, job: Job, log: Callable[[str], None]) -> tuple[Outcome, Done | None]:
        """Bring the job's stage up to date, and its outputs to the remote.

        Raises:
            TransferError: code or inputs cannot be had, or outputs not be handed over.
        """
        end_marked(self._folder)
        self._check_out(job.source)
        self._furnish(job)
        outcome = self.runner.run(job.stage, job.timeout, log, job.force)
        if outcome.code:
            return outcome, None
        if outcome.cached:  # perhaps by this machine's cache alone
            self._run("dvc", "push", job.stage)
        entry = YAML(typ="safe").load((self._folder / "dvc.lock").read_text("utf-8"))["stages"][job.stage]
        made = {path: data for path, data in read_files(LEFT, self._folder).items() if job.unpinned.get(path) != data}
        return outcome, Done(entry, made)

    def _check_out(self, source: Source) -> None:
        """The commit's files and no others but DVC's own, and the checkpoints, which outlive a job."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._run("git", "init", "--quiet")
        (self._folder / ".git/index.lock").unlink(missing_ok=True)  # of a process that was killed
        if not self._holds(source.commit):
            self._run("git", "fetch", "--quiet", source.repository, "+refs/heads/*:refs/remotes/origin/*")
        self._run("git", "checkout", "--quiet", "--force", "--detach", source.commit)
        self._run("git", "clean", "-ffdxq", "--exclude=/.dvc", "--exclude=/.menagerie")

    def _holds(self, commit: str) -> bool:
        command = ["git", "cat-file", "-e", f"{commit}^{{commit}}"]
        return subprocess.run(command, cwd=self._folder, capture_output=True, check=False).returncode == 0

    def _furnish(self, job: Job) -> None:
        """Put there what the stage reads: pins, files without pins, outputs of the stages before."""
        lock = self._folder / "dvc.lock"
        lock.write_text(job.lock, "utf-8") if job.lock else lock.unlink(missing_ok=True)
        for name, data in job.unpinned.items():
            path = self._folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        local = self._folder / ".dvc/config.local"
        if not local.exists() or job.source.url not in local.read_text("utf-8").split():
            self._run("dvc", "remote", "add", "--local", "--default", "--force", job.source.remote, job.source.url)
        if job.before:
            self._run("dvc", "pull", "--force", *job.before)

    def _run(self, tool: str, *arguments: str) -> None:
        command = [*([sys.executable, "-m"] if tool == "dvc" else []), tool, *arguments]
        environment = {**os.environ, **self._environment}
        done = subprocess.run(command, cwd=self._folder, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            words = [line for line in (done.stderr or done.stdout).splitlines() if line.strip()]
            raise TransferError(f"{tool} {' '.join(arguments)}: {' / '.join(words[-3:])}")


def end_marked(folder: Path) -> None:
    """Kill the processes that a worker with the clone ``folder`` left when it was killed itself."""
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.environ().get(MARK) == str(folder):
                process.kill()


def read_files(folders: Iterable[str], checkout: Path = Path()) -> dict[str, bytes]:
    """Content of all files in some folders of a checkout, by path."""
    files = [path for folder in folders for path in sorted((checkout / folder).rglob("*")) if path.is_file()]
    return {path.relative_to(checkout).as_posix(): path.read_bytes() for path in files}

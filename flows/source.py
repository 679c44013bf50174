"""Where other machines get what this checkout is made of: its commit by git, its data from the DVC remote."""

import os
import subprocess
import sys
from dataclasses import dataclass

from components.params import UserError
from components.registry.lineage import UNKNOWN, git_state

__all__ = ["Source", "find_source"]


@dataclass(frozen=True)
class Source:
    """What all stages of a run are made from.

    Args:
        repository: git's URL of it.
        commit: hash of the commit.
        remote: name of the DVC remote; a machine has credentials for it under this name in a configuration of its own.
        url: the remote's URL.
    """

    repository: str
    commit: str
    remote: str
    url: str


def find_source() -> Source:
    """The source that equals this checkout.

    The repository is ``MENAGERIE_REPOSITORY`` where that is set, else git's ``origin``; the remote is DVC's default.

    Raises:
        UserError: the files are not those of a commit, or there is no such repository or remote.
    """
    commit, dirty = git_state()
    if commit == UNKNOWN:
        raise UserError("--cluster: other machines get the code by git, which does not hold this folder")
    if dirty == "true":
        raise UserError(
            f"--cluster: files here are not those of commit {commit[:8]}, which other machines get; commit them"
        )
    repository = os.environ.get("MENAGERIE_REPOSITORY") or _answer("git", "remote", "get-url", "origin")
    if not repository:
        raise UserError("MENAGERIE_REPOSITORY: not set, and git has no `origin`; other machines get the code there")
    lines = _answer(sys.executable, "-m", "dvc", "config", "--list").splitlines()
    settings = dict(line.split("=", 1) for line in lines if "=" in line)
    remote = settings.get("core.remote", "")
    url = settings.get(f"remote.{remote}.url")
    if not url:
        raise UserError(
            "--cluster: DVC has no default remote, by which machines share data; see `dvc remote add --default`"
        )
    return Source(repository, commit, remote, url)


def _answer(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()

"""Where other machines get what this checkout is made of: its commit by git, its data from the DVC remote."""

import os
import subprocess
import sys
from dataclasses import dataclass

from components.addresses import without_credentials
from components.params import UserError
from components.registry.lineage import UNKNOWN, git_state

__all__ = ["Source", "expect_no_credentials", "find_source"]


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
        UserError: the files are not those of a commit; there is no such repository or remote; a URL holds credentials.
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
    expect_no_credentials("MENAGERIE_REPOSITORY, or git's `origin`", repository, "a credential helper of git's")
    lines = _answer(sys.executable, "-m", "dvc", "config", "--list").splitlines()
    settings = dict(line.split("=", 1) for line in lines if "=" in line)
    remote = settings.get("core.remote", "")
    url = settings.get(f"remote.{remote}.url")
    if not url:
        raise UserError(
            "--cluster: DVC has no default remote, by which machines share data; see `dvc remote add --local --default`"
        )
    expect_no_credentials(f"DVC's remote {remote!r}", url, "DVC's configuration, `dvc config --global`")
    return Source(repository, commit, remote, url)


def expect_no_credentials(what: str, url: str, place: str) -> None:
    """See that a URL may go to other machines.

    Args:
        what: it is the URL of.
        url: the URL.
        place: where each machine has the credentials instead.

    Raises:
        UserError: it holds some.
    """
    if (shown := without_credentials(url)) != url:
        raise UserError(f"{what}: credentials in {shown} would be kept and shown; each machine has them in {place}")


def _answer(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()

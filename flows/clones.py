"""The clone that a scheduled run works in: ``python -m flows.clones`` makes it ready, as the last pull step.

A clone is of one run, at one commit, and goes with it. What outlives it lies elsewhere: results and the run cache at
DVC's remote (``MENAGERIE_REMOTE``), and DVC's cache where the clones of one machine share it (``MENAGERIE_HOME``).
"""

import os
import subprocess
import sys
from pathlib import Path

from components.params import UserError, run_step

__all__ = ["is_clone", "prepare"]

REMOTE = "menagerie"
CONFIG = Path(".dvc/config.local")


def prepare(remote: str, home: Path | None = None) -> None:
    """Point DVC in the current folder at a remote, in a file that git ignores.

    Args:
        remote: URL or folder, as ``dvc remote add`` takes it.
        home: folder of what the clones of this machine share; without one, the clone has a cache of its own.
    """
    _dvc("remote", "add", "--local", "--force", "--default", REMOTE, remote)
    if home:
        _dvc("cache", "dir", "--local", str(home.resolve() / "cache"))


def is_clone(folder: Path = Path()) -> bool:
    """Whether ``folder`` was made ready by :func:`prepare`: then its results go to the remote."""
    path = folder / CONFIG
    return path.exists() and f'remote "{REMOTE}"' in path.read_text("utf-8")


def _dvc(*arguments: str) -> None:
    answer = subprocess.run([sys.executable, "-m", "dvc", *arguments], capture_output=True, text=True, check=False)
    if answer.returncode:
        raise UserError(*answer.stderr.strip().splitlines())


def main() -> None:
    """Make the clone in the current folder ready, from the environment of its worker."""
    remote, home = os.environ.get("MENAGERIE_REMOTE"), os.environ.get("MENAGERIE_HOME")
    if not remote:
        raise UserError("MENAGERIE_REMOTE: not set; a worker needs the URL or folder of the DVC remote")
    prepare(remote, Path(home) if home else None)


if __name__ == "__main__":
    run_step(main)

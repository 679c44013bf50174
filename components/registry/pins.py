"""DVC as this room uses it: what is released is pinned, and what is pinned is brought here."""

import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from ruamel.yaml import YAML, YAMLError

from components.params import UserError

__all__ = ["ExportError", "dvc", "has_remote", "is_whole"]


class ExportError(UserError):
    """Files that cannot be pinned, pushed or brought back, or are not what they should be."""


def dvc(*arguments: str) -> None:
    """Run a command of DVC's in the current folder.

    Raises:
        ExportError: it failed.
    """
    command = [sys.executable, "-m", "dvc", "--wait-for-lock", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        complaint = " ".join(line for line in done.stderr.splitlines() if line.strip())
        raise ExportError(f"dvc {' '.join(arguments)}: {complaint or f'exit code {done.returncode}'}")


def has_remote() -> bool:
    """Whether DVC has a default remote here."""
    command = [sys.executable, "-m", "dvc", "remote", "default"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def is_whole(folder: Path, pin: Path) -> bool:
    """Whether a folder has as many files and bytes as its pin says: DVC writes one by one, and may be ended between."""
    sizes = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
    with suppress(OSError, YAMLError, KeyError, TypeError):  # a pin can be missing or cut off as well
        (out,) = YAML(typ="safe").load(pin)["outs"]
        return (len(sizes), sum(sizes)) == (out["nfiles"], out["size"])
    return False

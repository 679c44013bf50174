"""A guard over ``dvc.lock``: DVC writes it in place, and a kill in that moment leaves it cut off."""

import threading
import time
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from components.files import atomic_file
from components.params import UserError

__all__ = ["LockGuard"]

WRITING_SECONDS = 2.0
"""More than DVC ever takes to write the file: what is cut off for longer stays cut off."""


class LockGuard:
    """Keeps a copy of the last whole ``dvc.lock`` and puts it back where the file was cut off.

    A stage that the copy does not hold yet is not lost with it: DVC finds its outputs in the run cache.
    """

    def __init__(self, path: Path = Path("dvc.lock"), copy: Path = Path(".menagerie/dvc.lock")):
        self.path = path
        self.copy = copy
        self._mutex = threading.Lock()

    def check(self) -> bool:
        """Before work: see that the file is whole, or put the copy back (true).

        Raises:
            UserError: it is cut off and there is no copy.
        """
        if not self.path.exists() or self._settled() is not None:
            self.copy.unlink(missing_ok=True)
            self.keep()
            return False
        if _stages(self.copy) is None:
            raise UserError(
                f"{self.path}: cut off or not YAML, and there is no copy of it in {self.copy.parent}; "
                f"`git restore {self.path}` brings back the committed one"
            )
        self._restore()
        return True

    def keep(self) -> None:
        """Copy the file as it is now, if it is whole."""
        with self._mutex:
            if _stages(self.path) is not None:
                with atomic_file(self.copy) as draft:
                    draft.write_bytes(self.path.read_bytes())

    def heal(self) -> bool:
        """After a kill: put the copy back (true) if the file is cut off, or lost a stage that the copy holds."""
        kept = _stages(self.copy)
        stages = self._settled()
        if kept is None or (stages is not None and kept.keys() <= stages.keys()):
            return False
        self._restore()
        return True

    def _settled(self) -> dict[str, Any] | None:
        """The stages of the file, once nobody is writing it."""
        deadline = time.monotonic() + WRITING_SECONDS
        while (stages := _stages(self.path)) is None and time.monotonic() < deadline:
            time.sleep(0.05)
        return stages

    def _restore(self) -> None:
        with self._mutex, atomic_file(self.path) as draft:
            draft.write_bytes(self.copy.read_bytes())


def _stages(path: Path) -> dict[str, Any] | None:
    """Entries of the lock file ``path`` by stage, or nothing where it is not whole."""
    try:
        text = path.read_text("utf-8")
        content = YAML(typ="safe").load(text)
    except (OSError, UnicodeDecodeError, YAMLError):
        return None
    stages = content.get("stages") if isinstance(content, dict) else None
    whole = text.endswith("\n") and isinstance(stages, dict) and all(map(_is_entry, stages.values()))
    return stages if whole else None


def _is_entry(stage: Any) -> bool:
    return (
        isinstance(stage, dict)
        and "cmd" in stage
        and all(isinstance(stage.get(part, []), list) for part in ("deps", "outs"))
    )

"""A guard over ``dvc.lock``: DVC writes it in place, and a kill in that moment leaves it cut off."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from components.files import atomic_file
from components.params import UserError

__all__ = ["LockGuard", "at_rest"]


@contextmanager
def at_rest(folder: Path = Path(".dvc/tmp")) -> Iterator[None]:
    """Hold the lock under which DVC writes its files: for as long as the block lasts, no process of DVC's does."""
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / "lock"):
        yield


class LockGuard:
    """Keeps a copy of the last whole ``dvc.lock`` and puts it back where the file was cut off.

    A stage that the copy does not hold yet is not lost with it: DVC finds its outputs in the run cache. Guards of
    several flows in one folder share the copy.
    """

    def __init__(self, path: Path = Path("dvc.lock"), copy: Path = Path(".menagerie/dvc.lock")):
        self.path = path
        self.copy = copy

    def check(self) -> bool:
        """Before work: see that the file is whole, or put the copy back (true).

        Raises:
            UserError: it is cut off and there is no copy.
        """
        with self._at_rest():
            if not self.path.exists() or _stages(self.path) is not None:
                self.copy.unlink(missing_ok=True)
                self._copy(self.path, self.copy)
                return False
            if _stages(self.copy) is None:
                raise UserError(
                    f"{self.path}: cut off or not YAML, and there is no copy of it in {self.copy.parent}; "
                    f"`git restore {self.path}` brings back the committed one"
                )
            self._copy(self.copy, self.path)
            return True

    def keep(self) -> None:
        """Copy the file as it is now, if it is whole."""
        with self._at_rest():
            self._copy(self.path, self.copy)

    def heal(self) -> bool:
        """After a kill: put the copy back (true) if the file is cut off, or lost a stage that the copy holds."""
        with self._at_rest():
            kept, stages = _stages(self.copy), _stages(self.path)
            if kept is None or (stages is not None and kept.keys() <= stages.keys()):
                return False
            self._copy(self.copy, self.path)
            return True

    def merge(self, stage: str, entry: dict[str, Any]) -> None:
        """Give the file, and its copy, the entry of a stage that ran elsewhere."""
        yaml = YAML()
        yaml.default_flow_style = False  # as DVC writes it
        with self._at_rest():
            content: Any = yaml.load(self.path) if self.path.exists() else {"schema": "2.0", "stages": {}}
            content["stages"][stage] = entry
            with atomic_file(self.path) as draft:
                yaml.dump(content, draft)
            self._copy(self.path, self.copy)

    def _at_rest(self):
        return at_rest(self.path.parent / ".dvc" / "tmp")

    @staticmethod
    def _copy(source: Path, target: Path) -> None:
        if _stages(source) is not None:
            with atomic_file(target) as draft:
                draft.write_bytes(source.read_bytes())


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

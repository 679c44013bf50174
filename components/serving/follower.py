"""The version that an alias names, loaded; and in its place the next one, once that has drawn a sample."""

import threading
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from components.files import sha256
from components.params import UserError
from components.registry.champions import find_version
from components.registry.packaged import Drawer, DrawingError, Packaged, fetch

__all__ = ["Follower", "Served", "UnavailableError"]


class UnavailableError(RuntimeError):
    """There is no version to draw from now; there may be one later."""


@dataclass(frozen=True)
class Served:
    """A version that answers.

    Args:
        packaged: its files.
        drawer: its process.
        folder: where its files are.
        draws_images: or texts.
    """

    packaged: Packaged
    drawer: Drawer
    folder: "TemporaryDirectory[str]"
    draws_images: bool

    @classmethod
    def load(cls, name: str, version: int) -> "Served":
        """Load a version and have it draw once.

        Raises:
            UserError: its weights are not those that were registered.
            DrawingError: it cannot be loaded, or cannot draw.
        """
        folder = TemporaryDirectory()
        packaged = fetch(name, version, Path(folder.name))
        if sha256(packaged.model / "model.safetensors") != packaged.weights:
            raise UserError("its weights are not those that were registered")
        drawer = Drawer(packaged)
        try:
            return cls(packaged, drawer, folder, isinstance(drawer(n=1), np.ndarray))
        except (UserError, DrawingError):
            drawer.close()
            raise

    @property
    def number(self) -> int:
        """Of the version."""
        return int(self.packaged.version.version)

    def close(self) -> None:
        """End its process and remove its files."""
        self.drawer.close()
        self.folder.cleanup()


class Follower:
    """Draws from the version that an alias names, one call at a time.

    Args:
        name: the registered model's.
        version: a number, or the alias to follow.
    """

    def __init__(self, name: str, version: str):
        self.name, self.version = name, version
        self.served: Served | None = None
        self.note = "loading"
        self._refused: int | None = None
        self._drawing = threading.Lock()

    def look(self) -> None:
        """See which version it should be, and load it if it is another; the old one answers meanwhile.

        Where nobody is at the alias any more, nothing is served. What cannot be loaded is said in ``note``, and the old
        version stays.
        """
        try:
            wanted = int(find_version(self.name, self.version).version)
        except UserError as error:
            self.note, self._refused = str(error), None
            self._swap(None)
            return
        if self.served and self.served.number == wanted and self.served.drawer.alive:
            self.note = ""
        elif wanted != self._refused:
            self._load(wanted)

    def draw(self, **params: Any) -> tuple[Served, np.ndarray | list[str]]:
        """Samples, and the version that gave them.

        Raises:
            UserError: the version cannot be told this.
            UnavailableError: there is no version, or its process has ended; then it is loaded again.
        """
        with self._drawing:
            if self.served is None:
                raise UnavailableError(self.note)
            try:
                return self.served, self.served.drawer(**params)
            except DrawingError as error:
                self.served.close()
                self.served = None
                raise UnavailableError(str(error)) from error

    def close(self) -> None:
        """End the version's process."""
        self._swap(None)

    def _load(self, version: int) -> None:
        try:
            self._swap(Served.load(self.name, version))
        except (UserError, DrawingError) as error:
            self.note, self._refused = f"version {version} cannot be served: {error}", version
        else:
            self.note, self._refused = "", None

    def _swap(self, served: Served | None) -> None:
        with self._drawing:
            old, self.served = self.served, served
        if old:
            old.close()

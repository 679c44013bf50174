"""A registered version as whoever uses it finds it: its files, what may be asked of it, and a process that draws."""

import json
import math
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
from mlflow.entities.model_registry import ModelVersion
from mlflow.models import Model
from mlflow.types import DataType

from components.params import UserError
from components.registry.champions import find_version
from components.registry.runs import PREFIX, WEIGHTS

__all__ = ["SHARING", "Drawer", "DrawingError", "KilledError", "Packaged", "fetch", "kind_of"]

SHARING = {"TF_FORCE_GPU_ALLOW_GROWTH": "true", "XLA_PYTHON_CLIENT_PREALLOCATE": "false"}
"""For the environment of a process that is not alone on its GPU: no backend then takes all of its memory."""

READERS: dict[DataType, Callable[[str], Any]] = {
    DataType.boolean: {"true": True, "false": False}.__getitem__,
    DataType.long: int,
    DataType.integer: int,
    DataType.double: float,
    DataType.float: float,
    DataType.string: str,
}


class DrawingError(RuntimeError):
    """A version that cannot be loaded, or fails at what it should be able to draw."""


class KilledError(DrawingError):
    """The process that draws was ended by a signal, which may be the machine's fault: it had no memory left."""


@dataclass(frozen=True)
class Packaged:
    """The files of a registered version.

    Args:
        version: MLflow's.
        folder: what MLflow keeps of it.
    """

    version: ModelVersion
    folder: Path

    @property
    def model(self) -> Path:
        """The trained model in it: ``config.json`` and ``model.safetensors``."""
        artifacts = Model.load(str(self.folder)).flavors["python_function"]["artifacts"]
        return self.folder / str(artifacts["model"]["path"])

    @property
    def weights(self) -> str:
        """The SHA-256 that its weights should have."""
        return str(self.version.tags.get(WEIGHTS, ""))

    @property
    def backend(self) -> str:
        """The Keras backend that it was trained on."""
        return str(self.version.tags.get(f"{PREFIX}backend", "tensorflow"))

    @cached_property
    def knobs(self) -> dict[str, tuple[DataType, Any]]:
        """Type and default of everything that it can be told when it draws."""
        params = Model.load(str(self.folder)).signature.params
        return {param.name: (param.dtype, param.default) for param in params} if params else {}

    def read(self, given: Mapping[str, str]) -> dict[str, Any]:
        """What it is told, from words.

        Raises:
            UserError: it cannot be told this.
        """
        told = {}
        for name, word in given.items():
            if name not in self.knobs:
                raise UserError(f"{name}: no such parameter; there are: {', '.join(self.knobs)}")
            dtype = self.knobs[name][0]
            try:
                told[name] = READERS[dtype](word)
            except (KeyError, ValueError):
                raise UserError(f"{name}: {word!r}; allowed: {kind_of(dtype)}") from None
            if isinstance(told[name], float) and not math.isfinite(told[name]):
                raise UserError(f"{name}: {word!r}; allowed: {kind_of(dtype)}")
        return told


def fetch(name: str, version: str | int, folder: Path) -> Packaged:
    """Bring the files of a version, by its number or alias, into an empty folder.

    Raises:
        UserError: there is no such version.
    """
    found = find_version(name, version)
    source = f"models:/{name}/{found.version}"
    return Packaged(found, Path(mlflow.artifacts.download_artifacts(source, dst_path=str(folder))))


class Drawer:
    """A process that loads a version with the code that it carries, and draws from it. One call at a time.

    It loads from now on; the first call waits for that.

    Args:
        packaged: the version.
    """

    def __init__(self, packaged: Packaged):
        environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        self._log = packaged.folder / "drawing.log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-P", str(Path(__file__).with_name("drawing.py")), str(packaged.folder)],
                env=environment | SHARING | {"KERAS_BACKEND": packaged.backend},
                cwd=packaged.folder,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
            )
        self._loaded = False

    @property
    def alive(self) -> bool:
        """Whether its process is there."""
        return self._process.poll() is None

    def __call__(self, **params: Any) -> np.ndarray | list[str]:
        """Images ``uint8[n, H, W, C]`` from 0 to 255, or ``n`` texts.

        Raises:
            UserError: it cannot be told this.
            DrawingError: it cannot be loaded, failed at it, or its process has ended.
            KilledError: somebody ended its process.
        """
        assert self._process.stdin is not None
        self._loaded = self._loaded or bool(self._answer())
        try:
            self._process.stdin.write(json.dumps(params).encode() + b"\n")
            self._process.stdin.flush()
        except OSError:
            raise self._gone() from None
        head = self._answer()
        if "refused" in head:
            raise UserError(head["refused"])
        if "failed" in head:
            raise DrawingError(head["failed"])
        if "texts" in head:
            return list(head["texts"])
        dtype, shape = np.dtype(head["dtype"]), tuple(head["shape"])
        return np.frombuffer(self._read(dtype.itemsize * math.prod(shape)), dtype).reshape(shape)

    def __enter__(self) -> "Drawer":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise self._gone()
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _read(self, count: int) -> bytes:
        assert self._process.stdout is not None
        content = self._process.stdout.read(count)
        if len(content) < count:
            raise self._gone()
        return content

    def _gone(self) -> DrawingError:
        code = self._process.wait()
        lines = self._log.read_text("utf-8", "replace").strip().splitlines()
        kind = KilledError if code < 0 else DrawingError
        return kind(f"its process ended with exit code {code}: {lines[-1] if lines else 'and no word'}")


def kind_of(dtype: DataType) -> str:
    """What a parameter of this type is, for a person."""
    words = {DataType.boolean: "true or false", DataType.string: "a text"}
    whole = dtype in (DataType.long, DataType.integer)
    return words.get(dtype, "a whole number" if whole else "a number")

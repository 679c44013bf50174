"""Checkpoints: all that shapes what comes next, in one file, written atomically.

They lie outside DVC's outputs, under a name that hashes everything that shapes training, so that a run can only be
continued by the very run that it was. They go when training has ended.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops
from safetensors import safe_open
from safetensors.numpy import save_file

from components.files import atomic_file, to_json
from components.params import ModelConfig, Spec

__all__ = ["Progress", "load_checkpoint", "save_checkpoint", "training_key"]

CODE = Path(__file__).parents[1]
SHAPING = ("backend", "models", "networks", "training")


def training_key(config: ModelConfig, spec: Spec, seed: int) -> str:
    """Hash of everything that shapes training: parameters, data, seed, code, backend and its version."""
    code = hashlib.sha256()
    for path in sorted(path for room in SHAPING for path in (CODE / room).rglob("*.py")):
        code.update(path.read_bytes())
    backend = keras.backend.backend()
    content = {
        "config": config.model_dump(mode="json"),
        "data": spec.arrays,
        "seed": seed,
        "code": code.hexdigest(),
        "backend": [backend, __import__(backend).__version__, keras.__version__],
    }
    return hashlib.sha256(to_json(content).encode()).hexdigest()[:16]


@dataclass
class Progress:
    """Where training is: the epoch, the turns and the sums of records within it, and the rows of finished epochs."""

    epoch: int = 0
    turn: int = 0
    seconds: float = 0.0
    sums: dict[str, float] = field(default_factory=dict)
    history: list[dict[str, float]] = field(default_factory=list)
    callbacks: dict[str, Any] = field(default_factory=dict)


def save_checkpoint(
    path: Path, variables: Sequence[keras.Variable], progress: Progress, arrays: dict[str, np.ndarray]
) -> None:
    """Write variables, progress and further named arrays to one safetensors file, whole or not at all."""
    tensors = {f"{i:05}": np.array(ops.convert_to_numpy(v.value)) for i, v in enumerate(variables)}
    with atomic_file(path) as draft:
        save_file(tensors | arrays, draft, metadata={"progress": json.dumps(vars(progress))})


def load_checkpoint(path: Path, variables: Sequence[keras.Variable]) -> tuple[Progress, dict[str, np.ndarray]]:
    """Fill the variables from a checkpoint; gives its progress and its further arrays."""
    with safe_open(path, framework="numpy") as file:
        for i, variable in enumerate(variables):
            variable.assign(file.get_tensor(f"{i:05}"))
        names = {f"{i:05}" for i in range(len(variables))}
        arrays = {name: file.get_tensor(name) for name in file.keys() if name not in names}  # noqa: SIM118
        return Progress(**json.loads(file.metadata()["progress"])), arrays

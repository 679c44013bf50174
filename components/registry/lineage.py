"""Where a model comes from: code, data, parameters, and the execution that made it."""

import os
import subprocess
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import psutil
from ruamel.yaml import YAML, YAMLError

from components.files import hash_json, sha256
from components.params import ModelConfig, Spec

__all__ = [
    "UNKNOWN",
    "Lineage",
    "data_hash",
    "execution",
    "git_state",
    "lineage",
    "lock_hash",
    "parameters_hash",
    "pinned_hash",
]

UNKNOWN = "unknown"
LOCK = Path("dvc.lock")
PRODUCTS = (":(exclude)dvc.lock", ":(exclude)releases", ":(exclude,glob)**/.gitignore")
DIGEST = 36  # characters, MLflow's limit; DVC's hash of a folder is just as long
TRIES = 5  # DVC rewrites its lock in place, so for a moment it can be read half-written


@dataclass(frozen=True)
class Lineage:
    """What a model was made from.

    Args:
        commit: git's, or ``unknown``.
        dirty: whether the files differ from that commit: ``true``, ``false`` or ``unknown``.
        data: hash of the prepared data set.
        parameters: hash of the model's parameters and the seed.
        dvc_lock: hash of ``dvc.lock``.
        execution: what ran it, shared by all models of one execution of the pipeline.
    """

    commit: str
    dirty: str
    data: str
    parameters: str
    dvc_lock: str
    execution: str


def lineage(config: ModelConfig, spec: Spec, seed: int) -> Lineage:
    """The lineage of a model made here and now."""
    commit, dirty = git_state()
    return Lineage(commit, dirty, data_hash(spec), parameters_hash(config, seed), lock_hash(), execution())


def git_state(folder: Path = Path()) -> tuple[str, str]:
    """Commit, and whether tracked files differ from it or others lie beside them, what is made here aside.

    That is ``dvc.lock``, which has a hash of its own in the lineage and changes whenever a stage ends, and the pins of
    releases. ``unknown`` where git does not hold this folder's ``params.yaml``.
    """
    try:
        _git(folder, "ls-files", "--error-unmatch", "params.yaml")
        commit = _git(folder, "rev-parse", "HEAD")
        changes = _git(folder, "status", "--porcelain", "--", ".", *PRODUCTS)
    except (OSError, subprocess.CalledProcessError):
        return UNKNOWN, UNKNOWN
    return commit, "true" if changes else "false"


def data_hash(spec: Spec) -> str:
    """DVC's hash of the prepared data set; where DVC did not prepare it, a hash of its description."""
    path = Path("data/arrays", spec.name)
    for _ in range(TRIES):
        if not LOCK.exists():
            break
        if pinned := pinned_hash(path):
            return pinned
        time.sleep(0.1)
    return hash_json(spec.model_dump(mode="json"))[:DIGEST]


def pinned_hash(path: Path, lock: Path = LOCK) -> str | None:
    """The hash by which a ``dvc.lock`` pins an output; None where it does not, or is being written at this moment."""
    try:
        return _outs(lock.read_text("utf-8")).get(path.as_posix())
    except (OSError, YAMLError, UnicodeDecodeError, AttributeError, KeyError, TypeError):
        return None


def parameters_hash(config: ModelConfig, seed: int) -> str:
    """SHA-256 of the model's section of ``params.yaml``, defaults filled in, and the seed."""
    return hash_json({"seed": seed, "model": config.model_dump(mode="json")})


def lock_hash() -> str:
    """SHA-256 of ``dvc.lock``, ``unknown`` where there is none."""
    return sha256(LOCK) if LOCK.exists() else UNKNOWN


def execution() -> str:
    """What the runs of one execution of the pipeline share.

    ``MENAGERIE_EXECUTION`` where it is set (the flow does), else the outermost ``dvc`` that this process runs under,
    else this process.
    """
    given = os.environ.get("MENAGERIE_EXECUTION")
    if given:
        return given
    process = psutil.Process()
    above = [ancestor for ancestor in process.parents() if _is_dvc(ancestor)]
    return _label("dvc", above[-1]) if above else _label("python", process)


def _is_dvc(process: psutil.Process) -> bool:
    try:
        return "dvc" in [Path(word).name for word in process.cmdline()[:3]]
    except psutil.Error:
        return False


def _label(kind: str, process: psutil.Process) -> str:
    started = datetime.fromtimestamp(process.create_time(), UTC)
    return f"{kind} {started:%Y-%m-%dT%H:%M:%SZ} {process.pid}"


@lru_cache(maxsize=1)
def _outs(lock: str) -> dict[str, str]:
    """Path and hash of every output that a ``dvc.lock`` pins."""
    stages: Any = YAML(typ="safe").load(lock)["stages"]
    return {out["path"]: out["md5"] for stage in stages.values() for out in stage.get("outs", [])}


def _git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()

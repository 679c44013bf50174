"""Train a registered version again: ``python -m components.reproduce NAME VERSION``.

In a clean clone of this repository at the version's commit, with the data that DVC has in its cache or its remotes for
that commit, or else makes again; in a record that goes with the clone. It says whether the weights are the same bytes,
or by how much they are not, and what differs that they rest on.

The exit code is 0 for the same bytes, 1 for others, 2 for what cannot be tried.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from components.files import sha256
from components.params import UserError, run_step

if TYPE_CHECKING:
    from mlflow.entities.model_registry import ModelVersion

__all__ = ["bring_data", "clone", "explain", "find_commit", "main", "reproduce"]

WEIGHTS_FILE = "model.safetensors"
SHOWN = 5  # tensors that differ most


def main() -> None:
    """Reproduce the version that the command line names."""
    parser = argparse.ArgumentParser(
        prog="python -m components.reproduce", description="Train a registered version again and compare the weights."
    )
    parser.add_argument("name", metavar="NAME", help="a registered model")
    parser.add_argument("version", metavar="VERSION", help="a version's number, or an alias")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="a new folder for the clone, which then stays")
    options = parser.parse_args()

    from components.registry.champions import find_version

    version = find_version(options.name, options.version)
    with _workshop(options.keep) as folder:
        same = reproduce(version, folder)
    sys.exit(0 if same else 1)


def reproduce(version: "ModelVersion", folder: Path) -> bool:
    """Train a version again and say what came out; whether it is the same bytes.

    Args:
        version: MLflow's.
        folder: where it is cloned to, new or empty.

    Raises:
        UserError: no commit of this repository holds what it was trained with, or the clone cannot train.
    """
    from components.registry.runs import PREFIX, WEIGHTS

    tags = {key.removeprefix(PREFIX): value for key, value in version.tags.items()}
    title, commit = f"{version.name} {version.version}", find_commit(version)
    _say(f"{title}: cloning commit {commit[:12]} to {folder}")
    clone(commit, folder)
    if (data := bring_data(tags["dataset"], tags["data"], folder)) != tags["data"]:
        _say(f"{title}: not trained: it learned data of hash {tags['data']}, the commit makes {data} here")
        return False
    _say(f"{title}: training on {tags.get('backend', 'the default backend')}")
    settings = {"MLFLOW_TRACKING_URI": f"sqlite:///{folder / 'mlflow.db'}"}
    if "backend" in tags:
        settings["KERAS_BACKEND"] = tags["backend"]
    anew = ("--quiet", "--single-item", "--force", "--no-run-cache", "--no-commit")
    _dvc(folder, "repro", *anew, f"train@{version.name}", settings=settings)
    digest = sha256(folder / "artifacts/models" / version.name / WEIGHTS_FILE)
    if digest == version.tags[WEIGHTS]:
        _say(f"{title}: the same bytes, SHA-256 {digest}")
        return True
    _say(f"{title}: other bytes, SHA-256 {digest} for {version.tags[WEIGHTS]}", *explain(version, tags, folder))
    return False


def explain(version: "ModelVersion", tags: dict[str, str], folder: Path) -> Iterator[str]:
    """By how much the weights that a clone trained differ from a version's, and what they rest on that differs."""
    from components.registry.differences import compare_machines, compare_weights
    from components.registry.packaged import fetch

    with TemporaryDirectory() as registered:
        known = fetch(version.name, version.version, Path(registered)).model / WEIGHTS_FILE
        different = compare_weights(known, folder / "artifacts/models" / version.name / WEIGHTS_FILE)
    yield f"Tensors that differ: {len(different)}. Largest difference of two numbers, where most for its tensor:"
    yield from (f"  {difference}" for difference in different[:SHOWN])
    here = json.loads((folder / f"artifacts/costs/{version.name}.json").read_text("utf-8"))["training"]
    reasons = compare_machines(tags, here) or ["nothing that is recorded: training is not repeatable here"]
    yield "What differs that weights rest on:"
    yield from (f"  {reason}" for reason in reasons)


def find_commit(version: "ModelVersion") -> str:
    """The commit that a version was trained at.

    Raises:
        UserError: there is none, it does not hold what the version was trained with, or this repository lacks it.
    """
    from components.registry.lineage import UNKNOWN
    from components.registry.runs import PREFIX

    title = f"{version.name} {version.version}"
    commit, dirty = (version.tags.get(f"{PREFIX}{key}", UNKNOWN) for key in ("commit", "dirty"))
    if commit == UNKNOWN:
        raise UserError(f"{title}: no commit is recorded; only what git held can be trained again")
    if dirty != "false":
        raise UserError(f"{title}: it was trained with files that commit {commit[:12]} does not hold")
    if subprocess.run(["git", "cat-file", "-e", f"{commit}^{{commit}}"], capture_output=True, check=False).returncode:
        raise UserError(f"{title}: commit {commit[:12]} is not in this repository; `git fetch` may bring it")
    return commit


def clone(commit: str, folder: Path) -> None:
    """Clone the repository in the current folder, at a commit, to ``folder``; it shares DVC's cache and remotes."""
    _git(Path(), "clone", "--quiet", "--no-checkout", ".", str(folder))
    _git(folder, "checkout", "--quiet", "--detach", commit)
    settings = Path(".dvc/config.local")
    if settings.exists():
        (folder / settings).write_bytes(settings.read_bytes())
    cache = subprocess.run([sys.executable, "-m", "dvc", "cache", "dir"], check=True, capture_output=True, text=True)
    _dvc(folder, "cache", "dir", "--local", cache.stdout.strip(), quiet=True)


def bring_data(dataset: str, wanted: str, folder: Path) -> str | None:
    """Bring a prepared data set into a clone; the hash that it has there.

    It is what the commit pins, from cache or remote, if that is what is wanted; else it is made again.
    """
    from components.registry.lineage import pinned_hash

    path, lock = Path("data/arrays", dataset), folder / "dvc.lock"
    if pinned_hash(path, lock) == wanted:
        for command in ("checkout", "pull"):
            if _dvc(folder, command, str(path), quiet=True, check=False) and (folder / path).exists():
                return wanted
    _say(f"{path}: not in DVC's cache or remotes as it was; made again")
    _dvc(folder, "repro", "--quiet", f"prepare@{dataset}")
    return pinned_hash(path, lock)


@contextmanager
def _workshop(keep: Path | None) -> Iterator[Path]:
    if keep is None:
        with TemporaryDirectory(prefix="reproduce-") as folder:
            yield Path(folder)
        return
    if keep.exists() and (not keep.is_dir() or any(keep.iterdir())):
        raise UserError(f"--keep {keep}: it exists; allowed: a new folder, or an empty one")
    yield keep.resolve()


def _git(folder: Path, *words: str) -> None:
    if code := subprocess.run(["git", *words], cwd=folder, check=False).returncode:
        raise UserError(f"`git {' '.join(words)}` ended with exit code {code}")


def _dvc(
    folder: Path, *words: str, quiet: bool = False, check: bool = True, settings: dict[str, str] | None = None
) -> bool:
    """Run DVC in a clone, which no variable tells to look elsewhere; whether it ended well."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MENAGERIE_")}
    here = str(Path(sys.executable).parent)  # stages call `python`: the one that runs this
    environment["PATH"] = os.pathsep.join([here, environment.get("PATH", os.defpath)])
    command = [sys.executable, "-m", "dvc", *words]
    done = subprocess.run(command, cwd=folder, env=environment | (settings or {}), capture_output=quiet, check=False)
    if done.returncode and check:
        raise UserError(f"`dvc {' '.join(words)}` ended with exit code {done.returncode} in {folder}")
    return not done.returncode


def _say(*lines: str) -> None:
    for line in lines:
        print(line, flush=True)


if __name__ == "__main__":
    run_step(main)

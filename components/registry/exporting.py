"""What is released, as files: ``releases/NAME``, pinned by DVC as ``releases/NAME.dvc``."""

import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import mlflow

from components.files import atomic_file, atomic_folder, sha256, to_json
from components.params import UserError
from components.registry.card import SAMPLES, write_card
from components.registry.ledger import Entry
from components.registry.packaged import fetch

__all__ = ["RELEASES", "ExportError", "export", "restore"]

RELEASES = Path("releases")
NOTICE = "release.json"


class ExportError(UserError):
    """A version that cannot be written or pinned."""


def export(entry: Entry) -> Path:
    """Write the version that an entry releases to ``releases/NAME`` and pin it; give the pin.

    The folder holds ``model.safetensors`` and ``config.json``, samples, the model card as ``README.md``, and the entry
    as ``release.json``. Where DVC has a default remote, what is pinned is pushed there.

    Raises:
        ExportError: the weights are not those that were registered, or DVC fails.
    """
    assert entry.after is not None
    with TemporaryDirectory() as temporary, atomic_folder(RELEASES / entry.model) as draft:
        packaged = fetch(entry.model, entry.after, Path(temporary))
        for name in ("model.safetensors", "config.json"):
            shutil.copyfile(packaged.model / name, draft / name)
        if sha256(draft / "model.safetensors") != packaged.weights:
            raise ExportError(f"{entry.model} {entry.after}: its weights are not those that were registered")
        _copy_samples(str(packaged.version.run_id), draft)
        write_card(packaged.version, draft)
        (draft / NOTICE).write_text(to_json(entry.content()), encoding="utf-8")
    _dvc("add", "--quiet", str(RELEASES / entry.model))
    pin = _pin(entry.model)
    if _has_remote():
        _dvc("push", "--quiet", str(pin))
    return pin


def restore(model: str, entry: Entry | None) -> bool:
    """Make what there is of ``releases/NAME`` what the entry in force says, and say whether it was anything else.

    It is where a process died between exporting and recording, or where the version was withdrawn.
    """
    folder, notice = RELEASES / model, RELEASES / model / NOTICE
    if not folder.exists() and not _pin(model).exists():
        return False
    if entry is None or entry.after is None:
        shutil.rmtree(folder, ignore_errors=True)
        _pin(model).unlink(missing_ok=True)
        return True
    if notice.exists() and notice.read_text("utf-8") == to_json(entry.content()):
        return False
    with atomic_file(_pin(model)) as draft:
        shutil.copyfile(mlflow.MlflowClient().download_artifacts(entry.run_id, _pin(model).name), draft)
    for command in ("checkout", "pull"):
        with suppress(ExportError):
            _dvc(command, "--quiet", "--force", str(_pin(model)))
            return True
    export(entry)  # neither cache nor remote has it any more
    return True


def _copy_samples(run_id: str, folder: Path) -> None:
    client = mlflow.MlflowClient()
    for file in client.list_artifacts(run_id, "evaluation"):
        if Path(file.path).name in SAMPLES:
            shutil.copyfile(client.download_artifacts(run_id, file.path), folder / Path(file.path).name)


def _pin(model: str) -> Path:
    return RELEASES / f"{model}.dvc"


def _has_remote() -> bool:
    command = [sys.executable, "-m", "dvc", "config", "core.remote"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _dvc(*arguments: str) -> None:
    command = [sys.executable, "-m", "dvc", "--wait-for-lock", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        complaint = " ".join(line for line in done.stderr.splitlines() if line.strip())
        raise ExportError(f"dvc {' '.join(arguments)}: {complaint or f'exit code {done.returncode}'}")

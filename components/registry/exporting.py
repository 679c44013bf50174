"""What is released, as files: ``releases/NAME``, pinned by DVC as ``releases/NAME.dvc``."""

import shutil
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import mlflow

from components.files import atomic_file, atomic_folder, sha256, to_json
from components.registry.card import SAMPLES, write_card
from components.registry.ledger import Entry
from components.registry.packaged import fetch
from components.registry.pins import ExportError, dvc, has_remote, is_whole

__all__ = ["RELEASES", "bring", "export", "restore"]

RELEASES = Path("releases")
NOTICE = "release.json"


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
    dvc("add", "--quiet", str(RELEASES / entry.model))
    if has_remote():
        dvc("push", "--quiet", str(_pin(entry.model)))
    return _pin(entry.model)


def restore(model: str, entry: Entry | None) -> None:
    """Make what there is of ``releases/NAME`` what the entry in force says; in a fresh clone there is nothing.

    It is something else where a process died between exporting and recording, or while DVC brought files here, or where
    the version was withdrawn.
    """
    folder = RELEASES / model
    if not folder.exists() and not _pin(model).exists():
        return
    if entry is None or entry.after is None:
        shutil.rmtree(folder, ignore_errors=True)
        _pin(model).unlink(missing_ok=True)
    elif not _holds(folder, entry):
        bring(entry)


def bring(entry: Entry) -> Path:
    """Bring what an entry released into ``releases/NAME``, by the pin that it keeps; give the folder.

    Where neither cache nor remote has it any more, it is written again: the registered weights, beside a card of what
    the record says now. The pin in the checkout is then another than the entry's.
    """
    with atomic_file(_pin(entry.model)) as draft:
        shutil.copyfile(mlflow.MlflowClient().download_artifacts(entry.run_id, _pin(entry.model).name), draft)
    for command in ("checkout", "pull"):
        with suppress(ExportError):
            dvc(command, "--quiet", "--force", str(_pin(entry.model)))
            return RELEASES / entry.model
    export(entry)
    return RELEASES / entry.model


def _holds(folder: Path, entry: Entry) -> bool:
    notice = folder / NOTICE
    told = notice.exists() and notice.read_text("utf-8") == to_json(entry.content())
    return told and is_whole(folder, _pin(entry.model))


def _copy_samples(run_id: str, folder: Path) -> None:
    client = mlflow.MlflowClient()
    for file in client.list_artifacts(run_id, "evaluation"):
        if Path(file.path).name in SAMPLES:
            shutil.copyfile(client.download_artifacts(run_id, file.path), folder / Path(file.path).name)


def _pin(model: str) -> Path:
    return RELEASES / f"{model}.dvc"

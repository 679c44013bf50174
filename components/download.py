"""``python -m components.download KEY``: fetch a data set with TFDS into ``data/raw/KEY``.

Files that were downloaded by hand are taken from ``$MENAGERIE_MANUAL_DIR/NAME/``, where NAME is the data set's name in
TFDS. Check sums are always enforced. With no network it says so within seconds.
"""

import os
import shutil
import sys
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

from components.datasets.command import read_command
from components.datasets.network import require_network
from components.datasets.sources import find_builder
from components.files import atomic_folder
from components.params import UserError, run_step

if TYPE_CHECKING:
    import tensorflow_datasets as tfds

MANUAL = "MENAGERIE_MANUAL_DIR"
DOWNLOADS = Path(".menagerie/downloads")


def main() -> None:
    """Fetch one data set."""
    _, key, dataset = read_command("download", "Fetch a data set with TFDS.")
    with atomic_folder(Path("data/raw") / key) as draft:
        workshop = draft / "workshop"
        builder = find_builder(key, dataset, workshop)
        manual = manual_folder(builder)
        require_network(builder, [folder for folder in (manual, DOWNLOADS) if folder])
        fetch(builder, manual, workshop)
        for file in Path(builder.data_dir).iterdir():
            file.rename(draft / file.name)
        shutil.rmtree(workshop)
    counts = ", ".join(f"{name} {split.num_examples:,}" for name, split in builder.info.splits.items())
    print(f"{key}: {builder.info.full_name}, examples: {counts}")


def manual_folder(builder: "tfds.core.DatasetBuilder") -> Path | None:
    """The folder of files that were downloaded by hand for this data set, if there is one.

    Raises:
        UserError: the variable names no folder, or the data set can only be downloaded by hand and was not.
    """
    root = os.environ.get(MANUAL)
    if root and not Path(root).is_dir():
        raise UserError(f"{MANUAL}: {root}: no such folder; it may hold one subfolder a data set")
    folder = Path(root) / builder.name if root else None
    if folder is not None and folder.is_dir():
        return folder
    if builder.MANUAL_DOWNLOAD_INSTRUCTIONS:
        instructions = " ".join(builder.MANUAL_DOWNLOAD_INSTRUCTIONS.split())
        raise UserError(f"{builder.name} must be downloaded by hand into ${MANUAL}/{builder.name}: {instructions}")
    return None


def fetch(builder: "tfds.core.DatasetBuilder", manual: Path | None, workshop: Path) -> None:
    """Download what is not there yet and write the data set's files.

    Archives are unpacked under ``workshop``: TFDS takes an unpacked archive of the same name for the same archive, and
    those of ``mnist`` and ``fashion_mnist`` have the same names.

    Raises:
        UserError: a download failed, or a file is not the one that TFDS registers.
    """
    import requests
    import tensorflow_datasets as tfds
    from tensorflow_datasets.core.download.download_manager import NonMatchingChecksumError
    from tensorflow_datasets.core.download.util import DownloadError

    from components.datasets.records import settle

    config = tfds.download.DownloadConfig(
        manual_dir=manual,
        extract_dir=workshop / "extracted",
        force_checksums_validation=True,
        try_download_gcs=False,
    )
    if not sys.stderr.isatty():
        tfds.disable_progress_bar()
    try:
        with redirect_stdout(StringIO()):  # what TFDS prints is where its files lie for now
            builder.download_and_prepare(download_dir=DOWNLOADS, download_config=config, file_format="tfrecord")
    except NonMatchingChecksumError as error:
        raise UserError(_one_line(str(error).partition("To debug")[0])) from None
    except (DownloadError, requests.RequestException) as error:
        raise UserError(f"{builder.name} could not be downloaded: {_one_line(error)}") from None
    except ValueError as error:
        if "Missing checksums" not in str(error):
            raise
        raise UserError(f"{builder.name}: TFDS registers no check sum for its files: {_one_line(error)}") from None
    for file in Path(builder.data_dir).glob("*.tfrecord*"):
        settle(file)


def _one_line(error: object) -> str:
    return " ".join(str(error).split())


if __name__ == "__main__":
    run_step(main)

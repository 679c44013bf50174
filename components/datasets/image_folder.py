"""A folder of PNG and JPEG files as a TFDS builder: one subfolder a class, or no subfolders and no classes.

Pictures pass one at a time and keep their bytes; ``prepare`` decodes them. TFDS orders them by a hash of their path, so
the order in which a file system lists them does not matter.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import tensorflow_datasets as tfds

from components.params import UserError

__all__ = ["SUFFIXES", "ImageFolder", "find_classes"]

SUFFIXES = (".png", ".jpg", ".jpeg")


class ImageFolder(tfds.core.GeneratorBasedBuilder, skip_registration=True):  # type: ignore[call-arg]
    """Pictures of a folder, under their relative path.

    Args:
        folder: where the pictures are.
        classes: names of its subfolders, in the order of their labels; empty where the pictures have no classes.
    """

    VERSION = tfds.core.Version("1.0.0")

    def __init__(self, folder: Path, classes: tuple[str, ...], **options):
        self.folder, self.classes = folder, classes
        super().__init__(**options)

    def _info(self) -> tfds.core.DatasetInfo:
        features = {"image": tfds.features.Image(shape=(None, None, None)), "file": tfds.features.Text()}
        if self.classes:
            features["label"] = tfds.features.ClassLabel(names=self.classes)
        return tfds.core.DatasetInfo(
            builder=self, description="A folder of pictures.", features=tfds.features.FeaturesDict(features)
        )

    def _split_generators(self, dl_manager):
        return {"train": self._generate_examples()}

    def _generate_examples(self):
        for name in self.classes or (None,):
            for path in _pictures(self.folder / name if name else self.folder):
                file = path.relative_to(self.folder).as_posix()
                yield file, {"image": path.read_bytes(), "file": file, **({"label": name} if name else {})}


def find_classes(folder: Path) -> tuple[str, ...]:
    """Names of the subfolders that hold pictures, sorted; empty where the folder itself holds them.

    Raises:
        UserError: there are no pictures, or some in the folder and some in subfolders, or some deeper than that.
    """
    subfolders = sorted(entry.name for entry in os.scandir(folder) if entry.is_dir() and not entry.name.startswith("."))
    classes = tuple(name for name in subfolders if _holds_pictures(folder / name))
    for name in classes:
        for entry in os.scandir(folder / name):
            if entry.is_dir() and _holds_pictures(Path(entry.path)):
                raise UserError(
                    f"{entry.path}: pictures two folders deep; they may lie in {folder} or in {folder}/CLASS"
                )
    flat = _holds_pictures(folder)
    if flat and classes:
        raise UserError(
            f"{folder}: pictures both here and in {classes[0]}/; put each into a folder that names its class"
        )
    if not flat and not classes:
        raise UserError(f"{folder}: no pictures; {', '.join(SUFFIXES)} files may lie in it or in one subfolder a class")
    return classes


def _holds_pictures(folder: Path) -> bool:
    return next(_pictures(folder), None) is not None


def _pictures(folder: Path) -> Iterator[Path]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.lower().endswith(SUFFIXES) and not entry.name.startswith(".") and entry.is_file():
                yield Path(entry.path)

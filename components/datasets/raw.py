"""What ``download`` left: a folder that TFDS wrote, read back an example at a time, without TensorFlow."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import tensorflow_datasets as tfds

from components.datasets.records import read_examples
from components.params import Dataset, UserError

__all__ = ["Raw", "find_feature", "find_labels"]

FEATURES = {"image": tfds.features.Image, "text": tfds.features.Text}
FILE_NAMES = ("file", "image/filename", "file_name", "filename")
PATH_BUILDERS = ("image_folder", "text_file")


def find_feature(key: str, kind: str, info: tfds.core.DatasetInfo) -> str:
    """Name of the feature that holds the examples: the one called ``image`` or ``text``, or else the first of its kind.

    Raises:
        UserError: the source holds no such thing.
    """
    names = [name for name, feature in info.features.items() if isinstance(feature, FEATURES[kind])]
    if not names:
        features = ", ".join(f"{name} ({type(feature).__name__})" for name, feature in info.features.items())
        raise UserError(f"datasets.{key}.kind: {kind}, but {info.name} holds no {kind}; it holds {features}")
    return kind if kind in names else names[0]


def find_labels(info: tfds.core.DatasetInfo) -> str | None:
    """Name of the feature that holds the class of an example, if there is one."""
    labels = tfds.features.ClassLabel
    names = [name for name, feature in info.features.items() if isinstance(feature, labels) and feature.num_classes]
    return "label" if "label" in names else next(iter(names), None)


class Raw:
    """A downloaded data set.

    Args:
        key: its name in ``params.yaml``.
        dataset: its parameters.
        folder: where ``download`` put it.

    Raises:
        UserError: the folder is missing, or does not hold what ``dataset.kind`` says.
    """

    def __init__(self, key: str, dataset: Dataset, folder: Path):
        self.key, self.dataset = key, dataset
        if not (folder / "dataset_info.json").is_file():
            raise UserError(f"{folder}: no downloaded data set here; `dvc repro download@{key}` fetches it")
        self.info = tfds.builder_from_directory(folder).info
        self.feature = find_feature(key, dataset.kind, self.info)
        self.label = find_labels(self.info)

    @property
    def source(self) -> str:
        """Where the data come from: the path as the parameters have it, or TFDS' name, ``emnist/letters:3.1.0``."""
        name, _, version = self.info.full_name.rpartition("/")
        return self.dataset.source if self.info.name in PATH_BUILDERS else f"{name}:{version}"

    @property
    def ordered(self) -> bool:
        """Whether examples come in the order of the source: then text examples are consecutive parts of one text."""
        return self.info.disable_shuffling

    @property
    def classes(self) -> tuple[str, ...] | None:
        """Names of the classes, if examples have any."""
        return None if self.label is None else tuple(self.info.features[self.label].names)

    @property
    def splits(self) -> tuple[str, ...]:
        """Splits that hold examples."""
        return tuple(name for name, split in self.info.splits.items() if split.num_examples)

    def read(self, split: str) -> Iterator[tuple[str, bytes, int]]:
        """Every example of a split, always in the same order: a name for messages, its bytes, its class or -1."""
        index = 0
        for path in self.info.splits[split].filepaths:
            for example in read_examples(Path(path)):
                features = example.features.feature
                label = int(features[self.label].int64_list.value[0]) if self.label else -1
                yield _name(features) or f"{split} example {index}", _bytes(features[self.feature]), label
                index += 1


def _name(features: Mapping[str, Any]) -> str | None:
    return next((_bytes(features[name]).decode() for name in FILE_NAMES if name in features), None)


def _bytes(feature: Any) -> bytes:
    return feature.bytes_list.value[0]

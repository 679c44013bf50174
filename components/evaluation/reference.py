"""Images as the reference classifier sees them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from keras import ops

from components.backend import compiled, in_batches
from components.datasets.arrays import Arrays, array_writer
from components.models import storage
from components.models.classifier import Classifier
from components.params import UserError

__all__ = ["Eye", "Seen", "open_eye", "seen", "write_seen"]

SPLITS = ("train", "test")
"""Those that samples are compared with."""


@dataclass(frozen=True)
class Seen:
    """Images of a split, or samples.

    Args:
        features: where they lie, ``float32[N, D]``.
        classes: those that the classifier finds, ``int16[N]``; ``None`` where the data have none.
    """

    features: np.ndarray
    classes: np.ndarray | None


class Eye:
    """A trained reference classifier.

    Args:
        model: the classifier.
        batch_size: images a compiled call.
    """

    def __init__(self, model: Classifier, batch_size: int):
        self.model, self.batch_size = model, batch_size
        self._features = compiled(model.features, model.variables)
        self._classes = compiled(lambda features: ops.argmax(model.logits(features), axis=-1), model.variables)

    def __call__(self, images: np.ndarray) -> Seen:
        """What it makes of images ``uint8[N, H, W, C]``."""
        features = in_batches(self._features, images, size=self.batch_size)
        if not self.model.spec.classes:
            return Seen(features, None)
        return Seen(features, in_batches(self._classes, features, size=self.batch_size).astype(np.int16))


def open_eye(folder: Path, batch_size: int) -> Eye:
    """The classifier of a folder of ``artifacts/reference``.

    Raises:
        UserError: it is missing or broken.
    """
    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder; `dvc repro reference@{folder.name}` makes it")
    model = storage.load(folder)
    if not isinstance(model, Classifier):
        raise UserError(f"{folder}: holds a {model.config.family}; `dvc repro reference@{folder.name}` makes it anew")
    return Eye(model, batch_size)


def write_seen(eye: Eye, arrays: Arrays, folder: Path) -> None:
    """Write what a classifier makes of the images that samples are compared with, in constant memory."""
    for split in SPLITS:
        images, width = arrays.split(split), eye.model.config.features
        with (
            array_writer(folder / f"{split}_features.npy", np.float32, (width,)) as features,
            array_writer(folder / f"{split}_classes.npy", np.int16) as classes,
        ):
            for start in range(0, len(images), eye.batch_size):
                block = eye(np.asarray(images[start : start + eye.batch_size]))
                features.append(block.features)
                if block.classes is not None:
                    classes.append(block.classes)


def seen(folder: Path, split: str) -> Seen:
    """What the classifier of a folder made of ``train`` or ``test``, mapped read-only."""
    features = np.load(folder / f"{split}_features.npy", mmap_mode="r", allow_pickle=False)
    classes = np.load(folder / f"{split}_classes.npy", mmap_mode="r", allow_pickle=False)
    return Seen(features, classes if len(classes) else None)

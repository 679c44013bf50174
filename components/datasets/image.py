"""Pictures as arrays: decoded, resized, quantised, and dealt out to the parts of a data set, one at a time.

Binary images are draws from grey ones, as in the literature on binary MNIST: Salakhutdinov and Murray, *On the
Quantitative Analysis of Deep Belief Networks*, https://www.cs.toronto.edu/~rsalakhu/papers/dbn_ais.pdf; anew each time
in training (Burda et al., https://arxiv.org/abs/1509.00519, section 5), or once and for all (Larochelle and Murray,
https://proceedings.mlr.press/v15/larochelle11a.html, whose own draw and split are not ours).
"""

from contextlib import ExitStack
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from components.datasets.arrays import ArrayWriter, array_writer
from components.datasets.duplicates import DuplicateCounter
from components.datasets.raw import Raw
from components.datasets.splitting import Plan, content_hash, part_of
from components.params import SPLITS, Dataset, UserError

__all__ = ["binarized", "decode", "prepare_images", "quantise"]

MODES = {1: "L", 3: "RGB"}
UNREADABLE = (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError)


def prepare_images(raw: Raw, plan: Plan, seed: int, folder: Path) -> dict[str, Any]:
    """Write the arrays of an image data set into an existing folder; return what a ``Spec`` says of them.

    Raises:
        UserError: pictures differ in size or channels, or more of them cannot be decoded than ``dataset.undecodable``.
    """
    key, dataset = raw.key, raw.dataset
    levels, dynamic = dataset.levels or 256, dataset.binarization == "dynamic"
    duplicates, failures = DuplicateCounter(folder), Failures(key, dataset.undecodable)
    with ExitStack() as stack:
        writers: Writers | None = None
        for split, shares in plan.items():
            for name, encoded, label in raw.read(split):
                try:
                    image = decode(encoded, dataset)
                except UNREADABLE as error:
                    failures.add(name, error)
                    continue
                if writers is None:
                    classes = raw.classes is not None
                    writers = Writers(stack, folder, image.shape, name, classes=classes, intensities=dynamic)
                image = quantise(image, levels)
                writers.check(key, image.shape, name)
                content = content_hash(image.tobytes(), seed)
                part = part_of(content, shares)
                duplicates.add(part, content)
                if part == "train" and writers.intensities is not None:
                    writers.intensities.append(image[None])
                if dataset.binarization:
                    image = binarized(image, (seed, content))
                writers.append(part, image, label)
        failures.judge()
        if writers is None:
            raise UserError(f"datasets.{key}.source: {dataset.source}: no picture in it")
    return {
        "shape": writers.shape,
        "levels": 2 if dataset.binarization else levels,
        "binarization": dataset.binarization,
        "classes": raw.classes,
        "counts": duplicates.totals,
        "duplicates": duplicates.report(key, "images"),
    }


def decode(content: bytes, dataset: Dataset) -> np.ndarray:
    """A PNG or JPEG file's picture as ``uint8[H, W, C]``, upright, with the channels and the size of the parameters.

    A size other than the picture's own stretches it.

    Raises:
        OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError: Pillow cannot decode it.
    """
    with Image.open(BytesIO(content), formats=("PNG", "JPEG")) as file:
        image = ImageOps.exif_transpose(file)
    if image.mode.startswith("I"):
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    channels = dataset.channels or (1 if image.mode in ("1", "L", "LA") else 3)
    image = image.convert(MODES[channels])
    if dataset.size is not None and image.size != dataset.size[::-1]:
        image = image.resize(dataset.size[::-1], Image.Resampling[dataset.resampling.upper()])
    return np.asarray(image).reshape(image.height, image.width, channels)


def quantise(image: np.ndarray, levels: int) -> np.ndarray:
    """Intensities 0 … 255 as the nearest of ``levels`` evenly spaced ones, 0 … levels - 1."""
    return image if levels == 256 else np.rint(image * ((levels - 1) / 255)).astype(np.uint8)


def binarized(image: np.ndarray, seed: tuple[int, ...]) -> np.ndarray:
    """Black and white, ``uint8`` 0 and 1: each pixel is 1 with probability intensity / 255."""
    return (np.random.default_rng(seed).integers(255, size=image.shape, dtype=np.uint8) < image).astype(np.uint8)


class Writers:
    """The arrays of every part, opened with the shape of the first picture."""

    def __init__(
        self, stack: ExitStack, folder: Path, shape: tuple[int, ...], name: str, *, classes: bool, intensities: bool
    ):
        height, width, channels = shape
        self.shape, self._first = (height, width, channels), name
        self._images: dict[str, ArrayWriter] = {}
        self._labels: dict[str, ArrayWriter] = {}
        for part in SPLITS:
            self._images[part] = stack.enter_context(array_writer(folder / f"{part}.npy", np.uint8, self.shape))
            if classes:
                self._labels[part] = stack.enter_context(array_writer(folder / f"{part}_labels.npy", np.int16))
        self.intensities: ArrayWriter | None = None
        if intensities:
            file = folder / "train_intensities.npy"
            self.intensities = stack.enter_context(array_writer(file, np.uint8, self.shape))

    def check(self, key: str, shape: tuple[int, ...], name: str) -> None:
        """Refuse a picture of another shape than the first."""
        for field, ours, first in (("size", shape[:2], self.shape[:2]), ("channels", shape[2:], self.shape[2:])):
            if ours != first:
                sizes = f"{'×'.join(map(str, first))} ({self._first}), {'×'.join(map(str, ours))} ({name})"
                example = "[32, 32]" if field == "size" else "1 or 3"
                raise UserError(f"datasets.{key}.{field}: pictures differ: {sizes}; give one for all, as {example}")

    def append(self, part: str, image: np.ndarray, label: int) -> None:
        """Add a picture, and its class where there are classes, to a part."""
        self._images[part].append(image[None])
        if self._labels:
            self._labels[part].append(np.array([label], np.int16))


class Failures:
    """Files that could not be decoded: all are named, and more than allowed end the stage."""

    def __init__(self, key: str, allowed: int):
        self._key, self._allowed, self._lines = key, allowed, list[str]()

    def add(self, name: str, error: Exception) -> None:
        """Note a file and what is wrong with it."""
        cause = "neither PNG nor JPEG" if isinstance(error, UnidentifiedImageError) else " ".join(str(error).split())
        self._lines.append(f"datasets.{self._key}: cannot decode {name}: {cause}")

    def judge(self) -> None:
        """Say which files were left out, or raise :class:`UserError` where there are more than allowed."""
        count = len(self._lines)
        if count > self._allowed:
            limit = f"datasets.{self._key}.undecodable: {self._allowed}, but {count} cannot be decoded"
            raise UserError(*self._lines, limit)
        for line in self._lines:
            print(line)

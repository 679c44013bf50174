"""The array format: what every step after ``prepare`` reads.

A prepared data set is a folder of plain arrays that NumPy maps into memory, and a description of them::

    train.npy  validation.npy  test.npy      images uint8[N, H, W, C]; text uint8[N] or uint16[N]
    train_labels.npy …                       classes int16[N], -1 for none, where the data set has classes
    train_intensities.npy                    uint8[N, H, W, C], 0 … 255, of which training draws what it sees, where
                                             binarization is dynamic
    spec.json                                components.params.Spec

Imports NumPy and the parameters alone.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.lib import format as npy
from pydantic import ValidationError

from components.files import sha256, write_json
from components.params import SPLITS, ImageSpec, Spec, UserError, read_spec

__all__ = ["ArrayWriter", "Arrays", "array_writer", "hash_arrays", "open_arrays", "write_spec"]

SPEC = "spec.json"


@dataclass(frozen=True)
class Arrays:
    """A prepared data set, open for reading: nothing is in memory until it is indexed."""

    folder: Path
    spec: Spec

    def split(self, name: str) -> np.ndarray:
        """Examples of ``train``, ``validation`` or ``test``, mapped read-only.

        Raises:
            UserError: the array is missing, cut short, or not what the description says.
        """
        array = self._open(name)
        if len(array) != self.spec.counts[name]:
            raise UserError(
                f"{self.folder / name}.npy: holds {len(array)} examples, {SPEC} says {self.spec.counts[name]}"
            )
        return array

    def labels(self, name: str) -> np.ndarray | None:
        """Class of each example of a split, an index into ``spec.classes``, or -1; None where there are no classes."""
        return self._open(f"{name}_labels") if isinstance(self.spec, ImageSpec) and self.spec.classes else None

    @property
    def intensities(self) -> np.ndarray | None:
        """What each pixel of the training images is drawn from anew, ``0 … 255``; None unless they are drawn so."""
        dynamic = isinstance(self.spec, ImageSpec) and self.spec.binarization == "dynamic"
        return self._open("train_intensities") if dynamic else None

    def examples(self, split: str) -> dict[str, np.ndarray]:
        """A split of images by what an example is made of: ``image``, and ``label`` where there are classes."""
        labels = self.labels(split)
        return {"image": self.split(split)} | ({} if labels is None else {"label": labels})

    def _open(self, stem: str) -> np.ndarray:
        path = self.folder / f"{stem}.npy"
        try:
            return np.load(path, mmap_mode="r", allow_pickle=False)
        except FileNotFoundError:
            raise UserError(f"{path}: no such file; {_remedy(self.folder)}") from None
        except (ValueError, OSError) as error:
            raise UserError(f"{path}: not a whole NumPy array ({error}); {_remedy(self.folder)}") from None


def open_arrays(folder: Path) -> Arrays:
    """Open a prepared data set.

    Raises:
        UserError: the folder, its description or an array is missing or unreadable.
    """
    path = folder / SPEC
    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder; {_remedy(folder)}")
    try:
        spec = read_spec(path.read_bytes())
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; {_remedy(folder)}") from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the file"
        raise UserError(f"{path}: {place}: {first['msg']}; {_remedy(folder)}") from None
    arrays = Arrays(folder, spec)
    for name in SPLITS:
        arrays.split(name)
        arrays.labels(name)
    return arrays


def _remedy(folder: Path) -> str:
    return f"`dvc repro prepare@{folder.name}` makes it"


class ArrayWriter:
    """A ``.npy`` file that grows by one block at a time, in constant memory."""

    def __init__(self, path: Path, dtype: type[np.generic], shape: tuple[int, ...] = ()):
        self._dtype, self._shape, self._count = np.dtype(dtype), shape, 0
        self._file = path.open("wb")
        self._write_header()
        self._header = self._file.tell()

    def append(self, block: np.ndarray) -> None:
        """Add examples: ``block`` is ``[n, *shape]`` and of the file's type."""
        if block.dtype != self._dtype or block.shape[1:] != self._shape:
            raise ValueError(f"{block.dtype}{block.shape} does not fit {self._dtype}[n, {self._shape}]")
        self._file.write(np.ascontiguousarray(block).data)
        self._count += len(block)

    def close(self) -> None:
        """Write the number of examples into the header, which NumPy leaves room for."""
        self._file.seek(0)
        self._write_header()
        if self._file.tell() != self._header:
            raise RuntimeError("the header of a .npy file changed its length")
        self._file.close()

    def __len__(self) -> int:
        return self._count

    def _write_header(self) -> None:
        description = {"descr": npy.dtype_to_descr(self._dtype), "fortran_order": False}
        npy.write_array_header_1_0(self._file, {**description, "shape": (self._count, *self._shape)})


@contextmanager
def array_writer(path: Path, dtype: type[np.generic], shape: tuple[int, ...] = ()) -> Iterator[ArrayWriter]:
    """Write an array of ``dtype[N, *shape]`` whose ``N`` is known only at the end."""
    writer = ArrayWriter(path, dtype, shape)
    try:
        yield writer
    finally:
        writer.close()


def hash_arrays(folder: Path) -> dict[str, str]:
    """SHA-256 of every array of a folder, by its name without the suffix: the ``arrays`` of a :class:`Spec`."""
    return {path.stem: sha256(path) for path in sorted(folder.glob("*.npy"))}


def write_spec(folder: Path, spec: Spec) -> None:
    """Write the description of a prepared data set."""
    write_json(folder / SPEC, spec.model_dump(mode="json"))

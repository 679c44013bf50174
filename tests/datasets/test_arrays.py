"""The array format: streaming writer, memory-mapped reader, and what a person is told of a broken folder."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from components.datasets.arrays import array_writer, hash_arrays, open_arrays, write_spec
from components.params import ImageSpec, UserError


def write_tiny(folder: Path, counts: dict[str, int]) -> Path:
    folder.mkdir()
    for name, count in counts.items():
        with array_writer(folder / f"{name}.npy", np.uint8, (2, 3, 1)) as images:
            for index in range(count):
                images.append(np.full((1, 2, 3, 1), index, np.uint8))
        with array_writer(folder / f"{name}_labels.npy", np.uint8) as labels:
            labels.append(np.arange(count, dtype=np.uint8) % 2)
    spec = ImageSpec(
        name="tiny",
        source="here",
        shape=(2, 3, 1),
        levels=256,
        classes=("a", "b"),
        counts=counts,
        duplicates={},
        arrays=hash_arrays(folder),
    )
    write_spec(folder, spec)
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_tiny(tmp_path / "tiny", {"train": 120, "validation": 0, "test": 2})


def test_what_was_written_is_read_back_without_being_loaded(folder: Path) -> None:
    arrays = open_arrays(folder)
    train, labels = arrays.split("train"), arrays.labels("train")
    assert isinstance(train, np.memmap)
    assert isinstance(labels, np.memmap)
    assert not train.flags.writeable
    np.testing.assert_array_equal(train[:, 1, 2, 0], np.arange(120))
    np.testing.assert_array_equal(labels, np.arange(120) % 2)
    assert arrays.split("validation").shape == (0, 2, 3, 1)
    assert sorted(arrays.spec.arrays) == sorted(f"{s}{x}" for s in arrays.spec.counts for x in ("", "_labels"))


def test_a_streamed_array_has_the_bytes_of_a_saved_one(folder: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "whole.npy", np.load(folder / "train.npy"))
    assert (tmp_path / "whole.npy").read_bytes() == (folder / "train.npy").read_bytes()


def test_a_block_of_another_shape_is_refused(tmp_path: Path) -> None:
    with array_writer(tmp_path / "x.npy", np.uint8, (2,)) as writer, pytest.raises(ValueError, match="does not fit"):
        writer.append(np.zeros((1, 3), np.uint8))


def test_a_broken_folder_is_one_line(folder: Path, tmp_path: Path) -> None:
    def line(path: Path = folder) -> str:
        with pytest.raises(UserError) as caught:
            open_arrays(path)
        assert len(caught.value.lines) == 1
        return str(caught.value)

    assert "absent: no such folder; `dvc repro prepare@absent`" in line(tmp_path / "absent")
    train = folder / "train.npy"
    whole = train.read_bytes()
    train.write_bytes(whole[:-1])
    assert "train.npy: not a whole NumPy array" in line()
    np.save(train, np.zeros((3, 2, 3, 1), np.uint8))
    assert "holds 3 examples, spec.json says 120" in line()
    train.unlink()
    assert "train.npy: no such file" in line()
    spec = folder / "spec.json"
    spec.write_text(spec.read_text().replace('"image"', '"sound"'))
    assert "found using 'kind' does not match any of the expected tags: 'image', 'text'" in line()
    spec.write_text("{")
    assert "spec.json: the file: Invalid JSON" in line()
    spec.unlink()
    assert "spec.json: no such file" in line()


def test_opening_arrays_imports_neither_tfds_nor_a_backend() -> None:
    code = (
        "import sys, components.datasets.arrays; "
        "print(sorted({'tensorflow', 'tensorflow_datasets', 'jax', 'keras'} & set(sys.modules)))"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "[]\n"

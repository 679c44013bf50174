"""``python -m components.prepare``: what the arrays hold, how it refuses, and what memory it takes."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from components import download, prepare
from components.datasets.arrays import Arrays, open_arrays
from components.params import SPLITS, UNKNOWN, Dataset, UserError
from tests.datasets.desk import make_dataset, run_step_in, write_params, write_picture

ROOT = Path(__file__).parents[1]


def prepare_in(folder: Path, key: str, dataset: Dataset) -> Arrays:
    """Download and prepare one data set."""
    write_params(folder, **{key: dataset})
    run_step_in(folder, download.main, key)
    run_step_in(folder, prepare.main, key)
    return open_arrays(folder / "data/arrays" / key)


def decode(arrays: Arrays, split: str) -> str:
    assert arrays.spec.vocabulary
    return "".join(arrays.spec.vocabulary[token] for token in arrays.split(split))


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which both built-in data sets are downloaded."""
    folder = tmp_path_factory.mktemp("desk")
    write_params(folder)
    for key in ("digits", "pydocs"):
        run_step_in(folder, download.main, key)
    return folder


def test_digits_are_split_whole(desk: Path) -> None:
    from sklearn.datasets import load_digits

    run_step_in(desk, prepare.main, "digits")
    arrays = open_arrays(desk / "data/arrays/digits")
    assert (arrays.spec.shape, arrays.spec.levels, arrays.spec.source) == ((8, 8, 1), 17, "digits:1.0.0")
    assert arrays.spec.classes == tuple("0123456789")
    held = {
        (image.tobytes(), int(label))
        for split in SPLITS
        for image, label in zip(arrays.split(split), arrays.labels(split), strict=True)
    }
    digits = load_digits()
    assert held == {
        (image.astype(np.uint8).tobytes(), label) for image, label in zip(digits.images, digits.target, strict=True)
    }
    assert sum(arrays.spec.counts.values()) == 1797
    assert arrays.spec.duplicates == {"validation_in_train": 0, "test_in_train": 0, "test_in_validation": 0}


@pytest.mark.parametrize("binarization", ["dynamic", "static"])
def test_binary_digits_are_drawn_from_the_same_greys_in_the_same_parts(desk: Path, binarization: str) -> None:
    (desk / "data/raw/binary").exists() or shutil.copytree(desk / "data/raw/digits", desk / "data/raw/binary")
    greys = {"digits": make_dataset("image", "digits")}
    write_params(desk, binary=make_dataset("image", "digits", binarization=binarization), **greys)
    for key in ("digits", "binary"):
        run_step_in(desk, prepare.main, key)
    grey, binary = (open_arrays(desk / "data/arrays" / key) for key in ("digits", "binary"))
    assert (binary.spec.levels, binary.spec.binarization, grey.spec.binarization) == (2, binarization, None)
    assert binary.spec.counts == grey.spec.counts
    for split in SPLITS:
        drawn, chances = binary.split(split), grey.split(split) / 255
        assert set(np.unique(drawn)) == {0, 1}
        error = np.sqrt((chances * (1 - chances)).sum())
        assert abs(drawn.sum(dtype=float) - chances.sum()) < 4 * error
        assert (drawn[chances == 0].max(), drawn[chances == 1].min()) == (0, 1)
        np.testing.assert_array_equal(binary.labels(split), grey.labels(split))
    if binarization == "dynamic":
        np.testing.assert_array_equal(binary.intensities, grey.split("train"))
        assert "train_intensities" in binary.spec.arrays
    else:
        assert binary.intensities is grey.intensities is None
        assert not (binary.folder / "train_intensities.npy").exists()


def test_pydocs_have_the_vocabulary_of_their_training_part(desk: Path) -> None:
    run_step_in(desk, prepare.main, "pydocs")
    arrays = open_arrays(desk / "data/arrays/pydocs")
    vocabulary = arrays.spec.vocabulary
    assert vocabulary is not None
    assert vocabulary[0] == UNKNOWN
    assert vocabulary[1:] == tuple(sorted(set(decode(arrays, "train"))))
    assert arrays.split("train").dtype == np.uint8
    assert "compound statement" in decode(arrays, "train")


def test_two_fresh_runs_write_the_same_bytes(desk: Path) -> None:
    for key in ("digits", "pydocs"):
        written = []
        for hash_seed in ("1", "2"):
            shutil.rmtree(desk / "data/arrays", ignore_errors=True)
            environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": hash_seed}
            subprocess.run([sys.executable, "-m", "components.prepare", key], cwd=desk, env=environment, check=True)
            written.append({path.name: path.read_bytes() for path in (desk / "data/arrays" / key).iterdir()})
        assert written[0] == written[1]
        assert "spec.json" in written[0]


def test_preparing_needs_no_tensorflow(desk: Path) -> None:
    code = "import sys; from components import prepare; prepare.main(); print('tensorflow' in sys.modules)"
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    out = subprocess.check_output([sys.executable, "-c", code, "digits"], cwd=desk, env=environment, text=True)
    assert out.splitlines()[-1] == "False"


def test_a_text_file_comes_back_as_it_was(tmp_path: Path) -> None:
    lines = [f"{index}: the ship sailed on\n" for index in range(3_000)]
    (tmp_path / "log.txt").write_text("".join(lines))
    arrays = prepare_in(tmp_path, "log", make_dataset("text", "./log.txt"))
    texts = {split: decode(arrays, split) for split in SPLITS}
    assert sorted("".join(texts.values()).splitlines(keepends=True)) == sorted(lines)
    for text in texts.values():
        numbers = [int(line.partition(":")[0]) for line in text.splitlines()]
        assert numbers == sorted(numbers)
    assert arrays.spec.source == "./log.txt"
    assert len(texts["test"]) / len("".join(lines)) == pytest.approx(0.1, abs=0.1)


def test_characters_that_training_has_not_seen_are_unknown(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("".join(f"{chr(0x4E00 + index) * 1_500}\n" for index in range(400)))
    arrays = prepare_in(tmp_path, "a", make_dataset("text", "./a.txt"))
    assert arrays.split("train").dtype == np.uint16
    assert set(decode(arrays, "train")) == {*arrays.spec.vocabulary} - {UNKNOWN}
    assert set(decode(arrays, "test")) == {UNKNOWN, "\n"}
    assert {0, arrays.spec.vocabulary.index("\n")} == set(arrays.split("test").tolist())


def test_equal_pictures_fall_into_one_part(tmp_path: Path) -> None:
    for index in range(60):
        write_picture(tmp_path / f"photos/{index}.png", index % 30)
    arrays = prepare_in(tmp_path, "photos", make_dataset("image", "./photos", validation=0.3, test=0.3))
    assert arrays.spec.classes is None
    assert arrays.labels("train") is None
    assert arrays.spec.levels == 256
    held = [{image.tobytes() for image in arrays.split(split)} for split in SPLITS]
    assert sum(map(len, held)) == len(set.union(*held)) == 30
    assert sum(arrays.spec.counts.values()) == 60


def test_every_undecodable_file_is_named(tmp_path: Path) -> None:
    for index in range(60):
        write_picture(tmp_path / f"photos/{'ab'[index % 2]}/{index}.png", index)
    whole = (tmp_path / "photos/a/0.png").read_bytes()
    (tmp_path / "photos/a/broken.png").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "photos/b/empty.jpg").touch()
    with pytest.raises(UserError) as caught:
        prepare_in(tmp_path, "photos", make_dataset("image", "./photos", undecodable=1))
    *named, limit = caught.value.lines
    truncated, empty = sorted(named)
    assert truncated.startswith("datasets.photos: cannot decode a/broken.png: image file is truncated")
    assert empty == "datasets.photos: cannot decode b/empty.jpg: neither PNG nor JPEG"
    assert limit == "datasets.photos.undecodable: 1, but 2 cannot be decoded"
    assert not (tmp_path / "data/arrays/photos").exists()

    arrays = prepare_in(tmp_path, "photos", make_dataset("image", "./photos", undecodable=2))
    assert sum(arrays.spec.counts.values()) == 60
    assert arrays.spec.classes == ("a", "b")


def test_unequal_pictures_need_a_size_and_channels(tmp_path: Path) -> None:
    for index in range(40):
        write_picture(tmp_path / f"photos/{index}.png", index, size=(8, 8 + index % 2))
    with pytest.raises(
        UserError, match=r"datasets\.photos\.size: pictures differ: 8×\d \(\d+\.png\), 8×\d \(\d+\.png\);"
    ):
        prepare_in(tmp_path, "photos", make_dataset("image", "./photos"))
    write_picture(tmp_path / "photos/41.png", 41, mode="RGB")
    with pytest.raises(UserError, match=r"datasets\.photos\.channels: pictures differ: "):
        prepare_in(tmp_path, "photos", make_dataset("image", "./photos", size=(4, 4)))
    arrays = prepare_in(
        tmp_path, "photos", make_dataset("image", "./photos", size=(4, 6), resampling="nearest", channels=3, levels=4)
    )
    assert arrays.split("train").shape[1:] == arrays.spec.shape == (4, 6, 3)
    assert arrays.split("train").max() == 3


def test_a_part_that_would_be_empty_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("one block\n")
    with pytest.raises(UserError, match=r"datasets\.a: no example for \w+, of which it is to have a share of 0\.1"):
        prepare_in(tmp_path, "a", make_dataset("text", "./a.txt"))


def test_what_was_not_downloaded_is_one_line(tmp_path: Path) -> None:
    write_params(tmp_path)
    with pytest.raises(UserError, match=r"data/raw/digits: no downloaded data set here; `dvc repro download@digits`"):
        run_step_in(tmp_path, prepare.main, "digits")


MEASURE = """
import re, sys, threading, time
from components import prepare
from components.datasets import arrays, command, image, raw, splitting, text

def anonymous():
    return int(re.search(r"RssAnon:\\s+(\\d+)", open("/proc/self/status").read())[1])

peak, begun = 0, anonymous()
def watch():
    global peak
    while True:
        peak = max(peak, anonymous())
        time.sleep(0.002)

threading.Thread(target=watch, daemon=True).start()
prepare.main()
print(peak)
"""


def multiply(folder: Path, key: str, times: int) -> None:
    """Make a downloaded data set ``times`` larger: its one file stands for as many shards."""
    raw = folder / "data/raw" / key
    info = json.loads((raw / "dataset_info.json").read_text())
    lengths = info["splits"][0]["shardLengths"]
    info["splits"][0]["shardLengths"] = lengths * times
    (raw / "dataset_info.json").write_text(json.dumps(info))
    whole = (raw / f"{key}-train.tfrecord-00000-of-00001").rename(raw / "whole")
    for shard in range(times):
        (raw / f"{key}-train.tfrecord-{shard:05}-of-{times:05}").symlink_to(whole)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads the memory of a process from /proc")
@pytest.mark.parametrize(("key", "sizes"), [("digits", (1, 8)), ("pydocs", (2, 40))])
def test_memory_does_not_grow_with_the_data(desk: Path, tmp_path: Path, key: str, sizes: tuple[int, int]) -> None:
    more = {"size": (64, 64)} if key == "digits" else {}  # 59 MB of pixels, 15 MB of text
    peaks = []
    for times in sizes:
        folder = tmp_path / str(times)
        shutil.copytree(desk / "data/raw" / key, folder / "data/raw" / key)
        multiply(folder, key, times)
        write_params(folder, **{key: make_dataset("image" if more else "text", key, **more)})
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
        out = subprocess.check_output([sys.executable, "-c", MEASURE, key], cwd=folder, env=environment, text=True)
        peaks.append(int(out.splitlines()[-1]))
        written = sum(path.stat().st_size for path in (folder / "data/arrays" / key).glob("*.npy"))
        shutil.rmtree(folder)
    print(f"{key}: anonymous memory at its peak {peaks} kB, {written:,} bytes written by the larger run")
    assert peaks[1] - peaks[0] < 6_000  # kB


def manual_folder(name: str) -> None:
    manual = os.environ.get(download.MANUAL)
    if not manual or not (Path(manual) / name).is_dir():
        pytest.skip(f"{download.MANUAL} names no folder with {name}/ in it")


def test_real_mnist_keeps_its_test_split(tmp_path: Path) -> None:
    manual_folder("mnist")
    stale = tmp_path / ".menagerie/downloads/extracted/GZIP.train-images-idx3-ubyte.gz"  # fashion_mnist's has this name
    stale.parent.mkdir(parents=True)
    stale.write_bytes(b"of another data set")
    arrays = prepare_in(tmp_path, "mnist", make_dataset("image", "mnist"))
    assert arrays.spec.source == "mnist:3.0.1"
    assert arrays.spec.counts["test"] == 10_000
    assert arrays.spec.counts["train"] + arrays.spec.counts["validation"] == 60_000
    assert arrays.spec.counts["validation"] == pytest.approx(6_000, abs=300)
    assert np.bincount(arrays.labels("test")).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    mean = sum(float(arrays.split(split).sum(dtype=np.int64)) for split in ("train", "validation")) / (60_000 * 784)
    assert mean / 255 == pytest.approx(0.1307, abs=5e-5)  # the mean that everyone normalises MNIST by
    shutil.rmtree(tmp_path / "data")


def test_real_shakespeare_keeps_its_splits(tmp_path: Path) -> None:
    manual_folder("tiny_shakespeare")
    arrays = prepare_in(tmp_path, "shakespeare", make_dataset("text", "tiny_shakespeare"))
    whole = (Path(os.environ[download.MANUAL]) / "tiny_shakespeare/input.txt").read_text()
    assert "".join(decode(arrays, split) for split in SPLITS) == whole
    assert arrays.spec.vocabulary == (UNKNOWN, *sorted(set(whole)))

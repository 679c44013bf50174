"""The repository's own TFDS builders, judged by TFDS' test case for builders and by what they should hold."""

from pathlib import Path
from pydoc_data.topics import topics

import numpy as np
import pytest
import tensorflow_datasets as tfds

from components.datasets.digits import Digits
from components.datasets.image_folder import find_classes
from components.datasets.pydocs import Pydocs, distinct_topics
from components.datasets.raw import Raw
from components.datasets.records import settle
from components.datasets.text_file import check_text, cut_blocks, read_text
from components.params import UserError
from tests.datasets.desk import make_dataset, write_picture

BLOCKS = sum(len(list(cut_blocks([text]))) for _, text in distinct_topics(topics))


class TestDigits(tfds.testing.DatasetBuilderTestCase):
    DATASET_CLASS = Digits
    EXAMPLE_DIR = Path(__file__).parent
    SPLITS = {"train": 1797}  # noqa: RUF012


class TestPydocs(tfds.testing.DatasetBuilderTestCase):
    DATASET_CLASS = Pydocs
    EXAMPLE_DIR = Path(__file__).parent
    SPLITS = {"train": BLOCKS}  # noqa: RUF012


def test_digits_read_without_tensorflow_are_those_that_it_reads(tmp_path: Path) -> None:
    builder = Digits(data_dir=tmp_path)
    builder.download_and_prepare(file_format="tfrecord")
    read = tfds.ReadConfig(interleave_cycle_length=1)
    skip = {"image": tfds.decode.SkipDecoding()}
    wanted = [
        (example["image"], example["label"])
        for example in tfds.as_numpy(
            builder.as_dataset(split="train", shuffle_files=False, read_config=read, decoders=skip)
        )
    ]
    raw = Raw("digits", make_dataset("image", "digits"), Path(builder.data_dir))
    assert raw.source == "digits:1.0.0"
    assert raw.splits == ("train",)
    assert [(content, label) for _, content, label in raw.read("train")] == wanted


def test_settled_files_have_one_order_of_features(tmp_path: Path) -> None:
    import tensorflow as tf

    def feature(name: str, value: bytes) -> bytes:
        example = tf.train.Example()
        example.features.feature[name].bytes_list.value.append(value)
        return example.features.SerializeToString()

    image, label = feature("image", b"png"), feature("label", b"3")
    settled = []
    for number, fields in enumerate((image + label, label + image)):
        path = tmp_path / f"{number}.tfrecord"
        with tf.io.TFRecordWriter(str(path)) as writer:
            for _ in range(3):
                writer.write(b"\x0a" + bytes([len(fields)]) + fields)
        settle(path)
        settled.append(path.read_bytes())
    assert settled[0] == settled[1]
    whole = list(tf.data.TFRecordDataset(str(tmp_path / "0.tfrecord")).as_numpy_iterator())  # checks the check sums
    assert whole == [b"\x0a" + bytes([len(image + label)]) + image + label] * 3


def test_no_topic_is_part_of_another() -> None:
    kept = dict(distinct_topics(topics))
    assert "compound" in kept
    assert "while" not in kept
    assert topics["while"].strip().splitlines()[-1].strip() in kept["compound"]
    assert 40 < len(kept) < len(topics)


def test_classes_are_the_subfolders_with_pictures(tmp_path: Path) -> None:
    for file in ("b/1.PNG", "a/2.jpeg"):
        write_picture(tmp_path / file, 0)
    (tmp_path / "c").mkdir()
    write_picture(tmp_path / ".hidden/3.png", 0)
    (tmp_path / "notes.txt").touch()
    assert find_classes(tmp_path) == ("a", "b")

    write_picture(tmp_path / "4.png", 0)
    with pytest.raises(UserError, match="pictures both here and in a/"):
        find_classes(tmp_path)
    (tmp_path / "4.png").unlink()
    write_picture(tmp_path / "a/deep/5.png", 0)
    with pytest.raises(UserError, match="a/deep: pictures two folders deep"):
        find_classes(tmp_path)
    with pytest.raises(UserError, match=r"c: no pictures; \.png, \.jpg, \.jpeg"):
        find_classes(tmp_path / "c")


def test_a_folder_without_subfolders_has_no_classes(tmp_path: Path) -> None:
    write_picture(tmp_path / "1.png", 0)
    assert find_classes(tmp_path) == ()


@pytest.mark.parametrize("line", [3, 79, 999, 2_500, 150_000])
def test_blocks_joined_are_the_text(tmp_path: Path, line: int) -> None:
    text = "".join(f"{index % 1000:0{line}d}é\n" for index in range(300_000 // line))
    file = tmp_path / "text"
    file.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    blocks = list(cut_blocks(read_text(file)))
    assert "".join(blocks) == text
    if line < 10_000:
        assert all(block.endswith("\n") for block in blocks)
        assert {1_000 <= len(block) <= 1_000 + line + 2 for block in blocks[:-1]} == {True}
    assert max(map(len, blocks)) <= 10_000


def test_what_is_no_utf8_is_named_by_its_place(tmp_path: Path) -> None:
    file = tmp_path / "latin.txt"
    head = ("é" * 40 + "\n") * 2_000
    file.write_bytes(head.encode() + b"caf\xe9 au lait\n")
    place = len(head.encode()) + 3
    with pytest.raises(UserError, match=rf"latin.txt: not UTF-8: byte 0xe9 at offset {place}, in line 2001;"):
        check_text(file)
    for cut in range(1, 4):  # a character of four bytes, cut short at the end of the file
        file.write_bytes(head.encode() + "🙂".encode()[:cut])
        with pytest.raises(UserError, match=rf"byte 0xf0 at offset {place - 3}, in line 2001;"):
            check_text(file)


@pytest.mark.parametrize("content", [b"", b"\n \n", b"\xef\xbb\xbf"])
def test_an_empty_text_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "empty.txt"
    file.write_bytes(content)
    with pytest.raises(UserError, match=r"empty\.txt: an empty text"):
        check_text(file)


def test_intensities_of_digits_come_back_from_the_picture() -> None:
    from components.datasets.image import quantise

    stored = np.rint(np.arange(17) * 255 / 16).astype(np.uint8)
    np.testing.assert_array_equal(quantise(stored, 17), np.arange(17))

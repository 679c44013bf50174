"""``python -m components.download``: what it leaves, and how it refuses."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from components import download
from components.datasets.records import settle
from components.params import UserError
from tests.datasets.desk import make_dataset, run_step_in, write_params, write_picture

ROOT = Path(__file__).parents[1]


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_two_runs_leave_the_same_bytes_and_nothing_else(tmp_path: Path) -> None:
    text = tmp_path / "book.txt"
    text.write_text("Im Anfang war das Wort.\n" * 200)
    for index in range(20):
        write_picture(tmp_path / f"photos/{'ab'[index % 2]}/{index}.{('png', 'jpg')[index % 3 == 0]}", index)
    written = []
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        photos, book = make_dataset("image", tmp_path / "photos"), make_dataset("text", text)
        write_params(folder, photos=photos, book=book)
        for key in ("digits", "pydocs", "photos", "book"):
            run_step_in(folder, download.main, key)
        written.append({path.name: content(path) for path in (folder / "data/raw").iterdir()})
    assert sorted(written[0]) == ["book", "digits", "photos", "pydocs"]
    assert written[0] == written[1]
    assert sorted(written[0]["digits"]) == [
        "dataset_info.json",
        "digits-train.tfrecord-00000-of-00001",
        "features.json",
        "label.labels.txt",
    ]
    (digits,) = (tmp_path / "one/data/raw/digits").glob("*.tfrecord*")
    before = digits.read_bytes()
    settle(digits)
    assert digits.read_bytes() == before
    for files in written[0].values():
        assert all(str(tmp_path).encode() not in whole for whole in files.values())


def test_pictures_of_a_folder_keep_their_bytes(tmp_path: Path) -> None:
    for file in ("b/1.jpg", "b/2.png", "a/3.png"):
        write_picture(tmp_path / "photos" / file, 0)
    (tmp_path / "photos/a/4.png").write_bytes(b"no picture")
    write_params(tmp_path, photos=make_dataset("image", tmp_path / "photos"))
    run_step_in(tmp_path, download.main, "photos")
    from components.datasets.raw import Raw

    raw = Raw("photos", make_dataset("image", "./photos"), tmp_path / "data/raw/photos")
    assert raw.classes == ("a", "b")
    assert raw.source == "./photos"
    read = {name: (whole, raw.classes[label]) for name, whole, label in raw.read("train")}
    assert read == {
        file: ((tmp_path / "photos" / file).read_bytes(), file[0])
        for file in ("b/1.jpg", "b/2.png", "a/3.png", "a/4.png")
    }


def test_a_failure_leaves_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "data/raw/book").mkdir(parents=True)
    (tmp_path / "data/raw/book/kept").touch()
    write_params(tmp_path, book=make_dataset("text", "./absent.txt"))
    with pytest.raises(UserError):
        run_step_in(tmp_path, download.main, "book")
    assert [path.name for path in (tmp_path / "data/raw").rglob("*")] == ["book", "kept"]


@pytest.mark.parametrize(
    ("kind", "source", "line"),
    [
        (
            "image",
            "mnistt",
            "datasets.x.source: mnistt: no TFDS data set, and no path from ./, ../ or /; did you mean mnist?",
        ),
        ("image", "emnist/letter", "datasets.x.source: emnist/letter: emnist has no 'letter'; did you mean letters?"),
        (
            "image",
            "mnist:1.0.0",
            "datasets.x.source: mnist:1.0.0: mnist cannot be loaded at version 1.0.0, only: 3.0.1",
        ),
        ("text", "mnist", "datasets.x.kind: text, but mnist holds no text; it holds image (Image), label (ClassLabel)"),
        (
            "text",
            "digits",
            "datasets.x.kind: text, but digits holds no text; it holds image (Image), label (ClassLabel)",
        ),
        ("image", "./absent", "datasets.x.source: ./absent: no such file or folder"),
        ("image", "./latin.txt", "datasets.x.source: ./latin.txt: a file; image data come from a folder of pictures"),
        ("text", "./void", "datasets.x.source: ./void: a folder; text data come from one UTF-8 file"),
        ("image", "./void", "void: no pictures; .png, .jpg, .jpeg files may lie in it or in one subfolder a class"),
        ("text", "./latin.txt", "latin.txt: not UTF-8: byte 0xe9 at offset 3, in line 1"),
        ("text", "./empty.txt", "empty.txt: an empty text"),
    ],
)
def test_a_wrong_source_is_one_line(tmp_path: Path, kind: str, source: str, line: str) -> None:
    (tmp_path / "latin.txt").write_bytes(b"caf\xe9")
    (tmp_path / "empty.txt").touch()
    (tmp_path / "void").mkdir()
    write_params(tmp_path, x=make_dataset(kind, source))
    with pytest.raises(UserError) as caught:
        run_step_in(tmp_path, download.main, "x")
    assert len(caught.value.lines) == 1
    assert str(caught.value).startswith(line)
    assert "\n" not in str(caught.value)


def run_command(folder: Path, key: str, **environment: str) -> tuple[int, str, float]:
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "components.download", key],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **environment},
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    return done.returncode, done.stderr, time.monotonic() - began


def test_no_network_is_said_within_seconds(tmp_path: Path) -> None:
    write_params(tmp_path, mnist=make_dataset("image", "mnist"))
    code, error, seconds = run_command(tmp_path, "mnist", HTTPS_PROXY="http://127.0.0.1:9")
    assert code == 2
    assert error.count("\n") == 1
    assert error.startswith("mnist: storage.googleapis.com cannot be reached; connect to a network, or put into")
    assert "$MENAGERIE_MANUAL_DIR/mnist: t10k-images-idx3-ubyte.gz, " in error
    assert seconds < 30  # on a machine that does much else; 2 s alone
    assert list((tmp_path / "data/raw").iterdir()) == []


def test_an_unknown_key_is_one_line(tmp_path: Path) -> None:
    write_params(tmp_path)
    code, error, _ = run_command(tmp_path, "digit")
    assert (code, error) == (2, "params.yaml: datasets: no data set is named 'digit'; did you mean digits?\n")


def test_the_folder_of_manual_downloads_must_exist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_params(tmp_path, x=make_dataset("image", "imagenet2012"))
    monkeypatch.setenv(download.MANUAL, str(tmp_path / "absent"))
    with pytest.raises(UserError, match=r"MENAGERIE_MANUAL_DIR: .*absent: no such folder"):
        run_step_in(tmp_path, download.main, "x")
    monkeypatch.delenv(download.MANUAL)
    with pytest.raises(
        UserError, match=r"must be downloaded by hand into \$MENAGERIE_MANUAL_DIR/imagenet2012: manual_dir"
    ):
        run_step_in(tmp_path, download.main, "x")


def test_a_file_with_another_check_sum_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_params(tmp_path, x=make_dataset("text", "tiny_shakespeare"))
    (tmp_path / "manual/tiny_shakespeare").mkdir(parents=True)
    (tmp_path / "manual/tiny_shakespeare/input.txt").write_text("To be, or not to be\n")
    monkeypatch.setenv(download.MANUAL, str(tmp_path / "manual"))
    with pytest.raises(
        UserError, match=r"input\.txt, has wrong checksum: \* Expected: .* \* Got: UrlInfo\(size=20 bytes"
    ):
        run_step_in(tmp_path, download.main, "x")

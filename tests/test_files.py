"""Files are whole or not there, and costs belong to weights."""

import json

import pytest

from components.costs import read_costs, record_costs
from components.files import atomic_file, atomic_folder, sha256, write_json


def test_a_file_takes_its_place_only_when_it_is_whole(tmp_path):
    path = tmp_path / "deep" / "a.txt"
    with atomic_file(path) as draft:
        draft.write_text("first")
    with pytest.raises(TypeError), atomic_file(path) as draft:
        draft.write_text(b"not text")
    assert path.read_text() == "first"
    assert [p.name for p in path.parent.iterdir()] == ["a.txt"]


def test_a_folder_takes_its_place_only_when_it_is_whole(tmp_path):
    path = tmp_path / "out"
    with atomic_folder(path) as draft:
        (draft / "old").touch()
    with pytest.raises(FileNotFoundError), atomic_folder(path) as draft:
        (draft / "no folder" / "new").touch()
    assert [p.name for p in path.iterdir()] == ["old"]
    with atomic_folder(path) as draft:
        (draft / "new").touch()
    assert [p.name for p in path.iterdir()] == ["new"]
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_what_a_killed_process_left_is_swept_away(tmp_path):
    (tmp_path / ".out.draft").mkdir()
    (tmp_path / ".out.draft" / "half").touch()
    with atomic_folder(tmp_path / "out") as draft:
        (draft / "whole").touch()
    assert [p.name for p in tmp_path.rglob("*")] == ["out", "whole"]


def test_equal_content_is_equal_bytes(tmp_path):
    write_json(tmp_path / "a.json", {"b": 1, "a": [1.5, "ü"]})
    write_json(tmp_path / "b.json", {"a": [1.5, "ü"], "b": 1})
    assert sha256(tmp_path / "a.json") == sha256(tmp_path / "b.json")
    assert json.loads((tmp_path / "a.json").read_text("utf-8")) == {"a": [1.5, "ü"], "b": 1}
    with pytest.raises(ValueError, match="Out of range float"):
        write_json(tmp_path / "c.json", float("nan"))
    assert not (tmp_path / "c.json").exists()


def test_costs_are_those_of_the_weights_or_none(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    record_costs("vae", "one", "training", {"seconds": 1})
    record_costs("vae", "one", "sampling", {"per_second": 2})
    assert read_costs("vae", "one") == {"weights": "one", "training": {"seconds": 1}, "sampling": {"per_second": 2}}
    assert read_costs("vae", "two") == {}
    record_costs("vae", "two", "training", {"seconds": 3})
    assert read_costs("vae", "two") == {"weights": "two", "training": {"seconds": 3}}

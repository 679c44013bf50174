"""Numbers by epoch, there and back."""

import math

import pytest

from components.curves import read_curves, write_curves


def test_what_is_written_is_read(tmp_path):
    path = tmp_path / "new/curves.csv"
    rows = [{"loss": 1 / 3, "epoch": 1, "accuracy": 1e-9}, {"loss": -2.5e10, "epoch": 2, "accuracy": math.nan}]
    write_curves(path, rows, ("epoch", "step", "loss"))
    assert path.read_bytes() == b"epoch,loss,accuracy\n1,0.3333333,1e-09\n2,-2.5e+10,nan\n"
    found = read_curves(path)
    assert list(found) == ["epoch", "loss", "accuracy"]
    assert found["epoch"] == [1, 2]
    assert found["loss"] == pytest.approx([1 / 3, -2.5e10], rel=1e-6)
    assert found["accuracy"] == pytest.approx([1e-9, math.nan], nan_ok=True)


def test_an_empty_field_is_no_number_and_no_file_no_curves(tmp_path):
    path = tmp_path / "curves.csv"
    assert read_curves(path) == {}
    path.write_text("epoch,fid\n1,\n2,3.5\n")
    assert read_curves(path) == {"epoch": [1, 2], "fid": pytest.approx([math.nan, 3.5], nan_ok=True)}
    path.write_text("epoch,fid\n")
    assert read_curves(path) == {}

"""Splits by a hash of the example, and duplicates across them."""

import tracemalloc
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from components.datasets.duplicates import DuplicateCounter
from components.datasets.splitting import content_hash, part_of, plan_parts
from components.params import SPLITS, UserError


def test_parts_have_the_shares_asked_for() -> None:
    (shares,) = plan_parts("x", ["train"], 0.1, 0.25).values()
    parts = Counter(part_of(content_hash(str(index).encode(), 7), shares) for index in range(20_000))
    for part, share in {"train": 0.65, "validation": 0.1, "test": 0.25}.items():
        assert parts[part] / 20_000 == pytest.approx(share, abs=0.012)  # four standard deviations


def test_another_seed_deals_anew_and_the_same_seed_does_not() -> None:
    (shares,) = plan_parts("x", ["train"], 0.2, 0.2).values()
    deals = [[part_of(content_hash(bytes([index]), seed), shares) for index in range(256)] for seed in (7, 7, 8)]
    assert deals[0] == deals[1] != deals[2]


def test_hashes_at_both_ends_belong_to_a_part() -> None:
    (shares,) = plan_parts("x", ["train"], 0.1, 0.1).values()
    assert [part_of(content, shares) for content in (0, 2**64 - 1)] == ["validation", "train"]
    (shares,) = plan_parts("x", ["train"], 0.0, 0.0).values()
    assert part_of(0, shares) == "train"


def test_splits_of_the_source_are_kept() -> None:
    assert plan_parts("x", ["test", "train"], 0.1, 0.5) == {
        "train": {"validation": 0.1, "train": 0.9},
        "test": {"test": 1.0},
    }
    assert plan_parts("x", ["train", "validation", "extra"], 0.1, 0.25) == {
        "train": {"test": 0.25, "train": 0.75},
        "validation": {"validation": 1.0},
    }
    assert plan_parts("x", ["all"], 0.25, 0.25) == {"all": {"validation": 0.25, "test": 0.25, "train": 0.5}}
    with pytest.raises(UserError, match=r"datasets\.x\.source: splits dev, test; a training split is needed"):
        plan_parts("x", ["dev", "test"], 0.1, 0.1)


def test_duplicates_across_parts_are_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    random = np.random.default_rng(0)
    hashes = {part: random.integers(0, 3_000, size) for part, size in zip(SPLITS, (20_000, 0, 10_000), strict=True)}
    hashes["validation"] = np.arange(2_990, 3_010)
    counter = DuplicateCounter(tmp_path)
    for part, values in hashes.items():
        for value in values:
            counter.add(part, int(value))
    counts = counter.report("x", "images")
    for pair, count in counts.items():
        part, _, other = pair.partition("_in_")
        assert count == np.isin(hashes[part], hashes[other]).sum() > 0
    assert f"x: {counts['validation_in_train']} of 20 images of validation are in train too" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


def test_a_part_without_examples_has_no_duplicates(tmp_path: Path) -> None:
    counter = DuplicateCounter(tmp_path)
    counter.add("train", 2**64 - 1)
    assert set(counter.report("x", "images").values()) == {0}


def test_counting_duplicates_takes_no_memory(tmp_path: Path) -> None:
    counter = DuplicateCounter(tmp_path)
    tracemalloc.start()
    for index in range(100_000):
        counter.add("train" if index % 2 else "test", index * 0x9E3779B97F4A7C15 % 2**64)
    counter.report("x", "images")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 300_000  # bytes; the hashes are 800,000

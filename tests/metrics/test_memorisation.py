"""Nearest images against plain loops, and memorisation of samples whose novelty is known."""

import importlib
import math
import tracemalloc

import numpy as np
import pytest

from components.metrics.memorisation import copies, memorisation, nearest

module = importlib.import_module(nearest.__module__)


@pytest.mark.parametrize("kind", ["apart", "ties", "duplicates"])
def test_the_nearest_is_the_first_of_those_at_the_least_distance(monkeypatch: pytest.MonkeyPatch, kind: str):
    monkeypatch.setattr(module, "ROWS", 16)
    monkeypatch.setattr(module, "COLUMNS", 8)
    random = np.random.default_rng(0)
    x, y = random.random((50, 2, 3)), random.random((41, 2, 3))
    if kind == "ties":
        x, y = random.integers(0, 3, (50, 2, 3)) / 2, random.integers(0, 3, (41, 2, 3)) / 2
    if kind == "duplicates":
        y = np.tile(y[:7] / 3, (6, 1, 1))
        x = np.concatenate([y[::-1], x[:8]])
    pairs = [[math.dist(a.ravel(), b.ravel()) for b in y] for a in x]
    distances, indices = nearest(x, y)
    np.testing.assert_allclose(distances, np.min(pairs, axis=1), rtol=1e-12)
    np.testing.assert_array_equal(indices, np.argmin(pairs, axis=1))
    if kind == "duplicates":
        assert distances[: len(y)].tolist() == [0] * len(y)


def test_single_precision_is_compared_exactly_and_integers_as_they_are():
    x = np.random.default_rng(1).random((20, 5)).astype(np.float32)
    assert (nearest(x, x)[0] == 0).all()
    assert nearest(np.array([[255]], np.uint8), np.array([[0], [250]], np.uint8))[0].tolist() == [5]


def test_training_images_are_memorised_and_new_ones_are_not():
    random = np.random.default_rng(2)
    train, test, new = random.standard_normal((3, 2_000, 6))
    of_test = nearest(test, train)[0]
    distances, indices = nearest(train[:300], train)
    assert (memorisation(distances, of_test), copies(distances, of_test)) == (0, 1)
    assert indices.tolist() == list(range(300))
    of_new = nearest(new, train)[0]
    assert memorisation(of_new, of_test) == pytest.approx(1, abs=0.03)
    assert copies(of_new, of_test) == pytest.approx(0.01, abs=0.01)
    some = np.concatenate([distances[:200], of_new[:1800]])
    assert memorisation(some, of_test) == pytest.approx(1, abs=0.1)
    assert copies(some, of_test) == pytest.approx(0.1 + 0.01, abs=0.01)


def test_the_ratio_is_of_medians_and_copies_are_nearer_than_the_percentile():
    samples, test = np.array([[1.0, 2, 9], [0, 0, 1]]), np.array([4.0, 4, 4, 0.5])
    assert memorisation(samples, test).tolist() == [0.5, 0]
    assert copies(samples, test, percentile=100).tolist() == [pytest.approx(2 / 3), 1]
    assert copies(samples, test, percentile=0).tolist() == [0, pytest.approx(2 / 3)]
    assert memorisation(samples, np.stack([test, 2 * test])).tolist() == [0.5, 0]
    assert math.isnan(memorisation(samples[0], np.zeros(3)))
    assert copies(samples[1], np.zeros(3)) == 0


def test_memory_does_not_grow_with_the_pairs():
    x, y = np.random.default_rng(3).random((2, 6_000, 4), np.float32)
    nearest(x[:10], y[:10])
    tracemalloc.start()
    nearest(x, y)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2.5 * 8 * module.ROWS * module.COLUMNS  # the distances of all pairs are 288 MB


def test_what_has_no_nearest_is_refused():
    for other in (np.zeros((0, 3)), np.zeros((5, 2))):
        with pytest.raises(ValueError, match="have no nearest among"):
            nearest(np.zeros((4, 3)), other)

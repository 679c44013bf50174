"""n-grams of texts against brute force in plain loops, by hand, and against chance."""

import tracemalloc

import numpy as np
import pytest

from components.metrics import ngrams
from components.metrics.ngrams import copied_lengths, distinct, longest_copied_run, novelty


def texts(count: int, length: int, characters: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, characters, (count, length))


def brute_copied(generated: np.ndarray, train: np.ndarray) -> np.ndarray:
    source, found = list(train), np.zeros(generated.shape, int)
    for i, text in enumerate(generated.tolist()):
        for at in range(len(text)):
            for length in range(1, len(text) - at + 1):
                if any(source[k : k + length] == text[at : at + length] for k in range(len(source) - length + 1)):
                    found[i, at] = length
    return found


def grams_of(row: np.ndarray, n: int) -> list[tuple[int, ...]]:
    return [tuple(row[i : i + n]) for i in range(len(row) - n + 1)]


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("block", [3, 7, ngrams.BLOCK])
def test_what_is_copied_is_what_loops_find_however_the_training_text_is_cut(dtype, block, monkeypatch):
    monkeypatch.setattr(ngrams, "BLOCK", block)
    for seed, characters in enumerate([1, 2, 2, 3, 4, 50]):
        generated = texts(4, 9, characters, seed).astype("int32")
        for size in (0, 1, 5, 60):
            train = texts(1, size, max(1, characters - seed % 2), seed + 100)[0].astype(dtype)
            np.testing.assert_array_equal(copied_lengths(generated, train), brute_copied(generated, train))


def test_what_is_new_is_what_loops_find():
    generated, train = texts(5, 12, 3), texts(1, 40, 3, seed=1)[0]
    lengths = copied_lengths(generated, train)
    for n in (1, 2, 3, 5, 12):
        known = set(grams_of(train, n))
        shares = np.array([np.mean([gram not in known for gram in grams_of(row, n)]) for row in generated])
        found = novelty(lengths, n)
        assert found["mean"] == pytest.approx(shares.mean())
        assert found["standard_error"] == pytest.approx(shares.std(ddof=1) / 5**0.5)


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 7])
def test_what_is_distinct_is_what_loops_count_and_its_error_is_the_jackknifes(n):
    generated = texts(6, 11, 2, seed=n)

    def share(rows: np.ndarray) -> float:
        grams = [gram for row in rows for gram in grams_of(row, n)]
        return len(set(grams)) / len(grams)

    left_out = np.array([share(np.delete(generated, i, axis=0)) for i in range(6)])
    found = distinct(generated, n)
    assert found["mean"] == pytest.approx(share(generated))
    assert found["standard_error"] == pytest.approx(np.sqrt(5 / 6 * ((left_out - left_out.mean()) ** 2).sum()))


@pytest.mark.parametrize(("low", "n", "most"), [(1, 4, 1.25), (1, 8, 1.25), (5, 4, 2.1)])
def test_the_error_of_what_is_distinct_is_how_far_it_scatters_where_texts_differ_and_else_at_most_twice_that(
    low, n, most
):
    """Each text has an alphabet of its own size, or all have the same."""
    found = []
    for seed in range(200):
        random = np.random.default_rng(seed)
        sizes = random.integers(low, 9 if low == 1 else low + 1, (40, 1))
        found.append(distinct((random.random((40, 30)) * sizes).astype(int), n))
    spread = np.std([value["mean"] for value in found])
    assert 0.9 < np.mean([value["standard_error"] for value in found]) / spread < most


def test_a_text_copied_from_training_is_not_new_and_its_run_is_its_length():
    train = texts(1, 5_000, 60)[0].astype("uint8")
    generated = np.stack([train[at : at + 300] for at in (0, 17, 4_700)])
    lengths = copied_lengths(generated, train)
    np.testing.assert_array_equal(lengths, np.arange(300, 0, -1) + np.zeros((3, 1)))
    assert all(novelty(lengths, n)["mean"] == 0 for n in (1, 16, 300))
    assert longest_copied_run(lengths) == {"mean": 300, "standard_error": 0, "longest": 300}
    generated[1, 100] = 61
    runs = longest_copied_run(copied_lengths(generated, train))
    assert (runs["mean"], runs["longest"]) == (pytest.approx((300 + 199 + 300) / 3), 300)


def test_a_run_does_not_go_from_one_text_into_the_next_nor_around_the_end():
    np.testing.assert_array_equal(copied_lengths(np.array([[1, 2], [3, 4]]), np.array([4, 1, 2, 3])), [[2, 1], [1, 1]])
    np.testing.assert_array_equal(copied_lengths(np.array([[4, 4]]), np.array([4])), [[1, 1]])


def test_one_text_again_and_again_is_hardly_distinct_and_letters_of_its_own_wholly():
    assert distinct(np.tile(np.arange(20), (10, 1)), 4) == {"mean": pytest.approx(0.1), "standard_error": 0}
    assert distinct(np.arange(40).reshape(4, 10), 4) == {"mean": 1, "standard_error": 0}
    assert distinct(np.arange(6)[None], 2) == {"mean": 1, "standard_error": None}


def test_memory_does_not_grow_with_the_training_text(monkeypatch):
    monkeypatch.setattr(ngrams, "BLOCK", 2**14)
    generated, peaks = texts(5, 50, 20), []
    for size in (2**15, 2**18):
        train = texts(1, size, 20)[0].astype("uint8")
        tracemalloc.start()
        copied_lengths(generated, train)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.1 * peaks[0]


@pytest.mark.parametrize(("shape", "n"), [((3, 4), 5), ((3, 4), 0), ((0, 4), 2), ((4,), 2)])
def test_texts_too_short_for_an_n_gram_are_refused(shape, n):
    with pytest.raises(ValueError, match="have no n-grams"):
        distinct(np.zeros(shape, int), n)

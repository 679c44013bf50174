"""Batches: complete, disjoint, and a function of seed, epoch and position alone."""

import numpy as np
import pytest

from components.params import UserError
from components.training.feeds import Examples, Streams, Windows, permuted, prefetched


@pytest.mark.parametrize("n", [1, 2, 3, 7, 64, 1000, 4097])
def test_permuted_is_a_permutation(n):
    result = permuted(np.arange(n), n, (7, 0))
    assert sorted(result.tolist()) == list(range(n))


def test_permuted_differs_by_key_and_looks_like_chance():
    n = 5000
    a, b = permuted(np.arange(n), n, (7, 0)), permuted(np.arange(n), n, (7, 1))
    assert (a == b).mean() < 0.01
    assert abs(np.corrcoef(np.arange(n), a.astype(float))[0, 1]) < 0.05
    assert abs(np.corrcoef(a[:-1].astype(float), a[1:].astype(float))[0, 1]) < 0.05
    assert abs(np.corrcoef(a.astype(float), b.astype(float))[0, 1]) < 0.05


def test_permuted_needs_no_memory_for_the_rest():
    n = 10**12
    a = permuted(np.array([0, 1, n - 1]), n, (7, 0))
    assert len(set(a.tolist())) == 3
    assert a.max() < n


def test_examples_of_an_epoch_come_once():
    images = np.arange(103, dtype="uint8")[:, None]
    feed = Examples({"image": images, "label": np.arange(103)}, batch_size=5, updates=2, seed=7)
    chunk = feed.chunk(3, 0, feed.turns)
    assert chunk["image"].shape == (10, 2, 5, 1)
    assert len(set(chunk["label"].ravel().tolist())) == 100
    np.testing.assert_array_equal(chunk["image"][..., 0], chunk["label"])


def test_chunks_do_not_depend_on_how_an_epoch_is_cut():
    feed = Examples({"image": np.arange(1000)[:, None]}, batch_size=8, seed=7)
    whole = feed.chunk(2, 0, 20)["image"]
    parts = [feed.chunk(2, start, count)["image"] for start, count in [(0, 3), (3, 10), (13, 7)]]
    np.testing.assert_array_equal(np.concatenate(parts), whole)


def test_orders_differ_by_epoch_and_agree_by_seed():
    feed, twin = (Examples({"image": np.arange(1000)}, batch_size=10, seed=7) for _ in range(2))
    assert not np.array_equal(feed.chunk(0, 0, 5)["image"], feed.chunk(1, 0, 5)["image"])
    np.testing.assert_array_equal(feed.chunk(1, 0, 5)["image"], twin.chunk(1, 0, 5)["image"])


def test_streams_continue_from_batch_to_batch():
    feed = Streams(np.arange(1000, dtype="uint16"), batch_size=4, length=10, seed=7)
    chunk = feed.chunk(0, 0, feed.turns)["tokens"][:, 0]
    assert chunk.shape == (feed.turns, 4, 11)
    np.testing.assert_array_equal(chunk[1:, :, 0], chunk[:-1, :, -1])
    assert (np.diff(chunk.astype(int), axis=2) == 1).all()


def test_streams_without_a_seed_start_at_the_first_character():
    feed = Streams(np.arange(100, dtype="uint8"), batch_size=2, length=7)
    assert feed.chunk(5, 0, 1)["tokens"][0, 0, 0, 0] == 0
    assert feed.turns == 49 // 7


@pytest.mark.parametrize("seed", [None, 7])
def test_windows_of_an_epoch_predict_every_character_once(seed):
    feed = Windows(np.arange(1000, dtype="uint16"), batch_size=4, length=10, seed=seed)
    chunk = feed.chunk(3, 0, feed.turns)["tokens"]
    assert chunk.shape[1:] == (1, feed.batch_size, 11)
    assert (np.diff(chunk.astype(int), axis=3) == 1).all()
    predicted = chunk[..., 1:].ravel()
    assert len(set(predicted.tolist())) == len(predicted) == feed.examples >= 999 - 9 - 39


def test_windows_come_in_a_new_order_from_a_new_cut_each_epoch():
    feed = Windows(np.arange(1000, dtype="uint16"), batch_size=4, length=10, seed=7)
    first, second, third = (feed.chunk(epoch, 0, feed.turns)["tokens"][..., 0].ravel() for epoch in range(3))
    assert (np.diff(first.astype(int)) != 10).any()
    assert len({first[0], second[0], third[0]}) == 3
    assert len({first[0] % 10, second[0] % 10, third[0] % 10}) > 1
    parts = [feed.chunk(1, start, count)["tokens"][..., 0].ravel() for start, count in [(0, 3), (3, 10), (13, 11)]]
    np.testing.assert_array_equal(np.concatenate(parts), second)


@pytest.mark.parametrize(("characters", "shape"), [(101, (3, 3, 11)), (35, (1, 3, 11)), (6, (1, 1, 6))])
def test_windows_without_a_seed_are_consecutive_and_fill_batches_of_one_size(characters, shape):
    feed = Windows(np.arange(characters, dtype="uint8"), batch_size=4, length=10)
    windows = feed.chunk(5, 0, feed.turns)["tokens"]
    assert (windows.shape[0], *windows.shape[2:]) == shape
    np.testing.assert_array_equal(windows[..., 0].ravel(), 10 * np.arange(feed.turns * feed.batch_size))


def test_a_split_smaller_than_a_batch_is_refused_in_one_line():
    with pytest.raises(
        UserError, match="batch_size 64 x 2 updates a turn needs that many examples; this split has 100"
    ):
        Examples({"image": np.zeros((100, 2))}, 64, 2, seed=0)
    with pytest.raises(UserError, match="batch_size 64 needs a text of at least"):
        Streams(np.zeros(20, "uint8"), 64, 10, seed=0)
    with pytest.raises(UserError, match="batch_size 64 needs a text of at least 650 characters; this split has 649"):
        Windows(np.zeros(649, "uint8"), 64, 10, seed=0)
    with pytest.raises(UserError, match="needs a text of at least 2 characters; this split has 1"):
        Windows(np.zeros(1, "uint8"), 64, 10)


def test_prefetched_chunks_are_padded_and_counted():
    feed = Examples({"image": np.arange(70, dtype="uint8")}, batch_size=10)
    chunks = list(prefetched(feed, 0, 2, 3))
    assert [count for _, count in chunks] == [3, 2]
    assert all(chunk["image"].shape == (3, 1, 10) for chunk, _ in chunks)
    read = np.concatenate([chunk["image"][:count].ravel() for chunk, count in chunks])
    np.testing.assert_array_equal(read, np.arange(20, 70))


def test_an_error_in_the_reader_reaches_the_loop():
    class Broken(Examples):
        def chunk(self, epoch, start, count):
            raise OSError("disk gone")

    with pytest.raises(OSError, match="disk gone"):
        list(prefetched(Broken({"image": np.zeros(10)}, 5), 0, 0, 1))

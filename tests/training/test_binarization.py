"""Coins whose chances are intensities, a function of seed, epoch and position."""

import numpy as np

from components.training.binarization import binarized
from components.training.feeds import Examples

GREYS = np.random.default_rng(0).integers(0, 256, (6_000, 3, 7, 1)).astype("uint8")


def test_every_intensity_is_white_as_often_as_it_says():
    draws = np.concatenate([binarized(GREYS, 7, epoch, 0) for epoch in range(20)])
    greys = np.tile(GREYS, (20, 1, 1, 1))
    assert set(np.unique(draws)) == {0, 1}
    assert draws[greys == 0].max() == 0
    assert draws[greys == 255].min() == 1
    counts = np.bincount(greys.ravel())
    chances, seen = np.arange(256) / 255, np.bincount(greys.ravel(), draws.ravel()) / counts
    errors = np.sqrt(chances * (1 - chances) / counts)[1:-1]
    assert (np.abs(seen - chances)[1:-1] / errors).max() < 4.5


def test_draws_are_new_for_another_epoch_another_seed_and_another_position():
    grey = np.full((2, 28, 28, 1), 128, "uint8")
    first = binarized(grey, 7, 0, 0)
    others = [first[1], binarized(grey, 7, 1, 0)[0], binarized(grey, 8, 0, 0)[0], binarized(grey, 7, 0, 5)[0]]
    assert all(abs((first[0] == other).mean() - 0.5) < 0.1 for other in others)
    np.testing.assert_array_equal(first, binarized(grey, 7, 0, 0))


def test_a_feed_binarizes_what_it_gives_however_the_epoch_is_cut():
    labels = np.arange(len(GREYS), dtype="int16")
    feed = Examples({"image": GREYS, "label": labels}, batch_size=8, updates=2, seed=7, binarize=True)
    whole = feed.chunk(3, 0, 12)
    parts = [feed.chunk(3, start, count)["image"] for start, count in [(0, 5), (5, 1), (6, 6)]]
    np.testing.assert_array_equal(np.concatenate(parts), whole["image"])
    plain = Examples({"image": GREYS, "label": labels}, batch_size=8, updates=2, seed=7).chunk(3, 0, 12)
    np.testing.assert_array_equal(whole["label"], plain["label"])
    assert whole["image"].shape == plain["image"].shape
    assert np.corrcoef(whole["image"].ravel(), plain["image"].ravel())[0, 1] > 0.5

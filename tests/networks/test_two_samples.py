"""The energy distance against SciPy's, and against what is known of two Gaussians."""

import numpy as np
import pytest
from scipy import stats
from scipy.spatial.distance import cdist

from components.networks.two_samples import energy_distance


def test_one_dimension_is_scipys_with_pairs_of_one_and_the_same_left_out():
    random = np.random.default_rng(0)
    x, y = random.standard_normal(40), random.standard_normal(30) + 1
    biased = stats.energy_distance(x, y) ** 2
    within = [cdist(z[:, None], z[:, None]).mean() / (len(z) - 1) for z in (x, y)]
    found = energy_distance(x[:, None].astype("float32"), y[:, None].astype("float32"))
    assert float(found) == pytest.approx(biased - sum(within), abs=1e-4)


def test_images_are_vectors():
    random = np.random.default_rng(1)
    x, y = random.random((20, 4, 3, 2)).astype("float32"), 0.5 * random.random((25, 4, 3, 2)).astype("float32")
    flat, other = x.reshape(20, -1), y.reshape(25, -1)
    pairs = [cdist(flat, other).mean(), cdist(flat, flat).sum() / (20 * 19), cdist(other, other).sum() / (25 * 24)]
    assert float(energy_distance(x, y)) == pytest.approx(2 * pairs[0] - pairs[1] - pairs[2], abs=1e-4)


def test_it_is_unbiased_in_small_batches_and_finite_for_one_example():
    random = np.random.default_rng(2)
    x = random.random((400, 4, 8)).astype("float32")
    found = [float(energy_distance(batch[:2], batch[2:])) for batch in x]
    assert abs(np.mean(found)) < 3 * np.std(found) / 20
    assert float(energy_distance(x[0, :1], x[1, :1])) == pytest.approx(2 * np.linalg.norm(x[0, 0] - x[1, 0]), rel=1e-4)

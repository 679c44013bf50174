"""The energy distance against brute force, SciPy, and closed forms."""

import math
import tracemalloc

import numpy as np
import pytest
from scipy import stats

from components.metrics import energy_distance


def samples(n: int, m: int, shape: tuple[int, ...] = (3, 2), shift: float = 0.5) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(n + m)
    return random.random((n, *shape)), shift + random.random((m, *shape))


def test_it_is_the_mean_over_all_pairs_of_different_examples():
    x, y = samples(300, 7)
    across = np.mean([np.linalg.norm(a - b) for a in x for b in y])
    within = [
        np.mean([np.linalg.norm(a - b) for i, a in enumerate(z) for j, b in enumerate(z) if i != j]) for z in (x, y)
    ]
    assert energy_distance(x, y)["mean"] == pytest.approx(2 * across - sum(within), rel=1e-12)
    assert energy_distance(y, x)["mean"] == pytest.approx(energy_distance(x, y)["mean"], rel=1e-12)


def test_in_one_dimension_it_is_scipys_squared_but_for_pairs_of_an_example_with_itself():
    x, y = samples(40, 60, shape=(1,))
    within = [np.abs(z[:, None] - z).mean() for z in (x[:, 0], y[:, 0])]
    itself = within[0] / (len(x) - 1) + within[1] / (len(y) - 1)
    expected = stats.energy_distance(x[:, 0], y[:, 0]) ** 2 - itself
    assert energy_distance(x, y)["mean"] == pytest.approx(expected, rel=1e-12)


def test_two_gaussians_have_the_distance_of_the_closed_form_whatever_the_number_of_examples():
    """E|N(m, 2)| is 2 m (Φ(m/√2) - 1/2) + 2 exp(-m²/4)/√π; for m = 0, 2/√π."""
    shift = 1.0
    across = 2 * shift * (stats.norm.cdf(shift / math.sqrt(2)) - 0.5) + 2 * math.exp(-(shift**2) / 4) / math.sqrt(
        math.pi
    )
    expected = 2 * across - 4 / math.sqrt(math.pi)
    random = np.random.default_rng(0)
    for n, m in [(4, 9), (100, 50)]:
        found = [
            energy_distance(random.standard_normal((n, 1)), shift + random.standard_normal((m, 1))) for _ in range(400)
        ]
        means = np.array([estimate["mean"] for estimate in found])
        assert means.mean() == pytest.approx(expected, abs=4 * means.std() / 20)
    errors = [estimate["standard_error"] for estimate in found]
    assert np.mean(errors) == pytest.approx(means.std(), rel=0.15)


def test_equal_distributions_are_around_zero_and_equal_images_exactly_as_far_as_their_pairs_say():
    x, y = samples(500, 500, shift=0)
    assert abs(energy_distance(x, y)["mean"]) < 0.01
    assert energy_distance(x, y + 0.2)["mean"] > 0.05
    twice = np.repeat(x[:1], 5, axis=0)
    assert energy_distance(twice, twice)["mean"] == pytest.approx(0, abs=1e-7)


def test_memory_grows_with_the_examples_and_not_with_their_pairs():
    x, y = samples(5_000, 1_000, shape=(2,))
    tracemalloc.start()
    energy_distance(x, y)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 50e6  # the distances of the larger set's pairs are 200 MB


def test_what_cannot_be_compared_is_refused():
    with pytest.raises(ValueError, match="cannot be compared"):
        energy_distance(np.zeros((1, 3)), np.zeros((5, 3)))
    with pytest.raises(ValueError, match="cannot be compared"):
        energy_distance(np.zeros((5, 2)), np.zeros((5, 3)))

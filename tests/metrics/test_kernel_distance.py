"""The kernel distance against scikit-learn's kernel, a case done by hand, and equal distributions."""

import tracemalloc

import numpy as np
import pytest
from sklearn.metrics.pairwise import polynomial_kernel

from components.metrics import kernel_distance


def features(n: int, d: int = 8, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((n, d)).astype("f4")


def by_scikit_learn(x: np.ndarray, y: np.ndarray) -> float:
    x, y = x.astype(np.float64), y.astype(np.float64)
    within = [polynomial_kernel(z, degree=3, coef0=1)[~np.eye(len(z), dtype=bool)].mean() for z in (x, y)]
    return sum(within) - 2 * polynomial_kernel(x, y, degree=3, coef0=1).mean()


def test_a_case_done_by_hand():
    """k(0, ·) = 1, k(1, 2) = 27, k(1, 3) = 64, and k(2, 3) = 343."""
    x, y = np.array([[0.0], [1.0]]), np.array([[2.0], [3.0]])
    assert kernel_distance(x, y, np.random.default_rng(0)) == 1 + 343 - 2 * (1 + 1 + 27 + 64) / 4


def test_one_subset_that_holds_all_is_scikit_learns_without_the_diagonals():
    x, y = features(200), features(200, seed=1) + 0.3
    assert kernel_distance(x, y, np.random.default_rng(0)) == pytest.approx(by_scikit_learn(x, y), rel=1e-10)
    assert kernel_distance(y, x, np.random.default_rng(0)) == kernel_distance(x, y, np.random.default_rng(0))


def test_subsets_of_sets_of_any_size_agree_with_the_whole():
    x, y = features(300), features(120, seed=1) + 0.3
    whole = by_scikit_learn(x, y)
    assert kernel_distance(x, y, np.random.default_rng(0)) == pytest.approx(whole, rel=0.05)
    found = [kernel_distance(x, y, np.random.default_rng(seed), subset_size=30) for seed in range(20)]
    assert np.mean(found) == pytest.approx(whole, abs=4 * np.std(found) / np.sqrt(20))
    assert found[0] == kernel_distance(x, y, np.random.default_rng(0), subset_size=30)


@pytest.mark.parametrize(("n", "m"), [(40, 40), (60, 25)])
def test_equal_distributions_are_zero_on_average_whatever_their_sizes(n: int, m: int):
    random = np.random.default_rng(0)
    found = [kernel_distance(*(random.standard_normal((k, 4)) for k in (n, m)), random, subsets=5) for _ in range(500)]
    assert abs(np.mean(found)) < 3 * np.std(found) / np.sqrt(500)
    assert min(found) < 0 < max(found)


def test_gaussians_that_are_apart_have_the_distance_of_the_closed_form():
    """In one dimension E (XY + 1)³ is 1 + 3 ab + 3 AB + CD by the moments a, A, C of X and b, B, D of Y."""
    shift = 0.5
    x, y = np.array([1, 0, 1, 0]), np.array([1, shift, 1 + shift**2, shift**3 + 3 * shift])
    expected = np.array([1, 3, 3, 1]) @ (x - y) ** 2
    random = np.random.default_rng(0)
    found = []
    for _ in range(500):
        x, y = random.standard_normal((60, 1)), shift + random.standard_normal((40, 1))
        found.append(kernel_distance(x, y, random, subsets=5))
    assert np.mean(found) == pytest.approx(expected, abs=3 * np.std(found) / np.sqrt(500))


def test_memory_is_that_of_one_subset():
    x, y = features(5_000, d=2), features(4_000, d=2, seed=1)
    tracemalloc.start()
    kernel_distance(x, y, np.random.default_rng(0), subsets=5, subset_size=500)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 * 500 * 500 * 8


def test_what_cannot_be_compared_is_refused():
    random = np.random.default_rng(0)
    for y in (features(1), features(5, d=7), features(5)[..., None]):
        with pytest.raises(ValueError, match="cannot be compared"):
            kernel_distance(features(5), y, random)
    with pytest.raises(ValueError, match="50 subsets of 1"):
        kernel_distance(features(5), features(5), random, subset_size=1)

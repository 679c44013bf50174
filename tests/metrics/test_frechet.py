"""The Fréchet distance against closed forms and SciPy's square root of a matrix."""

import tracemalloc

import numpy as np
import pytest
from scipy import linalg

from components.metrics import (
    fit_gaussian,
    frechet_contributions,
    frechet_distance,
    frechet_distance_infinite,
    frechet_from_moments,
)


def features(n: int, d: int, seed: int = 0) -> np.ndarray:
    """Correlated, far from zero, and of very different scales."""
    random = np.random.default_rng(seed)
    return (3 + random.standard_normal((n, d)) @ random.standard_normal((d, d)) * np.logspace(-2, 1, d)).astype("f4")


def by_scipy(x: np.ndarray, y: np.ndarray) -> float:
    s, t = (np.cov(z.astype(np.float64), rowvar=False) for z in (x, y))
    shift = x.mean(axis=0, dtype=np.float64) - y.mean(axis=0, dtype=np.float64)
    return shift @ shift + np.trace(s + t - 2 * linalg.sqrtm(s @ t).real)


def test_covariances_that_commute_have_the_distance_of_their_standard_deviations():
    random = np.random.default_rng(0)
    m, n, a, b = random.random((4, 5))
    expected = ((m - n) ** 2).sum() + ((a - b) ** 2).sum()
    rotation = np.linalg.qr(random.standard_normal((5, 5)))[0]
    for turn in (np.eye(5), rotation):
        s, t = (turn * deviations**2 @ turn.T for deviations in (a, b))
        assert frechet_from_moments(m, s, n, t) == pytest.approx(expected, rel=1e-12)


def test_a_covariance_without_an_inverse_is_no_special_case():
    flat, point = np.diag([4.0, 0.0]), np.zeros((2, 2))
    assert frechet_from_moments(np.zeros(2), flat, np.zeros(2), np.eye(2)) == pytest.approx(2, abs=1e-7)
    assert frechet_from_moments(np.ones(2), point, np.zeros(2), point) == 2
    x, y = features(10, 40), features(30, 40, seed=1)  # fewer examples than dimensions
    assert frechet_distance(x, y) == pytest.approx(by_scipy(x, y), rel=1e-4)


@pytest.mark.parametrize(("n", "m", "d"), [(50, 80, 2), (10_000, 176, 16), (500, 176, 32)])
def test_features_have_the_distance_that_scipys_square_root_gives(n: int, m: int, d: int):
    x, y = features(n, d), features(m, d, seed=1)
    assert frechet_distance(x, y) == pytest.approx(by_scipy(x, y), rel=1e-6)
    assert frechet_distance(y, x) == pytest.approx(frechet_distance(x, y), rel=1e-6)


def test_a_set_is_at_no_distance_from_itself_and_a_rotation_of_both_changes_nothing():
    x, y = features(300, 8), features(200, 8, seed=1)
    assert frechet_distance(x, x[::-1]) == pytest.approx(0, abs=1e-6)
    rotation = np.linalg.qr(np.random.default_rng(2).standard_normal((8, 8)))[0]
    assert frechet_distance(x @ rotation + 5, y @ rotation + 5) == pytest.approx(frechet_distance(x, y), rel=1e-6)


def test_moments_in_chunks_are_those_of_the_whole_however_far_from_zero():
    x = 1e6 + np.random.default_rng(0).standard_normal((10_000, 3))
    mean, covariance = fit_gaussian(x)
    assert mean == pytest.approx(x.mean(axis=0), rel=1e-14)
    assert covariance == pytest.approx(np.cov(x, rowvar=False), rel=1e-8)


def test_the_extrapolation_removes_the_bias_of_the_number_of_samples_and_leaves_the_references():
    random, d = np.random.default_rng(0), 16
    deviations, mean, y = np.linspace(0.8, 1.2, d), np.full(d, 0.1), random.standard_normal((150, d))
    truth = frechet_from_moments(mean, np.diag(deviations**2), *fit_gaussian(y))
    plain, infinite = [], []
    for _ in range(25):
        x = mean + deviations * random.standard_normal((300, d))
        plain.append(frechet_distance(x, y) - truth)
        infinite.append(frechet_distance_infinite(x, y, random) - truth)
    assert np.mean(plain) > 0.2
    assert abs(np.mean(infinite)) < 0.15 * np.mean(plain)
    assert np.mean(np.square(infinite)) < 0.25 * np.mean(np.square(plain))


def test_the_extrapolation_hangs_on_its_samples_and_hardly_on_its_shuffles():
    random = np.random.default_rng(0)
    x, y = random.standard_normal((20, 400, 8)), 1.2 * random.standard_normal((150, 8))
    by_samples = [frechet_distance_infinite(one, y, np.random.default_rng(0)) for one in x]
    by_shuffles = [frechet_distance_infinite(x[0], y, np.random.default_rng(seed)) for seed in range(20)]
    assert np.std(by_shuffles) < 0.25 * np.std(by_samples)
    assert by_shuffles[0] == by_samples[0]


def test_contributions_in_one_dimension_are_those_of_the_closed_form():
    """(m - n)² + (s - t)² moves by 2 (m - n) with the mean and by 1 - t/s with the variance."""
    random = np.random.default_rng(0)
    x, y = 1 + random.standard_normal(50), 2 * random.standard_normal(70)
    m, s, n, t = x.mean(), x.std(ddof=1), y.mean(), y.std(ddof=1)
    of_x = 2 * (m - n) * (x - m) + (1 - t / s) * ((x - m) ** 2 - x.var())
    of_y = 2 * (n - m) * (y - n) + (1 - s / t) * ((y - n) ** 2 - y.var())
    found = frechet_contributions(x[:, None], y[:, None])
    assert found[0] == pytest.approx(of_x, abs=1e-9)
    assert found[1] == pytest.approx(of_y, abs=1e-9)


def test_contributions_are_what_the_distance_loses_by_one_example_less():
    random = np.random.default_rng(0)
    x, y = random.standard_normal((500, 3)) @ random.standard_normal((3, 3)), 0.3 + random.standard_normal((400, 3))
    lost = [499 * (frechet_distance(x, y) - frechet_distance(np.delete(x, i, axis=0), y)) for i in range(100)]
    contributions = frechet_contributions(x, y)[0]
    assert np.corrcoef(lost, contributions[:100])[0, 1] > 0.999
    assert np.std(lost) == pytest.approx(np.std(contributions[:100]), rel=0.03)


@pytest.mark.parametrize("dead", [0, 3])
def test_contributions_give_the_scatter_of_the_distance_even_with_features_that_never_stir(dead: int):
    random, alive, found, errors = np.random.default_rng(0), np.arange(6) >= dead, [], []
    for _ in range(100):
        x, y = 0.3 + alive * random.standard_normal((400, 6)), random.standard_normal((200, 6))
        found.append(frechet_distance(x, y))
        errors.append(np.sqrt(sum(part.var() / len(part) for part in frechet_contributions(x, y))))
    assert np.mean(errors) == pytest.approx(np.std(found), rel=0.2)


def test_memory_does_not_grow_with_the_examples():
    x, y = features(100_000, 8), features(500, 8, seed=1)
    tracemalloc.start()
    frechet_distance(x, y)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2e6  # all examples in double precision are 6.4 MB


def test_what_has_no_distance_is_refused():
    x = features(10, 3)
    with pytest.raises(ValueError, match="no covariance"):
        frechet_distance(x[:1], x)
    with pytest.raises(ValueError, match="cannot be compared"):
        frechet_distance(x, x[:, :2])
    with pytest.raises(ValueError, match="not finite"):
        frechet_distance(np.where(x > x.min(), x, np.nan), x)
    with pytest.raises(ValueError, match="10 samples in 6 parts"):
        frechet_distance_infinite(x, x, np.random.default_rng(0), parts=6)

"""The hierarchical bootstrap against the closed form for means, and against truths that are known."""

import numpy as np
import pytest

from components.metrics import bootstrap, bootstrap_means, frechet_distance, frechet_from_moments

REPLICATES = 4000
CLOSE = 0.05  # a standard error from 4,000 replicates is sure to 1.1 %


def sets(sizes: list[int], between: float = 0.0) -> list[np.ndarray]:
    random = np.random.default_rng(0)
    return [between * random.standard_normal() + random.standard_normal(size) for size in sizes]


def difference(x: np.ndarray, y: np.ndarray) -> float:
    return float(x.mean() - y.mean())


def closed_form(samples: list[np.ndarray]) -> float:
    """Variance of a mean over seeds: between their means, and within each."""
    within = np.mean([sample.var() / len(sample) for sample in samples])
    return (np.var([sample.mean() for sample in samples]) + within) / len(samples)


@pytest.mark.parametrize(("sizes", "between"), [([60], 0), ([50, 80, 20], 0), ([40] * 5, 1.0)])
def test_means_have_the_variance_between_seeds_and_within_them(sizes: list[int], between: float):
    samples, random = sets(sizes, between), np.random.default_rng(1)
    result = bootstrap_means(samples, random, REPLICATES)
    assert result["mean"] == pytest.approx(np.mean([sample.mean() for sample in samples]), rel=1e-12)
    assert result["standard_error"] == pytest.approx(np.sqrt(closed_form(samples)), rel=CLOSE)


def test_a_statistic_has_the_variance_of_its_reference_too_and_once_for_all_seeds():
    samples, reference = sets([50, 80, 20]), sets([30])[0]
    result = bootstrap(difference, samples, reference, np.random.default_rng(1), REPLICATES)
    expected = np.sqrt(closed_form(samples) + reference.var() / 30)
    assert result["mean"] == pytest.approx(np.mean([difference(sample, reference) for sample in samples]), rel=1e-12)
    assert result["standard_error"] == pytest.approx(expected, rel=CLOSE)


def test_examples_that_seeds_share_are_drawn_together():
    """Seeds drawn N times over have E N N' = S (S - 1) / S, and one more of each with itself."""
    easy = np.random.default_rng(2).standard_normal(50)
    shared = [easy + 0.3 * noise for noise in sets([50] * 3)]
    covariance = np.cov(shared, ddof=0)
    within = (2 / 3 * covariance.sum() + np.trace(covariance)) / 9 / 50
    expected = np.sqrt(np.var(np.mean(shared, axis=1)) / 3 + within)
    together = bootstrap_means(shared, np.random.default_rng(1), REPLICATES, shared=True)
    apart = bootstrap_means(shared, np.random.default_rng(1), REPLICATES)
    assert together["standard_error"] == pytest.approx(expected, rel=CLOSE)
    assert together["mean"] == apart["mean"]
    assert apart["standard_error"] < 0.8 * together["standard_error"]


def test_one_seed_is_the_ordinary_bootstrap():
    (sample,) = sets([100])
    result = bootstrap_means([sample], np.random.default_rng(1), REPLICATES)
    assert result["standard_error"] == pytest.approx(sample.std() / 10, rel=CLOSE)
    assert result == bootstrap_means([sample], np.random.default_rng(1), REPLICATES)


@pytest.mark.parametrize("seeds", [1, 3])
def test_intervals_cover_the_true_frechet_distance_of_gaussians_about_as_often_as_they_say(seeds: int):
    random, hits, trials = np.random.default_rng(0), 0, 120
    mean, deviations = np.array([0.6, 0.0]), np.array([1.0, 1.3])
    truth = frechet_from_moments(mean, np.diag(deviations**2), np.zeros(2), np.eye(2))
    for _ in range(trials):
        samples = [mean + deviations * random.standard_normal((200, 2)) for _ in range(seeds)]
        result = bootstrap(frechet_distance, samples, random.standard_normal((400, 2)), random, 30)
        hits += abs(result["mean"] - truth) < 1.96 * result["standard_error"]
    assert 0.88 < hits / trials < 0.995


def test_replicates_are_too_far_which_is_why_their_percentiles_are_not_used():
    random = np.random.default_rng(0)
    x, y = random.standard_normal((200, 8)), random.standard_normal((150, 8))
    values: list[float] = []

    def statistic(x: np.ndarray, y: np.ndarray) -> float:
        values.append(frechet_distance(x, y))
        return values[-1]

    result = bootstrap(statistic, [x], y, random, 100)
    assert result["mean"] == values[0] == frechet_distance(x, y)
    assert np.percentile(values[1:], 2.5) > result["mean"]
    assert result["standard_error"] == pytest.approx(np.std(values[1:], ddof=1))


def test_what_gives_no_standard_error_is_refused():
    random = np.random.default_rng(0)
    for samples, replicates in [([], 10), (sets([1, 5]), 10), (sets([5]), 1)]:
        with pytest.raises(ValueError, match="no standard error"):
            bootstrap_means(samples, random, replicates)
    with pytest.raises(ValueError, match="do not share"):
        bootstrap_means(sets([4, 5]), random, shared=True)
    with pytest.raises(ValueError, match="no standard error"):
        bootstrap(difference, sets([5]), np.zeros(1), random)

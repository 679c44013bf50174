import math

import numpy as np
import pytest
from keras import ops
from scipy import stats
from scipy.special import logsumexp

from components.networks.annealing import WeightedMean, log_partition

CENTRE = np.array([1.0, -0.5, 0.0], "float32")
PRECISION = np.array([[8.0, 3.0, 0.0], [3.0, 4.0, 0.5], [0.0, 0.5, 0.7]], "float32")
MEANS = np.array([0.1, 0.9, 0.5, 0.0], "float32")
DEVIATIONS = np.array([0.1, 0.03, 0.5, 0.2], "float32")


def gaussian(temperatures, seed=0, exact=True):
    """From a standard normal to a Gaussian, both in all of space; and what is known of it."""

    def base(x):
        return 0.5 * ops.sum(x**2, axis=1) + 1.5 * math.log(2 * math.pi)

    def energy(x):
        away = x - CENTRE
        return 0.5 * ops.sum(away * ops.matmul(away, PRECISION), axis=1)

    random = np.random.default_rng(seed)
    samples = random.multivariate_normal(CENTRE, np.linalg.inv(PRECISION), size=200).astype("float32")
    partition = log_partition(
        base,
        energy,
        lambda: random.normal(size=(200, 3)).astype("float32"),
        temperatures,
        random,
        samples=samples if exact else None,
    )
    return partition, 1.5 * math.log(2 * math.pi) - 0.5 * math.log(np.linalg.det(PRECISION))


def cut_gaussian(temperatures, seed=0, exact=True):
    """From the uniform density to a Gaussian, both in the unit cube."""
    ends = -MEANS / DEVIATIONS, (1 - MEANS) / DEVIATIONS
    inside = stats.norm.cdf(ends[1]) - stats.norm.cdf(ends[0])
    random = np.random.default_rng(seed)
    samples = stats.truncnorm(*ends, MEANS, DEVIATIONS).rvs((200, 4), random_state=seed).astype("float32")
    partition = log_partition(
        lambda x: ops.zeros(x.shape[0]),
        lambda x: 0.5 * ops.sum(((x - MEANS) / DEVIATIONS) ** 2, axis=1),
        lambda: random.random((200, 4), "float32"),
        temperatures,
        random,
        samples=samples if exact else None,
        bounds=(0.0, 1.0),
    )
    return partition, np.log(DEVIATIONS * math.sqrt(2 * math.pi) * inside).sum()


@pytest.mark.parametrize("problem", [gaussian, cut_gaussian])
def test_bounds_enclose_a_gaussians_integral_and_close_in_with_more_temperatures(problem):
    (few, wanted), (many, _) = problem(8), problem(400)
    for partition in (few, many):
        assert partition.lower.value < wanted + 3 * partition.lower.standard_error
        assert partition.upper.value > wanted - 3 * partition.upper.standard_error
    assert many.acceptance == pytest.approx(0.65, abs=0.1)
    for coarse, fine in ((few.lower, many.lower), (few.upper, many.upper)):
        assert fine.value == pytest.approx(wanted, abs=3 * fine.standard_error)
        assert fine.standard_error < 0.12
        assert abs(fine.value - wanted) < abs(coarse.value - wanted)
        assert fine.effective_sample_size > 1.5 * coarse.effective_sample_size


def test_without_exact_samples_the_chains_own_ends_give_an_estimate():
    partition, wanted = cut_gaussian(400, exact=False)
    assert partition.upper.value == pytest.approx(wanted, abs=0.3)


def test_same_seeds_same_numbers():
    assert gaussian(8) == gaussian(8)


def test_a_mean_of_weights_far_beyond_what_exp_can_hold():
    logarithms = np.random.default_rng(0).normal(1000, 1, size=1000)
    mean = WeightedMean.of(logarithms)
    assert mean.value == pytest.approx(logsumexp(logarithms) - math.log(1000))
    assert mean.effective_sample_size == pytest.approx(1000 / math.e, rel=0.2)
    weights = np.exp(logarithms - 1000)
    assert mean.standard_error == pytest.approx(weights.std(ddof=1) / math.sqrt(1000) / weights.mean(), rel=1e-3)
    assert WeightedMean.of(np.array([0.0, -1e4])) == WeightedMean(-math.log(2), 1.0, 1.0)

"""Bits per dimension against distributions whose entropy is known."""

import numpy as np
import pytest

from components.metrics import Moments, bits_per_dim, is_discrete


@pytest.mark.parametrize("levels", [2, 17, 256])
def test_a_uniform_distribution_costs_the_logarithm_of_its_levels(levels: int):
    nats = Moments(np.full(5, 64 * np.log(1 / levels)))
    assert bits_per_dim(nats, 64)["mean"] == pytest.approx(np.log2(levels))


@pytest.mark.parametrize(
    ("likelihood", "levels", "discrete"),
    [
        ("discretized_logistic", 17, True),
        ("discretized_logistic", 256, True),
        ("bernoulli", 2, True),
        ("bernoulli", 17, False),
        ("gaussian", 2, False),
        ("gaussian", 256, False),
    ],
)
def test_only_a_distribution_over_the_intensities_is_compared(likelihood: str, levels: int, discrete: bool):
    assert is_discrete(likelihood, levels) is discrete

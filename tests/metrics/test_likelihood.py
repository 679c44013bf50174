"""Bits per dimension against distributions whose entropy is known."""

import numpy as np
import pytest

from components.metrics import Moments, bits_per_dim


@pytest.mark.parametrize("levels", [2, 17, 256])
def test_a_uniform_distribution_costs_the_logarithm_of_its_levels(levels: int):
    nats = Moments(np.full(5, 64 * np.log(1 / levels)))
    assert bits_per_dim(nats, 64)["mean"] == pytest.approx(np.log2(levels))

"""Reconstruction error against closed forms."""

import numpy as np
import pytest

from components.metrics import squared_error


def test_a_constant_distance_is_its_square():
    x = np.full((3, 4, 4, 1), 0.25)
    assert squared_error(x, x + np.array([0.0, 0.1, 0.5]).reshape(3, 1, 1, 1)) == pytest.approx([0, 0.01, 0.25])


def test_gaussian_noise_costs_its_variance():
    noise = np.random.default_rng(0).normal(0, 0.3, (500, 8, 8, 1))
    assert squared_error(np.zeros_like(noise), noise).mean() == pytest.approx(0.09, rel=0.03)


def test_shapes_must_agree():
    with pytest.raises(ValueError, match="differ in shape"):
        squared_error(np.zeros((2, 4)), np.zeros((1, 4)))

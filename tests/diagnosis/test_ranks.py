"""Rank correlation against SciPy's."""

import math

import numpy as np
import pytest
from scipy import stats

from components.diagnosis.ranks import rank_correlation


@pytest.mark.parametrize("values", [100, 4])  # without and with equal ones
def test_it_is_scipys(values):
    random = np.random.default_rng(values)
    x, noise = random.integers(0, values, (2, 30)).astype(float)
    for y in (noise, x + noise, -(x**3)):
        assert rank_correlation(x, y) == pytest.approx(stats.spearmanr(x, y).statistic, abs=1e-12)


def test_a_constant_has_none():
    assert math.isnan(rank_correlation(np.ones(5), np.arange(5.0)))
    assert math.isnan(rank_correlation(np.array([]), np.array([])))

"""Moments in chunks against NumPy's on the whole."""

import numpy as np
import pytest

from components.metrics import Moments


@pytest.mark.parametrize("chunk", [1, 7, 100, 1000])
def test_chunks_give_what_the_whole_gives(chunk: int):
    values = 1e6 + np.random.default_rng(0).standard_normal(1000)  # a mean that would eat a naive sum of squares
    moments = Moments()
    for start in range(0, len(values), chunk):
        moments.add(values[start : start + chunk])
    assert moments.mean == pytest.approx(values.mean(), rel=1e-14)
    assert moments.standard_error == pytest.approx(values.std(ddof=1) / np.sqrt(1000), rel=1e-8)


def test_the_standard_error_covers_the_true_mean_as_often_as_it_should():
    generator, hits = np.random.default_rng(1), 0
    for _ in range(2000):
        moments = Moments(generator.exponential(size=200))
        hits += abs(moments.mean - 1) < 1.96 * moments.standard_error
    assert 0.93 < hits / 2000 < 0.965


def test_a_factor_scales_both_and_keeps_the_error_positive():
    moments = Moments(np.array([1.0, 2.0, 6.0]))
    summary, negative = moments.summary(), moments.summary(-2.0)
    assert negative == {"mean": -2 * summary["mean"], "standard_error": 2 * summary["standard_error"]}


@pytest.mark.parametrize(("values", "mean"), [([], None), ([3.0], 3.0)])
def test_too_few_values_have_no_error(values: list[float], mean: float | None):
    moments = Moments(np.array(values))
    assert moments.summary() == {"mean": mean, "standard_error": None}

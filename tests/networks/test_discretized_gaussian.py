import numpy as np
import pytest
from keras import ops
from scipy import stats

from components.networks.discretized_gaussian import discretized_gaussian, log_cdf


def test_the_logarithm_of_the_distribution_function_is_right_in_the_tail_too():
    z = np.concatenate([np.linspace(-60, 5, 1001), [-4.0]]).astype("float32")
    exact = stats.norm.logcdf(z.astype("float64"))
    np.testing.assert_allclose(ops.convert_to_numpy(log_cdf(z)), exact, atol=2e-3, rtol=1e-6)


@pytest.mark.parametrize(("levels", "deviation"), [(2, 0.3), (17, 0.02), (17, 0.4), (256, 0.006)])
def test_levels_have_the_masses_of_their_bins(levels, deviation):
    x = np.linspace(-1, 1, levels)[None]
    mean = np.array([[-1.0], [-0.72], [0.0], [0.013], [0.99]])
    edges = np.concatenate([[-np.inf], (x[0, 1:] + x[0, :-1]) / 2, [np.inf]])
    z = (edges[None] - mean) / deviation
    exact = np.log(np.maximum(masses(z), 1e-300))
    x, mean = (np.broadcast_to(a, (5, levels)).astype("float32") for a in (x, mean))
    log_prob = ops.convert_to_numpy(discretized_gaussian(x, mean, deviation, levels))
    near = exact > -20
    np.testing.assert_allclose(log_prob[near], exact[near], atol=0.01)
    np.testing.assert_allclose(np.exp(log_prob.astype("float64")).sum(axis=1), 1, atol=1e-3)
    assert np.isfinite(log_prob).all()
    assert (log_prob[~near] < -15).all()


def masses(z):
    """Of the bins between edges, from whichever side loses no digits."""
    return np.where(z[:, :-1] > 0, stats.norm.sf(z[:, :-1]) - stats.norm.sf(z[:, 1:]), np.diff(stats.norm.cdf(z)))

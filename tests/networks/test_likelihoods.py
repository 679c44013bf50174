"""Likelihoods against SciPy, against the whole that their probabilities make, and against what they draw."""

import numpy as np
import pytest
from scipy import stats
from scipy.special import logsumexp

from components.backend import compiled, input_gradient
from components.networks.likelihoods import Bernoulli, DiscretizedLogistic, Gaussian

EXTREMES = [(centre, scale) for centre in (-1e4, -3, -0.5, -0.1, 0, 0.2, 0.5, 40) for scale in (-90, -6, -1, 0, 2, 90)]
RAW_CENTRE, RAW_LOG_SCALE = 0.5, -2.0  # what an output of zeros means


def over_levels(likelihood, output):
    """Log-probability ``[levels, P]`` of every level under each of the decoder's outputs ``[P, outputs]``."""
    levels, count = likelihood.levels, len(output)
    x = np.repeat(np.arange(levels) / (levels - 1), count).astype("float32").reshape(-1, 1, 1, 1)
    outputs = np.tile(np.asarray(output, "float32"), (levels, 1)).reshape(levels * count, 1, 1, -1)
    return np.asarray(compiled(likelihood.log_prob, likelihood.variables)(outputs, x)).reshape(levels, count)


@pytest.mark.parametrize("levels", [2, 17, 256])
def test_discretized_logistic_is_a_distribution_even_in_extremes(levels):
    log_probs = over_levels(DiscretizedLogistic(levels), EXTREMES)
    assert np.isfinite(log_probs).all()
    np.testing.assert_allclose(logsumexp(log_probs.astype("float64"), axis=0), 0, atol=1e-4)


@pytest.mark.parametrize("levels", [2, 17, 256])
def test_discretized_logistic_has_finite_gradients_even_in_extremes(levels):
    likelihood, outputs = DiscretizedLogistic(levels), np.array(EXTREMES, "float32").reshape(-1, 1, 1, 2)
    gradient_at = compiled(lambda x: input_gradient(lambda output: likelihood.log_prob(output, x), outputs))
    for level in (0, 1, levels // 2, levels - 1):
        gradient = np.asarray(gradient_at(np.full((len(EXTREMES), 1, 1, 1), level / (levels - 1), "float32")))
        assert np.isfinite(gradient).all()
        assert np.abs(gradient).max() > 0


def test_discretized_logistic_cuts_a_logistic_density_into_bins_channel_by_channel():
    random = np.random.default_rng(1)
    output, levels = random.standard_normal((4, 3, 2, 6)).astype("float32"), 17
    x = random.integers(0, levels, (4, 3, 2, 3))
    centre, scale = output[..., :3] + RAW_CENTRE, np.exp(output[..., 3:] + RAW_LOG_SCALE)
    edges = np.concatenate([[-np.inf], (np.arange(levels - 1) + 0.5) / (levels - 1), [np.inf]])
    p = stats.logistic.cdf(edges[x + 1], centre, scale) - stats.logistic.cdf(edges[x], centre, scale)
    found = DiscretizedLogistic(levels).log_prob(output, (x / (levels - 1)).astype("float32"))
    np.testing.assert_allclose(found, np.log(p).sum(axis=(1, 2, 3)), rtol=1e-4)


def test_bernoulli_is_a_distribution_over_two_levels():
    logits = np.array([[-100.0], [-3.0], [0.0], [0.4], [8.0], [100.0]])
    log_probs = over_levels(Bernoulli(2), logits).astype("float64")
    np.testing.assert_allclose(logsumexp(log_probs, axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(np.exp(log_probs[1]), 1 / (1 + np.exp(-logits[:, 0])), atol=1e-6)


def test_gaussian_is_scipys():
    random = np.random.default_rng(2)
    x, output = random.random((5, 3, 2, 2)).astype("float32"), random.random((5, 3, 2, 2)).astype("float32")
    likelihood = Gaussian(256)
    likelihood.log_variance.assign(-1.3)
    expected = stats.norm.logpdf(x, output, np.exp(-0.65)).sum(axis=(1, 2, 3))
    np.testing.assert_allclose(likelihood.log_prob(output, x), expected, rtol=1e-5)


@pytest.mark.parametrize("raw", [(0.0, 0.0), (-0.6, -1.0), (0.1, 1.5), (0.31, -9.0)])
def test_discretized_logistic_draws_what_it_says(raw):
    likelihood, n = DiscretizedLogistic(17), 20_000
    u = ((np.arange(n) + 0.5) / n).astype("float32").reshape(1, 1, n, 1)
    drawn = np.asarray(likelihood.draw(np.tile(np.float32(raw), (1, 1, n, 1)), u))
    frequencies = np.bincount(np.rint(drawn.ravel() * 16).astype(int), minlength=17) / n
    np.testing.assert_allclose(drawn * 16, np.rint(drawn * 16), atol=1e-5)
    np.testing.assert_allclose(frequencies, np.exp(over_levels(likelihood, [raw])[:, 0]), atol=3 / n)


def test_bernoulli_draws_what_it_says():
    u = ((np.arange(10_000) + 0.5) / 10_000).astype("float32").reshape(1, 1, -1, 1)
    for logit in (-2.0, 0.0, 1.5):
        drawn = np.asarray(Bernoulli(2).draw(np.full_like(u, logit), u))
        assert set(np.unique(drawn)) == {0.0, 1.0}
        assert drawn.mean() == pytest.approx(1 / (1 + np.exp(-logit)), abs=1e-4)


def test_gaussian_draws_its_quantiles_kept_in_the_range_of_an_image():
    likelihood = Gaussian(256)
    likelihood.log_variance.assign(2 * np.log(0.3))
    u = np.linspace(0.001, 0.999, 101, dtype="float32").reshape(1, 1, -1, 1)
    drawn = np.asarray(likelihood.draw(np.full_like(u, 0.4), u)).ravel()
    np.testing.assert_allclose(drawn, np.clip(stats.norm.ppf(u.ravel(), 0.4, 0.3), 0, 1), atol=1e-4)
    assert (drawn[0], drawn[-1]) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("kind", "output", "mean"),
    [(Bernoulli, [0.0], 0.5), (Gaussian, [1.7], 1.0), (DiscretizedLogistic, [0.2, 5.0], 0.7)],
)
def test_the_mean_is_an_image(kind, output, mean):
    found = kind(17).mean(np.array(output, "float32").reshape(1, 1, 1, -1))
    np.testing.assert_allclose(found, np.full((1, 1, 1, 1), mean), atol=1e-6)

"""Priors against densities and moments computed without them."""

import numpy as np
import pytest
from keras import ops
from scipy import stats
from scipy.special import logsumexp

from components.backend import compiled, input_gradient
from components.networks.priors import make_prior

K, D = 5, 3
POSITIONS = np.random.default_rng(4).normal(0, 2, (K, D)).astype("float32")
LOG_VARIANCES = np.random.default_rng(5).normal(-1, 0.5, (K, D)).astype("float32")


def posterior(x):
    """Of pseudo-inputs ``[K, 2, D]`` in [0, 1]: first rows are means over 4, second ones log-variances over -4."""
    x = ops.clip(x, 0.0, 1.0)
    return 4 * x[:, 0], -4 * x[:, 1]


def made(name):
    """A prior, where it is learned with Gaussians in known places, and what these are."""
    prior = make_prior(name, K, D, (2, D), posterior)
    means, log_variances = np.zeros((1, D)), np.zeros((1, D))
    if name == "mixture":
        prior.mean.assign(POSITIONS)
        prior.log_variance.assign(LOG_VARIANCES)
        means, log_variances = POSITIONS, LOG_VARIANCES
    if name == "vampprior":
        pseudo_inputs = np.random.default_rng(6).uniform(-0.2, 1.2, (K, 2, D)).astype("float32")
        prior.pseudo_inputs.assign(pseudo_inputs)
        kept = np.clip(pseudo_inputs, 0, 1)
        means, log_variances = 4 * kept[:, 0], -4 * kept[:, 1]
    return prior, means, np.exp(0.5 * log_variances)


def ask(prior, question, *args):
    return ops.convert_to_numpy(compiled(getattr(prior, question), prior.variables)(*args))


@pytest.mark.parametrize("name", ["standard", "mixture", "vampprior"])
def test_densities_and_draws_are_those_of_equally_likely_gaussians(name):
    prior, means, deviations = made(name)
    random = np.random.default_rng(1)
    z = random.normal(0, 2, (7, D)).astype("float32")
    each = stats.norm(means, deviations).logpdf(z[:, None]).sum(axis=2)
    expected = logsumexp(each, axis=1) - np.log(len(means))
    np.testing.assert_allclose(ask(prior, "log_prob", z), expected, rtol=1e-4)
    n = 200_000
    drawn = ask(prior, "draw", random.standard_normal((n, D), "float32"), random.random(n, "float32"))
    variance = (deviations**2 + means**2).mean(axis=0) - means.mean(axis=0) ** 2
    np.testing.assert_allclose(drawn.mean(axis=0), means.mean(axis=0), atol=0.03)
    np.testing.assert_allclose(drawn.var(axis=0), variance, rtol=0.03)


@pytest.mark.parametrize("name", ["standard", "mixture", "vampprior"])
def test_the_divergence_is_the_mean_ratio_of_densities(name):
    prior, means, deviations = made(name)
    random = np.random.default_rng(2)
    mean, log_variance = random.normal(0, 1, (2, D)), random.normal(-1, 0.5, (2, D))
    n = 50_000
    z = mean + np.exp(0.5 * log_variance) * random.standard_normal((n, 2, D))
    log_q = stats.norm(mean, np.exp(0.5 * log_variance)).logpdf(z).sum(axis=2)
    each = stats.norm(means, deviations).logpdf(z[:, :, None]).sum(axis=3)
    ratios = log_q - logsumexp(each, axis=2) + np.log(len(means))
    tiled = [np.tile(a, (n, 1)).astype("float32") for a in (mean, log_variance)]
    parts = ask(prior, "divergence", *tiled, z.reshape(-1, D).astype("float32"))
    assert parts.shape[1] == (D if name == "standard" else 1)
    error = ratios.std() / n**0.5
    np.testing.assert_allclose(parts.sum(axis=1).reshape(n, 2).mean(axis=0), ratios.mean(axis=0), atol=5 * error)


def test_the_likelihood_of_latents_moves_the_pseudo_inputs():
    prior, *_ = made("vampprior")
    z = np.random.default_rng(1).normal(0, 1, (7, D)).astype("float32")

    def density(pseudo_inputs):
        prior.posterior = lambda _: posterior(pseudo_inputs)
        return prior.log_prob(z)

    start = np.full((K, 2, D), 0.5, "float32")
    gradient = compiled(lambda start: input_gradient(density, start), prior.variables)(start)
    assert (np.abs(ops.convert_to_numpy(gradient)) > 0).all()

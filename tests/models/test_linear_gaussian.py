"""A linear Gaussian VAE is probabilistic principal component analysis, whose likelihood is known exactly.

Tipping and Bishop, *Probabilistic Principal Component Analysis*, https://doi.org/10.1111/1467-9868.00196: at the
maximum likelihood the posterior of each latent is an independent Gaussian, which an encoder with constant variances can
hold, so that the bound is the likelihood itself; at any other encoder their distance is the divergence from that
posterior.
"""

from functools import cache

import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import multivariate_normal
from sklearn.decomposition import PCA

from components.backend import compiled
from tests.models.building import answer, build, image_spec

LATENT, DRAWS = 3, 20


@pytest.fixture(scope="module")
def pca(digits):
    """The exact model, and its images: digits at a quarter of their size, ``float32[N, 4, 4, 1]`` in [0, 1]."""
    images = digits[:600].reshape(600, 4, 2, 4, 2, 1).mean(axis=(2, 4)).astype("float32") / 16
    return PCA(LATENT, svd_solver="full").fit(images.reshape(600, 16)), images


def posterior(pca):
    """Slope ``[16, LATENT]`` of the posterior's mean, and its variances ``[LATENT]``."""
    excess = pca.explained_variance_ - pca.noise_variance_
    slope = pca.components_.T * np.sqrt(excess) / pca.explained_variance_
    return slope, pca.noise_variance_ / pca.explained_variance_


@cache
def linear_vae(pca, shift=0.0, spread=1.0):
    """The VAE at the maximum likelihood; its posterior moved by ``shift``, its deviations ``spread`` times as wide."""
    model = build("vae", image_spec((4, 4, 1), levels=2), widths=(), latent_dim=LATENT)
    slope, variance = posterior(pca)
    weights = np.sqrt(pca.explained_variance_ - pca.noise_variance_)[:, None] * pca.components_
    log_variance = np.log(variance * spread**2)
    kernel = np.concatenate([slope, np.zeros_like(slope)], axis=1)
    model.encoder.set_weights([kernel, np.concatenate([shift - pca.mean_ @ slope, log_variance])])
    model.decoder.set_weights([weights, pca.mean_])
    model.likelihood.log_variance.assign(np.log(pca.noise_variance_))
    return model


def draws(model, images, question, *args):
    """Answers ``[DRAWS, N]`` with new noise each."""
    return np.stack([answer(model, question, images, *args) for _ in range(DRAWS)])


def mean(answers):
    """Mean over draws and images, with its standard error over draws."""
    means = answers.mean(axis=1, dtype="float64")
    return means.mean(), means.std(ddof=1) / np.sqrt(len(means))


def test_the_bound_is_the_likelihood_at_the_optimum(pca):
    pca, images = pca
    model, exact = linear_vae(pca), pca.score_samples(images.reshape(600, 16))
    value, error = mean(draws(model, images, "elbo"))
    assert error < 0.02
    assert value == pytest.approx(exact.mean(), abs=4 * error)


@pytest.mark.parametrize("k", [1, 20])
def test_every_importance_weight_is_the_likelihood_at_the_optimum(pca, k):
    """Each image, each draw: the ratio of joint and posterior does not depend on the latent."""
    pca, images = pca
    bounds = answer(linear_vae(pca), "importance_bound", images, k)
    np.testing.assert_allclose(bounds, pca.score_samples(images.reshape(600, 16)), atol=2e-3)


@pytest.mark.parametrize(("shift", "spread"), [(0.2, 1.7), (-0.1, 0.6)])
def test_elsewhere_the_bound_is_lower_by_the_divergence_from_the_posterior(pca, shift, spread):
    pca, images = pca
    variance = posterior(pca)[1]
    divergence = 0.5 * np.sum(spread**2 + shift**2 / variance - 1 - 2 * np.log(spread))
    value, error = mean(draws(linear_vae(pca, shift, spread), images, "elbo"))
    assert divergence > 8 * error
    assert value == pytest.approx(pca.score_samples(images.reshape(600, 16)).mean() - divergence, abs=4 * error)


def test_the_importance_bound_grows_from_the_elbo_to_the_likelihood(pca):
    pca, images = pca
    model, exact = linear_vae(pca, shift=0.2, spread=1.3), pca.score_samples(images.reshape(600, 16)).mean()
    elbo, elbo_error = mean(draws(model, images, "elbo"))
    bounds = [mean(draws(model, images, "importance_bound", k)) for k in (1, 4, 20)]
    values, errors = (np.array(column) for column in zip(*bounds, strict=True))
    assert values[0] == pytest.approx(elbo, abs=4 * (elbo_error + errors[0]))
    assert (np.diff(values) > 4 * errors[1:]).all()
    assert exact - 0.1 < values[2] < exact
    # k draws in one bound and k bounds of one draw each are the same average of weights
    singles = draws(model, images, "importance_bound", 1).astype("float64")
    assert (logsumexp(singles, axis=0) - np.log(DRAWS)).mean() == pytest.approx(values[2], abs=0.02)


@pytest.fixture(scope="module")
def classes():
    """Two classes with means of their own and one covariance: images, labels, means and the model of the residuals."""
    random = np.random.default_rng(1)
    labels = random.integers(0, 2, 200).astype("int16")
    means = random.normal(0.5, 0.5, (2, 16))
    residuals = random.standard_normal((200, LATENT)) @ random.normal(0, 0.5, (LATENT, 16))
    residuals += random.normal(0, 0.3, (200, 16))
    residuals -= residuals.mean(axis=0)
    images = (means[labels] + residuals).astype("float32").reshape(200, 4, 4, 1)
    return images, labels, means, PCA(LATENT, svd_solver="full").fit(residuals)


def test_the_conditional_bound_is_the_likelihood_given_the_class(classes):
    """For the right label and for the wrong one; the encoder takes from the image what is its class's mean."""
    images, labels, means, pca = classes
    spec = image_spec((4, 4, 1), levels=2, classes=2)
    model = build("vae", spec, widths=(), latent_dim=LATENT, conditional=True)
    slope, variance = posterior(pca)
    kernel = np.stack([slope, -slope], axis=1).reshape(32, LATENT)  # of a pixel, then of its place in the label's plane
    model.planes.set_weights([means])
    model.encoder.set_weights(
        [np.concatenate([kernel, np.zeros_like(kernel)], axis=1), np.concatenate([np.zeros(LATENT), np.log(variance)])]
    )
    weights = np.sqrt(pca.explained_variance_ - pca.noise_variance_)[:, None] * pca.components_
    model.decoder.set_weights([np.concatenate([weights, means]), np.zeros(16)])
    model.likelihood.log_variance.assign(np.log(pca.noise_variance_))
    bounds = compiled(lambda x, label: model.importance_bound(x, 6, label), model.variables)
    for label in (labels, (1 - labels).astype("int16")):
        exact = pca.score_samples(images.reshape(200, 16) - means[label])
        np.testing.assert_allclose(bounds(images, label), exact, rtol=1e-3, atol=5e-3)
        elbos = np.stack([answer(model, "elbo", images, label) for _ in range(DRAWS)])
        value, error = mean(elbos)
        assert value == pytest.approx(exact.mean(), abs=4 * error)


def test_bounds_under_a_mixture_come_to_the_likelihood_from_below(pca):
    """A linear decoder makes of Gaussians Gaussians: the likelihood is that of a mixture in the space of images."""
    pca, images = pca
    images, k = images[:40], 4
    model = build(
        "vae", image_spec((4, 4, 1), levels=2), widths=(), latent_dim=LATENT, prior="mixture", prior_components=k
    )
    plain = linear_vae(pca)
    model.encoder.set_weights(plain.encoder.get_weights())
    model.decoder.set_weights(plain.decoder.get_weights())
    model.likelihood.log_variance.assign(plain.likelihood.log_variance)
    random = np.random.default_rng(3)
    means, deviations = random.normal(0, 0.7, (k, LATENT)), random.uniform(0.5, 1.5, (k, LATENT))
    model.prior.mean.assign(means)
    model.prior.log_variance.assign(2 * np.log(deviations))
    weights, shift = plain.decoder.get_weights()
    each = [
        multivariate_normal(m @ weights + shift, weights.T * d**2 @ weights + pca.noise_variance_ * np.eye(16))
        for m, d in zip(means, deviations, strict=True)
    ]
    exact = logsumexp([gaussian.logpdf(images.reshape(-1, 16)) for gaussian in each], axis=0) - np.log(k)
    elbo, error = mean(draws(model, images, "elbo"))
    assert elbo < exact.mean() - 4 * error
    np.testing.assert_allclose(answer(model, "importance_bound", images, 3000), exact, atol=0.2)
    assert answer(model, "importance_bound", images, 3000).mean() == pytest.approx(exact.mean(), abs=0.03)

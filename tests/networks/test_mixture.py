"""The Gaussian mixture: what it fits, and that samples are those of what it holds."""

import numpy as np
import pytest

from components.networks.mixture import GaussianMixture


@pytest.fixture
def points():
    random = np.random.default_rng(1)
    near = random.multivariate_normal([0, 0], [[1, 0.8], [0.8, 1]], 300)
    far = random.multivariate_normal([9, -9], [[0.1, 0], [0, 2]], 100)
    return np.concatenate([near, far]).astype("float32")


def test_one_gaussian_is_the_mean_and_covariance_and_so_are_its_samples(points):
    mixture, points = GaussianMixture(1, 2), points @ np.array([[3, 1], [0, 0.5]], "float32")
    mixture.fit(points, 0)
    cholesky = np.asarray(mixture.cholesky.value)[0]
    np.testing.assert_allclose(np.asarray(mixture.mean.value)[0], points.mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(cholesky @ cholesky.T, np.cov(points.T, bias=True), rtol=1e-3)
    np.testing.assert_allclose(np.cov(mixture.sample(100_000, 5).T), np.cov(points.T), rtol=0.02)


def test_gaussians_far_apart_are_found(points):
    mixture = GaussianMixture(2, 2)
    mixture.fit(points, 0)
    order = np.argsort(-np.asarray(mixture.weight.value))
    np.testing.assert_allclose(np.asarray(mixture.weight.value)[order], [0.75, 0.25], atol=1e-3)
    np.testing.assert_allclose(np.asarray(mixture.mean.value)[order], [[0, 0], [9, -9]], atol=0.4)


def test_samples_have_the_mean_and_covariance_of_the_mixture(points):
    mixture = GaussianMixture(3, 2)
    mixture.fit(points, 0)
    weight, mean, cholesky = (np.asarray(v.value, "float64") for v in (mixture.weight, mixture.mean, mixture.cholesky))
    whole = weight @ mean
    within = np.einsum("k,kij,klj->il", weight, cholesky, cholesky)
    between = np.einsum("k,ki,kj->ij", weight, mean - whole, mean - whole)
    drawn = mixture.sample(100_000, 5)
    np.testing.assert_allclose(drawn.mean(axis=0), whole, atol=0.05)
    np.testing.assert_allclose(np.cov(drawn.T), within + between, rtol=0.02)


def test_the_same_seed_gives_the_same_points(points):
    mixture = GaussianMixture(2, 2)
    mixture.fit(points, 0)
    np.testing.assert_array_equal(mixture.sample(5, 1), mixture.sample(5, 1))
    assert (mixture.sample(5, 1) != mixture.sample(5, 2)).any()


def test_fewer_points_than_gaussians_leave_some_unused(points):
    mixture = GaussianMixture(5, 2)
    mixture.fit(points[:3], 0)
    assert np.asarray(mixture.weight.value)[3:].sum() == 0
    drawn = mixture.sample(200, 0)
    nearest = np.linalg.norm(drawn[:, None] - points[:3], axis=2).min(axis=1)
    assert nearest.max() < 0.1

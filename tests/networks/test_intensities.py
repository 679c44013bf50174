"""Distributions over levels against SciPy and against the whole that their probabilities make."""

from itertools import product

import numpy as np
import pytest
from scipy import stats
from scipy.special import log_softmax, logsumexp

from components.backend import compiled, input_gradient
from components.networks.intensities import INTENSITIES, ChannelHead, MixtureOfLogistics

EXTREMES = np.array(
    [(a, -a, centre, -centre, scale, 0) for a, centre, scale in product((0, 90), (-1e3, 0, 5), (-90, 0, 9))],
    "float32",
)


def over_levels(intensity, output):
    """Log-probability ``[P, levels]`` of every level under each output ``[P, outputs]``."""
    x = np.tile(np.arange(intensity.levels), (len(output), 1))
    repeated = np.repeat(output[:, None], intensity.levels, axis=1)
    return np.asarray(compiled(intensity.log_prob)(repeated, x), "float64")


@pytest.mark.parametrize("levels", [2, 17, 256])
def test_a_mixture_is_a_distribution_even_in_extremes(levels):
    log_probs = over_levels(MixtureOfLogistics(levels, 2), EXTREMES)
    assert np.isfinite(log_probs).all()
    np.testing.assert_allclose(logsumexp(log_probs, axis=1), 0, atol=1e-4)


def test_a_mixture_has_finite_gradients_even_in_extremes():
    intensity = MixtureOfLogistics(256, 2)
    gradient_at = compiled(lambda x: input_gradient(lambda output: intensity.log_prob(output, x), EXTREMES))
    for level in (0, 1, 128, 255):
        gradient = np.asarray(gradient_at(np.full(len(EXTREMES), level)))
        assert np.isfinite(gradient).all()
        assert np.abs(gradient).max() > 0


@pytest.mark.parametrize("levels", [2, 17, 256])
def test_a_mixture_cuts_logistic_densities_into_bins(levels):
    random = np.random.default_rng(1)
    output = random.standard_normal((6, 9)).astype("float32")
    weight = np.exp(log_softmax(output[:, :3], axis=1))
    centre, scale = output[:, 3:6] + np.array([1, 3, 5]) / 6, np.exp(output[:, 6:] - 2)
    edges = np.concatenate([[-np.inf], (np.arange(levels - 1) + 0.5) / (levels - 1), [np.inf]])
    p = np.diff(stats.logistic.cdf(edges, centre[..., None], scale[..., None]))
    expected = np.log(np.einsum("pk,pkl->pl", weight, p))
    np.testing.assert_allclose(over_levels(MixtureOfLogistics(levels, 3), output), expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("name", INTENSITIES)
@pytest.mark.parametrize("levels", [2, 17])
def test_logits_are_the_log_probabilities_of_all_levels(name, levels):
    intensity = INTENSITIES[name](levels, 3)
    output = np.random.default_rng(2).standard_normal((5, intensity.outputs)).astype("float32")
    log_probs = over_levels(intensity, output)
    np.testing.assert_allclose(logsumexp(log_probs, axis=1), 0, atol=1e-5)
    np.testing.assert_allclose(
        log_softmax(np.asarray(intensity.logits(output), "float64"), axis=1), log_probs, atol=1e-5
    )


def test_a_head_says_of_a_channel_what_those_before_it_mean():
    head, random = ChannelHead(5, 16, 3, 2), np.random.default_rng(3)
    features, x = random.random((1, 5), "float32"), random.random((1, 3), "float32")
    said = np.asarray(head(features, x))
    assert said.shape == (1, 3, 2)
    for changed in range(3):
        other = np.asarray(head(features, x + np.eye(3, dtype="float32")[changed]))
        np.testing.assert_array_equal((said != other).any(axis=-1)[0], np.arange(3) > changed)

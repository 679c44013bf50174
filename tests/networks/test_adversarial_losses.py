"""Losses of a GAN against closed forms, their best discriminators, and the rates of what is done to labels."""

import keras
import numpy as np
import pytest
from keras import layers, ops
from scipy import stats

from components.backend import apply_gradients, compiled, fused, value_and_grad
from components.networks.adversarial_losses import LOSSES, labels

CLOSED = {
    "non_saturating": (lambda d: -np.log(d), lambda d: -np.log(1 - d), lambda d: -np.log(d)),
    "minimax": (lambda d: -np.log(d), lambda d: -np.log(1 - d), lambda d: np.log(1 - d)),
}


@pytest.mark.parametrize("name", CLOSED)
def test_logarithms_of_the_probability_that_an_image_is_real(name):
    output = np.linspace(-6, 6, 25, dtype="float32")
    d, loss = 1 / (1 + np.exp(-output.astype("float64"))), LOSSES[name]
    real, fake, generated = CLOSED[name]
    np.testing.assert_allclose(loss.judged(output, 1.0), real(d), rtol=1e-4)
    np.testing.assert_allclose(loss.judged(output, 0.0), fake(d), rtol=1e-4)
    np.testing.assert_allclose(loss.judged(output, 0.9), 0.9 * real(d) + 0.1 * fake(d), rtol=1e-4)
    np.testing.assert_allclose(loss.generated(output), generated(d), rtol=1e-4)


def test_least_squares_and_hinge():
    output = np.array([-2.0, -1.0, 0.0, 0.5, 1.0, 3.0], "float32")
    square, hinge = LOSSES["least_squares"], LOSSES["hinge"]
    np.testing.assert_allclose(square.judged(output, 1.0), (output - 1) ** 2 / 2)
    np.testing.assert_allclose(square.judged(output, 0.0), output**2 / 2)
    np.testing.assert_allclose(square.generated(output), (output - 1) ** 2 / 2)
    np.testing.assert_allclose(hinge.judged(output, 1.0), [3, 2, 1, 0.5, 0, 0])
    np.testing.assert_allclose(hinge.judged(output, 0.0), [0, 0, 1, 1.5, 2, 4])
    np.testing.assert_allclose(hinge.generated(output), -output)


P, Q = stats.norm(1, 1), stats.norm(-0.5, 1.5)
BEST = {
    "non_saturating": lambda p, q, one: np.log(one * p / (q + (1 - one) * p)),
    "minimax": lambda p, q, one: np.log(one * p / (q + (1 - one) * p)),
    "least_squares": lambda p, q, one: one * p / (p + q),
}


@pytest.mark.parametrize("one", [1.0, 0.8])
@pytest.mark.parametrize("name", LOSSES)
def test_the_best_output_at_every_point_of_two_known_densities(name, one):
    """``one`` is the label of real images, smoothed or not."""
    x, outputs = np.linspace(-2, 3, 11), np.linspace(-6, 6, 4801, dtype="float32")
    p, q = P.pdf(x), Q.pdf(x)
    real, fake = (np.asarray(LOSSES[name].judged(outputs, label), "float64") for label in (one, 0.0))
    found = outputs[np.argmin(p[:, None] * real + q[:, None] * fake, axis=1)]
    if name == "hinge":
        slope = 2 * one - 1
        np.testing.assert_allclose(found, np.where(p * slope > q, 1 / slope, -1), atol=0.003)
    else:
        np.testing.assert_allclose(found, BEST[name](p, q, one), atol=0.01)


@pytest.mark.parametrize("name", ["non_saturating", "least_squares"])
def test_a_trained_discriminator_finds_the_ratio_of_two_gaussians(name):
    """Fresh draws of both at each step; compared where both densities live."""
    network = keras.Sequential([keras.Input((1,)), layers.Dense(32, "tanh"), layers.Dense(1), layers.Reshape(())])
    optimizer = keras.optimizers.Adam(0.02)
    optimizer.build(network.trainable_variables)

    def loss(batch):
        judged = LOSSES[name].judged
        return ops.mean(judged(network(batch["real"]), 1.0)) + ops.mean(judged(network(batch["fake"]), 0.0)), {}

    def step(batch):
        (value, _), gradients = value_and_grad(loss, network.trainable_variables)(batch)
        apply_gradients(optimizer, gradients, network.trainable_variables)
        return {"loss": value}

    random, steps = np.random.default_rng(0), 400
    draws = {"real": P.rvs((steps, 1000, 1), random), "fake": Q.rvs((steps, 1000, 1), random)}
    run = fused(step, [*network.variables, *optimizer.variables])
    run({key: array.astype("float32") for key, array in draws.items()}, steps)
    x = np.linspace(-1.5, 2, 15)
    found = np.asarray(network(x[:, None].astype("float32")))
    np.testing.assert_allclose(
        found, BEST[name](P.pdf(x), Q.pdf(x), 1.0), atol=0.25 if name != "least_squares" else 0.06
    )


def told(real: bool, **changes: float) -> np.ndarray:
    seed = keras.random.SeedGenerator(3)
    chances = {"smoothing": 0.0, "noise": 0.0, "flips": 0.0} | changes
    return np.asarray(compiled(lambda: labels(real, 40_000, **chances, seed=seed), [seed.state])())


def test_labels_are_ones_and_zeros_and_only_ones_are_smoothed():
    assert set(told(True)) == {1.0}
    assert set(told(False)) == {0.0}
    np.testing.assert_allclose(told(True, smoothing=0.1), 0.9, rtol=1e-6)
    assert set(told(False, smoothing=0.1)) == {0.0}


@pytest.mark.parametrize("real", [True, False])
def test_labels_are_flipped_and_blurred_at_the_stated_rates(real):
    rate, std = 0.07, 0.3
    flipped = told(real, flips=rate)
    assert set(flipped) == {0.0, 1.0}
    assert abs(np.mean(flipped != real) - rate) < 4 * np.sqrt(rate * (1 - rate) / 40_000)
    blurred = told(real, noise=std)
    assert stats.kstest(blurred - real, stats.norm(0, std).cdf).pvalue > 0.01
    both = told(real, flips=rate, noise=0.01, smoothing=0.2)
    assert abs(np.mean((both > 0.5) != real) - rate) < 4 * np.sqrt(rate * (1 - rate) / 40_000)
    assert both[both > 0.5].mean() == pytest.approx(0.8, abs=0.01)

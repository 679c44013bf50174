"""The gradient penalty: exact for critics whose slope is known, and what it makes of two shifted Gaussians."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from components.backend import apply_gradients, compiled, fused, value_and_grad
from components.networks.gradient_penalty import gradient_penalty


def between(seed=0, shape=(6, 4, 3, 2)):
    random = np.random.default_rng(seed)
    return [random.standard_normal(shape).astype("float32") for _ in range(2)] + [random.random(6).astype("float32")]


def test_a_linear_critic_pays_for_the_length_of_its_weights():
    real, fake, u = between()
    weights = keras.Variable(np.random.default_rng(1).standard_normal((4, 3, 2)).astype("float32"))

    def loss(real, fake, u):
        critic = lambda x: ops.sum(x * weights, axis=(1, 2, 3)) + 5.0  # noqa: E731
        return gradient_penalty(critic, real, fake, u), {}

    (found, _), gradients = compiled(value_and_grad(loss, [weights]), [weights])(real, fake, u)
    w = np.array(weights, "float64")
    length = np.sqrt(np.sum(w**2))
    assert float(found) == pytest.approx((length - 1) ** 2, rel=1e-5)
    np.testing.assert_allclose(gradients[0], 2 * (length - 1) * w / length, rtol=1e-4)


def test_a_quadratic_critic_tells_where_it_was_asked():
    real, fake, u = between()
    found = gradient_penalty(lambda x: 0.5 * ops.sum(ops.square(x), axis=(1, 2, 3)), real, fake, u)
    points = real + u[:, None, None, None] * (fake - real)
    lengths = np.sqrt(np.sum(points**2, axis=(1, 2, 3)))
    assert float(found) == pytest.approx(np.mean((lengths - 1) ** 2), rel=1e-4)


def test_a_flat_critic_pays_one_and_has_a_finite_gradient():
    real, fake, u = between()
    weights = keras.Variable(np.zeros((4, 3, 2), "float32"))

    def loss(real, fake, u):
        return gradient_penalty(lambda x: ops.sum(x * weights, axis=(1, 2, 3)), real, fake, u), {}

    (found, _), gradients = compiled(value_and_grad(loss, [weights]), [weights])(real, fake, u)
    assert float(found) == pytest.approx(1.0, abs=1e-5)
    assert np.isfinite(np.asarray(gradients[0])).all()


def test_a_trained_critic_knows_how_far_a_gaussian_was_shifted():
    """Their Wasserstein distance is the shift."""
    shift, penalty, steps = 1.5, 30.0, 300
    network = keras.Sequential([keras.Input((1,)), layers.Dense(32, "relu"), layers.Dense(1), layers.Reshape(())])
    optimizer = keras.optimizers.Adam(0.01, beta_1=0.5)
    optimizer.build(network.trainable_variables)

    def loss(batch):
        real, fake = batch["real"], batch["fake"]
        wasserstein = ops.mean(network(real)) - ops.mean(network(fake))
        return penalty * gradient_penalty(network, real, fake, batch["u"]) - wasserstein, {}

    def step(batch):
        (value, _), gradients = value_and_grad(loss, network.trainable_variables)(batch)
        apply_gradients(optimizer, gradients, network.trainable_variables)
        return {"loss": value}

    random = np.random.default_rng(0)
    draws = {
        "real": random.standard_normal((steps, 256, 1)) + shift,
        "fake": random.standard_normal((steps, 256, 1)),
        "u": random.random((steps, 256)),
    }
    run = fused(step, [*network.variables, *optimizer.variables])
    run({key: array.astype("float32") for key, array in draws.items()}, steps)
    x = ((np.arange(2000) + 0.5) / 2000).astype("float32")
    quantiles = np.asarray(ops.erfinv(2 * x - 1) * np.sqrt(2.0), "float32")[:, None]
    estimate = float(ops.mean(network(quantiles + np.float32(shift))) - ops.mean(network(quantiles)))
    assert estimate == pytest.approx(shift, rel=0.04)

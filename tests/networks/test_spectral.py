"""Spectral normalization against NumPy's singular values."""

import keras
import numpy as np
import pytest
from keras import layers

from components.backend import compiled, value_and_grad
from components.networks.spectral import SpectralNormalization


def largest(kernel) -> float:
    """Largest singular value, of a kernel as a matrix."""
    kernel = np.asarray(kernel)
    return np.linalg.svd(kernel.reshape(-1, kernel.shape[-1]), compute_uv=False)[0]


def iterated(layer, x, times=200):
    run = compiled(lambda x: layer(x, training=True), layer.variables)
    for _ in range(times):
        run(x)


@pytest.mark.parametrize("make", [lambda: layers.Dense(7), lambda: layers.Conv2D(6, 3, strides=2, padding="same")])
def test_the_kernel_is_divided_by_its_largest_singular_value(make):
    x = np.random.default_rng(0).standard_normal((5, 6, 6, 4)).astype("float32")
    plain = make()
    plain.build(x.shape)
    plain.kernel.assign(np.random.default_rng(1).standard_normal(plain.kernel.shape))
    plain.bias.assign(np.linspace(-1, 1, plain.bias.shape[0]))
    layer, before = SpectralNormalization(plain), np.array(plain.kernel)
    assert float(layer.singular_value()) == pytest.approx(largest(before), rel=0.05)
    iterated(layer, x)
    assert float(layer.singular_value()) == pytest.approx(largest(before), rel=1e-4)
    found = np.asarray(layer(x))
    np.testing.assert_array_equal(np.array(plain.kernel), before)
    plain.kernel.assign(before / largest(before))
    np.testing.assert_allclose(found, np.asarray(plain(x)), atol=1e-4)


def test_the_vector_moves_in_training_only():
    layer, x = SpectralNormalization(layers.Dense(9)), np.ones((2, 12), "float32")
    layer.build(x.shape)
    layer.layer.kernel.assign(np.random.default_rng(3).standard_normal((12, 9)))
    before = np.array(layer.u)
    layer(x)
    np.testing.assert_array_equal(np.array(layer.u), before)
    layer(x, training=True)
    assert np.abs(np.array(layer.u) - before).max() > 1e-3
    assert [variable.path.split("/")[-1] for variable in layer.non_trainable_variables] == ["u"]


def test_the_gradient_flows_through_the_division():
    """Central differences of a function of the normalized layer, by one number of the kernel."""
    layer, x = SpectralNormalization(layers.Dense(3, use_bias=False)), np.ones((1, 4), "float32")
    layer.build(x.shape)
    kernel = layer.layer.kernel
    kernel.assign(np.random.default_rng(4).standard_normal((4, 3)))
    iterated(layer, x)
    weights = np.array([1.0, -2.0, 0.5], "float32")

    def loss():
        return keras.ops.sum(layer(x) * weights), {}

    gradient = np.asarray(compiled(value_and_grad(loss, [kernel]), layer.variables)()[1][0])

    def value(matrix):
        return (np.ones(4) @ matrix / np.linalg.svd(matrix, compute_uv=False)[0]) @ weights

    centre, expected = np.array(kernel, "float64"), np.zeros((4, 3))
    for place in np.ndindex(4, 3):
        step = np.zeros((4, 3))
        step[place] = 1e-6
        expected[place] = (value(centre + step) - value(centre - step)) / 2e-6
    np.testing.assert_allclose(gradient, expected, atol=1e-3)


def test_a_network_takes_it_as_a_layer():
    stack = [keras.Input((8, 8, 1)), SpectralNormalization(layers.Conv2D(4, 3, name="conv")), layers.Flatten()]
    network = keras.Sequential([*stack, SpectralNormalization(layers.Dense(1, name="out"))])
    assert network(np.zeros((2, 8, 8, 1), "float32"), training=True).shape == (2, 1)
    assert len({variable.path for variable in network.variables}) == 6

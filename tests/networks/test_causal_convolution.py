"""Gated layers of both stacks: a part at a time they give what they give of the whole."""

import keras
import numpy as np
import pytest
from keras import ops

from components.networks.causal_convolution import GatedLayer, shifted


def layer(classes=0, inputs=4, dropout=0.0):
    return GatedLayer(inputs, 4, reach=3, side=5, classes=classes, dropout=dropout, name="gated")


def drawn(*shape):
    return np.random.default_rng(len(shape)).normal(size=shape).astype("float32")


def test_shifting_moves_by_one_place():
    x = np.arange(1, 7, dtype="float32").reshape(1, 2, 3, 1)
    np.testing.assert_array_equal(shifted(x, axis=1)[0, :, :, 0], [[0, 0, 0], [1, 2, 3]])
    np.testing.assert_array_equal(shifted(x, axis=2)[0, :, :, 0], [[0, 1, 2], [0, 4, 5]])


def test_rows_one_by_one_are_the_rows_of_the_image():
    gated, x = layer(), drawn(2, 6, 5, 4)
    whole = gated.vertical(x, gated.above(2, 5), 0.0)
    kept, rows = gated.above(2, 5), []
    for i in range(6):
        *row, kept = gated.vertical(x[:, i : i + 1], kept, 0.0)
        rows.append(row)
    for one, parts in zip(whole, zip(*rows, strict=True), strict=False):
        np.testing.assert_allclose(one, np.concatenate([np.asarray(part) for part in parts], axis=1), atol=1e-5)
    np.testing.assert_array_equal(kept, x[:, -2:])


def test_pixels_one_by_one_are_the_pixels_of_their_rows():
    gated, x, told = layer(), drawn(2, 3, 6, 4), drawn(2, 3, 6, 8)
    whole = gated.horizontal(x, gated.before(2, 3), told, 0.0)
    kept, pixels = gated.before(2, 3), []
    for j in range(6):
        *pixel, kept = gated.horizontal(x[:, :, j : j + 1], kept, told[:, :, j : j + 1], 0.0)
        pixels.append(pixel)
    for one, parts in zip(whole, zip(*pixels, strict=True), strict=False):
        np.testing.assert_allclose(one, np.concatenate([np.asarray(part) for part in parts], axis=2), atol=1e-5)
    np.testing.assert_array_equal(kept, x[:, :, -2:])


def test_the_gate_is_the_papers():
    """Equation 2: the hyperbolic tangent of one half times the sigmoid of the other, biased by the class."""
    gated, x, told = layer(classes=3), drawn(1, 1, 1, 4), drawn(1, 1, 1, 8)
    _, bias = gated.biases(ops.one_hot([2], 3))
    out, skip, _ = gated.horizontal(x, gated.before(1, 1), told, bias)
    weights = {variable.path.partition("/")[2]: ops.convert_to_numpy(variable) for variable in gated.weights}
    z = x[0, 0, 0] @ weights["right/kernel"][0, -1] + told[0, 0, 0] + weights["label/kernel"][2, 8:]
    y = (np.tanh(z[:4]) / (1 + np.exp(-z[4:]))) @ weights["out/kernel"]
    np.testing.assert_allclose(np.ravel(out), x[0, 0, 0] + y[:4], atol=1e-6)
    np.testing.assert_allclose(np.ravel(skip), y[4:], atol=1e-6)


@pytest.mark.parametrize("inputs", [2, 4])
def test_only_a_layer_of_as_many_inputs_is_residual(inputs):
    gated = layer(inputs=inputs)
    gated.set_weights([np.zeros(weight.shape) for weight in gated.weights])
    x = drawn(1, 2, 2, inputs)
    out, _, _ = gated.horizontal(x, gated.before(1, 2), np.zeros((1, 2, 2, 8), "float32"), 0.0)
    np.testing.assert_array_equal(out, x if inputs == 4 else np.zeros((1, 2, 2, 4)))


def test_dropout_is_for_training_alone():
    keras.utils.set_random_seed(7)
    gated, x = layer(dropout=0.5), drawn(4, 3, 3, 4)
    above = gated.above(4, 3)
    dropped, kept = (np.asarray(gated.vertical(x, above, 0.0, training)[0]) for training in (True, False))
    share = np.mean(dropped == 0)
    assert 0.3 < share < 0.7
    np.testing.assert_allclose(dropped[dropped != 0], 2 * kept[dropped != 0], rtol=1e-5)

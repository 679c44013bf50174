"""Encoders and decoders at sides that halve and at sides that do not."""

import numpy as np
import pytest
from keras import ops

from components.backend import compiled
from components.networks.convolutional import halvings
from components.networks.decoders import DECODERS
from components.networks.encoders import ENCODERS
from components.networks.patches import Assembled, Patches
from components.networks.style import Style

CASES = [
    *((kind, shape) for kind in ENCODERS for shape in [(28, 28, 1), (32, 32, 3)]),
    *(("convolutional", shape) for shape in [(8, 8, 1), (7, 9, 3), (1, 5, 3)]),
]


@pytest.mark.parametrize(("kind", "shape"), CASES)
def test_a_decoder_gives_the_shape_that_its_encoder_takes(kind, shape):
    widths = (4, 4, 8) if kind == "convolutional" else (4,)
    assert ENCODERS[kind](shape, widths, 2).output_shape == (None, 2)
    assert DECODERS[kind](2, widths, shape).output_shape == (None, *shape)


def rough(network):
    """The network with weights large enough that everything that is connected is seen to be, and compiled."""
    random = np.random.default_rng(1)
    network.set_weights([0.5 * np.abs(random.standard_normal(weight.shape)) for weight in network.weights])
    run = compiled(lambda x: ops.cast(network(x), "float32"), network.variables)
    return lambda x: ops.convert_to_numpy(run(x))


@pytest.mark.parametrize(
    ("kind", "upsampling"), [*((kind, "transposed") for kind in DECODERS), ("convolutional", "resize")]
)
def test_every_latent_moves_every_pixel_and_every_pixel_every_output(kind, upsampling):
    """Nothing of the image lies outside of what the layers reach, nor what fills up patches inside."""
    shape, style = (5, 3, 3), Style(upsampling=upsampling)
    decoder = rough(DECODERS[kind](2, (4, 4), shape, style))
    images = decoder(np.array([[0, 0], [1, 0], [0, 1]], "float32"))
    assert (images[1:] != images[0]).all()
    encoder = rough(ENCODERS[kind](shape, (4, 4), 2, style))
    one_pixel_each = np.eye(45, dtype="float32").reshape(45, *shape)
    changed = encoder(np.concatenate([np.zeros((1, *shape), "float32"), one_pixel_each]))
    assert (changed[1:] != changed[0]).all()


@pytest.mark.parametrize("shape", [(4, 6, 1), (5, 7, 3)])
def test_patches_are_squares_row_by_row_and_go_back_to_where_they_were(shape):
    x = np.random.default_rng(1).random((2, *shape)).astype("float32")
    patches = ops.convert_to_numpy(Patches(2)(x))
    np.testing.assert_array_equal(patches[:, 1], x[:, :2, 2:4].reshape(2, -1))
    np.testing.assert_array_equal(ops.convert_to_numpy(Assembled(shape, 2)(patches)), x)


def test_halvings_round_up():
    assert halvings((28, 28, 1), 3) == [(28, 28), (14, 14), (7, 7), (4, 4)]
    assert halvings((7, 9, 3), 2) == [(7, 9), (4, 5), (2, 3)]


def test_dense_networks_without_hidden_layers_are_linear():
    random = np.random.default_rng(2)
    x, y = random.random((2, 1, 3, 2, 1)).astype("float32")
    encoder = ENCODERS["dense"]((3, 2, 1), (), 4)
    kernel, bias = (random.standard_normal(weight.shape).astype("float32") for weight in encoder.weights)
    encoder.set_weights([kernel, bias])
    np.testing.assert_allclose(encoder(x + 2 * y), (x + 2 * y).reshape(1, 6) @ kernel + bias, rtol=1e-5)


def test_a_gated_layer_is_one_half_times_the_gates_of_the_other():
    plain = ENCODERS["dense"]((2, 2, 1), (3,), 3, Style(activation="gated"))
    random = np.random.default_rng(2)
    plain.set_weights([random.standard_normal(weight.shape) for weight in plain.weights])
    values, gates = (ENCODERS["dense"]((2, 2, 1), (3,), 3, Style(activation="linear")) for _ in range(2))
    kernel, bias, out, shift = plain.get_weights()
    identity = [np.eye(3), np.zeros(3)]
    values.set_weights([kernel[..., :3], bias[:3], *identity])
    gates.set_weights([kernel[..., 3:], bias[3:], *identity])
    x = random.random((4, 2, 2, 1)).astype("float32")
    expected = np.asarray(values(x)) / (1 + np.exp(-np.asarray(gates(x)))) @ out + shift
    np.testing.assert_allclose(np.asarray(plain(x)), expected, atol=1e-5)

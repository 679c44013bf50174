"""Encoders and decoders at sides that halve and at sides that do not."""

import numpy as np
import pytest

from components.networks.convolutional import halvings
from components.networks.decoders import DECODERS
from components.networks.encoders import ENCODERS

CASES = [("dense", (7, 9, 3)), *[("convolutional", shape) for shape in [(8, 8, 1), (28, 28, 1), (7, 9, 3), (1, 5, 3)]]]


@pytest.mark.parametrize(("kind", "shape"), CASES)
def test_a_decoder_gives_the_shape_that_its_encoder_takes(kind, shape):
    assert ENCODERS[kind](shape, (2, 2, 2), 2).output_shape == (None, 2)
    assert DECODERS[kind](2, (2, 2, 2), shape).output_shape == (None, *shape)


def test_every_latent_moves_every_pixel():
    """Nothing of the image lies outside of what the transposed convolutions reach."""
    decoder = DECODERS["convolutional"](2, (2, 2), (7, 9, 3))
    random = np.random.default_rng(1)
    decoder.set_weights([np.abs(random.standard_normal(weight.shape)) for weight in decoder.weights])
    images = np.asarray(decoder(np.array([[0, 0], [1, 0], [0, 1]], "float32")))
    assert (images[1:] > images[0]).all()


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

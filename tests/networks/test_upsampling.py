"""Upsampling by name: that it doubles, and which of the two makes a checkerboard of a flat image."""

import keras
import numpy as np
import pytest

from components.networks.upsampling import UPSAMPLING


def upsampled(kind):
    """A flat image through a flat kernel, its edges cut off."""
    network = keras.Sequential([keras.Input((6, 6, 1)), *UPSAMPLING[kind](1, 3, "up", use_bias=False)])
    network.set_weights([np.ones(weight.shape) for weight in network.weights])
    image = np.asarray(network(np.ones((1, 6, 6, 1), "float32")))[0, ..., 0]
    assert image.shape == (12, 12)
    return image[2:-2, 2:-2]


@pytest.mark.parametrize(("kind", "values"), [("transposed", {1, 2, 4}), ("resize", {9})])
def test_transposed_convolutions_overlap_unevenly_and_resized_ones_do_not(kind, values):
    assert set(upsampled(kind).ravel()) == values

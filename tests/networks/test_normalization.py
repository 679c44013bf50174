"""Normalization by name, in training and out of it."""

import keras
import numpy as np
import pytest
from keras import ops

from components.backend import compiled
from components.networks.normalization import NORMALIZATION

AXES = {"batch": (0, 1), "layer": 2}


@pytest.fixture
def x():
    return np.random.default_rng(1).normal(3, 2, (50, 4, 6)).astype("float32")


@pytest.mark.parametrize("kind", AXES)
def test_what_has_no_mean_and_unit_variance_in_training(kind, x):
    network = keras.Sequential([keras.Input((4, 6)), *NORMALIZATION[kind]("norm")])
    y = ops.convert_to_numpy(compiled(lambda x: network(x, training=True), network.variables)(x))
    np.testing.assert_allclose(y.mean(axis=AXES[kind]), 0, atol=1e-4)
    np.testing.assert_allclose(y.std(axis=AXES[kind]), 1, atol=1e-3)


def test_held_out_examples_are_normalized_by_the_statistics_of_training_and_do_not_move_them(x):
    network = keras.Sequential([keras.Input((4, 6)), *NORMALIZATION["batch"]("norm")])
    train, judge = (
        compiled(lambda x, training=training: network(x, training=training), network.variables)
        for training in (True, False)
    )
    for _ in range(100):
        train(x)
    held_out = x[:1] + 5
    expected = (held_out - x.mean(axis=(0, 1))) / x.std(axis=(0, 1))
    for _ in range(2):
        np.testing.assert_allclose(ops.convert_to_numpy(judge(held_out)), expected, atol=2e-2)


def test_none_is_no_layer():
    assert NORMALIZATION["none"]("norm") == []

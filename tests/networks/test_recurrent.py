"""Recurrent layers against the cell equations in NumPy, and against Keras' own layers with the same weights."""

from functools import cache

import keras
import numpy as np
import pytest

from components.backend import compiled
from components.networks.recurrent import RECURRENT

INPUTS, UNITS, BATCH, TIME = 3, 5, 2, 7


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


@pytest.fixture
def x():
    return np.random.default_rng(1).standard_normal((BATCH, TIME, INPUTS)).astype("float32")


@cache
def make(cell: str):
    """A layer with weights that no initialiser gives, and a state that is not zero."""
    random = np.random.default_rng(2)
    layer = RECURRENT[cell](INPUTS, UNITS, name=cell)
    layer.set_weights([0.5 * random.standard_normal(weight.shape) for weight in layer.weights])
    state = tuple(random.standard_normal((BATCH, UNITS)).astype("float32") for _ in range(layer.states))
    return layer, state


def run(layer, x, state):
    outputs, state = compiled(layer, layer.variables)(x, state)
    return np.asarray(outputs), tuple(np.asarray(part) for part in state)


def test_lstm_follows_the_cell_equations(x):
    layer, (h, c) = make("lstm")
    weights = (np.split(weight, 4, axis=-1) for weight in layer.get_weights())
    (w_i, w_f, w_g, w_o), (u_i, u_f, u_g, u_o), (b_i, b_f, b_g, b_o) = weights
    outputs, state = run(layer, x, (h, c))
    for t in range(TIME):
        input_gate = sigmoid(x[:, t] @ w_i + h @ u_i + b_i)
        forget_gate = sigmoid(x[:, t] @ w_f + h @ u_f + b_f)
        candidate = np.tanh(x[:, t] @ w_g + h @ u_g + b_g)
        output_gate = sigmoid(x[:, t] @ w_o + h @ u_o + b_o)
        c = forget_gate * c + input_gate * candidate
        h = output_gate * np.tanh(c)
        np.testing.assert_allclose(outputs[:, t], h, atol=1e-5)
    np.testing.assert_allclose(state, (h, c), atol=1e-5)


@pytest.mark.parametrize("cell", RECURRENT)
def test_gates_are_those_of_the_equations(cell, x):
    layer, state = make(cell)
    outputs, gates = (np.asarray(part) for part in compiled(layer.watch, layer.variables)(x, state))
    np.testing.assert_allclose(outputs, run(layer, x, state)[0], atol=1e-6)
    kernel, recurrent, bias = layer.get_weights()
    bias, recurrent_bias = bias if cell == "gru" else (bias, np.zeros_like(bias))
    before = np.concatenate([state[0][:, None], outputs[:, :-1]], axis=1)
    parts = np.split(x @ kernel + bias + before @ recurrent + recurrent_bias, layer.parts, axis=2)
    places = {"lstm": {"input": 0, "forget": 1, "output": 3}, "gru": {"update": 0, "reset": 1}}[cell]
    assert layer.gates == tuple(places)
    for k, place in enumerate(places.values()):
        np.testing.assert_allclose(gates[:, :, k], sigmoid(parts[place]), atol=1e-5)


@pytest.mark.parametrize("cell", RECURRENT)
def test_keras_own_layer_gives_the_same(cell, x):
    layer, state = make(cell)
    kind = {"lstm": keras.layers.LSTM, "gru": keras.layers.GRU}[cell]
    theirs = kind(UNITS, return_sequences=True, return_state=True, recurrent_initializer="zeros")
    theirs.build(x.shape)
    theirs.set_weights(layer.get_weights())
    expected, *last = theirs(x, initial_state=list(state))
    outputs, after = run(layer, x, state)
    np.testing.assert_allclose(outputs, expected, atol=1e-5)
    np.testing.assert_allclose(after, [np.asarray(part) for part in last], atol=1e-5)


@pytest.mark.parametrize("cell", RECURRENT)
def test_a_state_carried_over_two_halves_gives_the_whole(cell, x):
    layer, state = make(cell)
    whole, end = run(layer, x, state)
    first, between = run(layer, x[:, :3], state)
    second, after = run(layer, x[:, 3:], between)
    np.testing.assert_allclose(np.concatenate([first, second], axis=1), whole, atol=1e-6)
    np.testing.assert_allclose(after, end, atol=1e-6)


def test_a_new_lstm_remembers():
    bias = RECURRENT["lstm"](INPUTS, UNITS, name="lstm").get_weights()[2]
    np.testing.assert_array_equal(
        np.split(bias, 4), [np.zeros(UNITS), np.ones(UNITS), np.zeros(UNITS), np.zeros(UNITS)]
    )

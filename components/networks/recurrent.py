"""Recurrent layers, their equations written out.

What a time step needs of its input alone is computed for all steps in one product, before the loop over time; the loop
is left with what needs the state. Weights are laid out as in Keras' own layers of the same names.
"""

from abc import abstractmethod
from typing import Any, ClassVar

from keras import layers, ops

from components.backend import scan

__all__ = ["GRU", "LSTM", "RECURRENT", "Recurrent"]


class Recurrent(layers.Layer):
    """``(float[B, T, inputs], state) → (float[B, T, units], state)``.

    Args:
        inputs: width of an input.
        units: width of the hidden state.
    """

    parts: ClassVar[int]
    states: ClassVar[int]
    gates: ClassVar[tuple[str, ...]]
    """Names of the gates, as :meth:`advance` gives their activations."""

    def __init__(self, inputs: int, units: int, name: str):
        super().__init__(name=name)
        self.units = units
        width = self.parts * units
        self.kernel = self.add_weight(shape=(inputs, width), initializer="glorot_uniform", name="kernel")
        self.recurrent_kernel = self.add_weight(shape=(units, width), initializer="orthogonal", name="recurrent_kernel")
        self.add_biases(width)
        self.built = True

    @abstractmethod
    def add_biases(self, width: int) -> None:
        """Add what is added to a product."""

    @abstractmethod
    def project(self, x: Any) -> Any:
        """What every step needs of its input: ``float[…, inputs]`` → ``float[…, parts * units]``."""

    @abstractmethod
    def advance(self, state: tuple, projected: Any) -> tuple[tuple, tuple]:
        """One time step: states and the projected input give new states, the output first, and the gates.

        All are ``float[B, units]``; a gate is 1 where it is open.
        """

    def step(self, state: tuple, projected: Any) -> tuple[tuple, Any]:
        """One time step: new states and the output."""
        state, _ = self.advance(state, projected)
        return state, state[0]

    def zero_state(self, batch: Any) -> tuple:
        """The state before the first input."""
        return tuple(ops.zeros((batch, self.units), self.compute_dtype) for _ in range(self.states))

    def call(self, x, state):
        """Run over time."""
        projected = ops.transpose(self.project(x), (1, 0, 2))
        state, outputs = scan(self.step, state, projected)
        return ops.transpose(outputs, (1, 0, 2)), state

    def watch(self, x: Any, state: tuple) -> tuple[Any, Any]:
        """Run over time; gives the outputs and the gates' activations ``float[B, T, gates, units]``."""

        def step(state, projected):
            state, gates = self.advance(state, projected)
            return state, ops.stack([state[0], *gates], axis=1)

        _, seen = scan(step, state, ops.transpose(self.project(x), (1, 0, 2)))
        seen = ops.transpose(seen, (1, 0, 2, 3))
        return seen[:, :, 0], seen[:, :, 1:]


class LSTM(Recurrent):
    """Long short-term memory, states ``(h, c)``.

    Hochreiter and Schmidhuber, https://doi.org/10.1162/neco.1997.9.8.1735, with the forget gate of Gers, Schmidhuber
    and Cummins, https://doi.org/10.1162/089976600300015015, whose bias starts at one (Jozefowicz, Zaremba and
    Sutskever, https://proceedings.mlr.press/v37/jozefowicz15.html).
    """

    parts, states = 4, 2
    gates = ("input", "forget", "output")

    def add_biases(self, width):
        """One bias a gate."""

        def ones_for_forgetting(shape, dtype=None):
            return ops.concatenate([ops.zeros(self.units), ops.ones(self.units), ops.zeros(2 * self.units)])

        self.bias = self.add_weight(shape=(width,), initializer=ones_for_forgetting, name="bias")

    def project(self, x):
        """Inputs' part of the four gates."""
        return ops.matmul(x, self.kernel) + self.bias

    def advance(self, state, projected):
        """Input gate, forget gate, candidate, output gate; then the cell, then the hidden state."""
        hidden, cell = state
        i, f, g, o = ops.split(projected + ops.matmul(hidden, self.recurrent_kernel), 4, axis=-1)
        i, f, o = ops.sigmoid(i), ops.sigmoid(f), ops.sigmoid(o)
        cell = f * cell + i * ops.tanh(g)
        return (o * ops.tanh(cell), cell), (i, f, o)


class GRU(Recurrent):
    """Gated recurrent unit, state ``(h,)``, the reset gate applied after the product.

    Cho et al., https://arxiv.org/abs/1406.1078, in the form of version 1 with two biases, which is what cuDNN computes.
    """

    parts, states = 3, 1
    gates = ("update", "reset")

    def add_biases(self, width):
        """One bias for the input's product, one for the state's."""
        self.bias = self.add_weight(shape=(2, width), initializer="zeros", name="bias")

    def project(self, x):
        """Inputs' part of update gate, reset gate and candidate."""
        return ops.matmul(x, self.kernel) + self.bias[0]

    def advance(self, state, projected):
        """Update gate, reset gate, candidate; then the hidden state."""
        (hidden,) = state
        xz, xr, xh = ops.split(projected, 3, axis=-1)
        hz, hr, hh = ops.split(ops.matmul(hidden, self.recurrent_kernel) + self.bias[1], 3, axis=-1)
        update, reset = ops.sigmoid(xz + hz), ops.sigmoid(xr + hr)
        hidden = update * hidden + (1 - update) * ops.tanh(xh + reset * hh)
        return (hidden,), (update, reset)


RECURRENT = {"lstm": LSTM, "gru": GRU}

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

    gates: ClassVar[int]
    states: ClassVar[int]

    def __init__(self, inputs: int, units: int, name: str):
        super().__init__(name=name)
        self.units = units
        width = self.gates * units
        self.kernel = self.add_weight(shape=(inputs, width), initializer="glorot_uniform", name="kernel")
        self.recurrent_kernel = self.add_weight(shape=(units, width), initializer="orthogonal", name="recurrent_kernel")
        self.add_biases(width)
        self.built = True

    @abstractmethod
    def add_biases(self, width: int) -> None:
        """Add what is added to a product."""

    @abstractmethod
    def project(self, x: Any) -> Any:
        """What every step needs of its input: ``float[…, inputs]`` → ``float[…, gates * units]``."""

    @abstractmethod
    def step(self, state: tuple, projected: Any) -> tuple[tuple, Any]:
        """One time step: states ``float[B, units]`` and the projected input give new states and the output."""

    def zero_state(self, batch: Any) -> tuple:
        """The state before the first input."""
        return tuple(ops.zeros((batch, self.units), self.compute_dtype) for _ in range(self.states))

    def call(self, x, state):
        """Run over time."""
        projected = ops.transpose(self.project(x), (1, 0, 2))
        state, outputs = scan(self.step, state, projected)
        return ops.transpose(outputs, (1, 0, 2)), state


class LSTM(Recurrent):
    """Long short-term memory, states ``(h, c)``.

    Hochreiter and Schmidhuber, https://doi.org/10.1162/neco.1997.9.8.1735, with the forget gate of Gers, Schmidhuber
    and Cummins, https://doi.org/10.1162/089976600300015015, whose bias starts at one (Jozefowicz, Zaremba and
    Sutskever, https://proceedings.mlr.press/v37/jozefowicz15.html).
    """

    gates, states = 4, 2

    def add_biases(self, width):
        """One bias a gate."""

        def ones_for_forgetting(shape, dtype=None):
            return ops.concatenate([ops.zeros(self.units), ops.ones(self.units), ops.zeros(2 * self.units)])

        self.bias = self.add_weight(shape=(width,), initializer=ones_for_forgetting, name="bias")

    def project(self, x):
        """Inputs' part of the four gates."""
        return ops.matmul(x, self.kernel) + self.bias

    def step(self, state, projected):
        """Input gate, forget gate, candidate, output gate; then the cell, then the hidden state."""
        hidden, cell = state
        i, f, g, o = ops.split(projected + ops.matmul(hidden, self.recurrent_kernel), 4, axis=-1)
        cell = ops.sigmoid(f) * cell + ops.sigmoid(i) * ops.tanh(g)
        hidden = ops.sigmoid(o) * ops.tanh(cell)
        return (hidden, cell), hidden


class GRU(Recurrent):
    """Gated recurrent unit, state ``(h,)``, the reset gate applied after the product.

    Cho et al., https://arxiv.org/abs/1406.1078, in the form of version 1 with two biases, which is what cuDNN computes.
    """

    gates, states = 3, 1

    def add_biases(self, width):
        """One bias for the input's product, one for the state's."""
        self.bias = self.add_weight(shape=(2, width), initializer="zeros", name="bias")

    def project(self, x):
        """Inputs' part of update gate, reset gate and candidate."""
        return ops.matmul(x, self.kernel) + self.bias[0]

    def step(self, state, projected):
        """Update gate, reset gate, candidate; then the hidden state."""
        (hidden,) = state
        xz, xr, xh = ops.split(projected, 3, axis=-1)
        hz, hr, hh = ops.split(ops.matmul(hidden, self.recurrent_kernel) + self.bias[1], 3, axis=-1)
        update = ops.sigmoid(xz + hz)
        candidate = ops.tanh(xh + ops.sigmoid(xr + hr) * hh)
        hidden = update * hidden + (1 - update) * candidate
        return (hidden,), hidden


RECURRENT = {"lstm": LSTM, "gru": GRU}

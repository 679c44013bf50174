"""Spectral normalization: a layer with a kernel whose largest singular value is one.

Miyato et al., *Spectral Normalization for Generative Adversarial Networks*, https://arxiv.org/abs/1802.05957: the
singular value comes from one step of power iteration a call, from where the last call left off (their algorithm 1).
Departure: the first vector has been iterated already, so that the very first call is near the truth.

Keras' own wrapper writes the normalized kernel into the trainable variable, so that the gradient is taken at a kernel
that is not the variable. Here the variable is left alone, and the gradient flows through the division.
"""

from typing import Any

import keras
import numpy as np
from keras import layers, ops

__all__ = ["SpectralNormalization"]

FIRST_ITERATIONS = 30


class SpectralNormalization(layers.Layer):
    """``layer`` as it would be with its kernel divided by that kernel's largest singular value.

    A kernel ``[…, n]`` counts as a matrix ``[m, n]``. The layer holds no other state that a call changes.

    Args:
        layer: has a ``kernel``; built or not.

    Example:
        >>> layer = SpectralNormalization(layers.Dense(3))
        >>> layer(ops.ones((2, 4)), training=True).shape
        (2, 3)
    """

    def __init__(self, layer: layers.Layer):
        super().__init__(name=f"spectral_{layer.name}")
        self.layer = layer
        if layer.built:
            self.build(None)

    def build(self, input_shape):
        """The layer, and the right singular vector ``u``."""
        if not self.layer.built:
            self.layer.build(input_shape)
        width = self.layer.kernel.shape[-1]
        self.u = self.add_weight(shape=(width,), initializer="random_normal", trainable=False, name="u")
        matrix, u = ops.convert_to_numpy(self._matrix()), ops.convert_to_numpy(self.u)
        for _ in range(FIRST_ITERATIONS):
            u = matrix.T @ (matrix @ u)
            u /= np.linalg.norm(u)
        self.u.assign(u)
        self.built = True

    def call(self, x, training=False):
        """Of the layer; in training ``u`` comes nearer to the singular vector."""
        kernel = self.layer.kernel
        values = [(variable, ops.cast(variable.value, variable.dtype)) for variable in self.layer.variables]
        divided = [(v, value / self.singular_value(training) if v is kernel else value) for v, value in values]
        with keras.StatelessScope(divided):
            return self.layer(x)

    def compute_output_shape(self, input_shape):
        """Of the layer."""
        return self.layer.compute_output_shape(input_shape)

    def singular_value(self, training: bool = False) -> Any:
        """The largest one of the kernel, ``float32[]``, by which a call divides; never more than the true one."""
        matrix, u = self._matrix(), ops.cast(self.u.value, "float32")
        v, onward = _iterated(ops.stop_gradient(matrix), u)
        if training:
            u = onward
            self.u.assign(u)
        return ops.sum(ops.stop_gradient(v) * ops.matmul(matrix, ops.stop_gradient(u)))

    def _matrix(self):
        kernel = self.layer.kernel
        return ops.reshape(ops.cast(kernel.value, "float32"), (-1, kernel.shape[-1]))


def _iterated(matrix, u):
    """Unit vectors along ``matrix u`` and along ``matrixᵀ matrix u``."""
    v = _unit(ops.matmul(matrix, u))
    return v, _unit(ops.matmul(v, matrix))


def _unit(vector):
    return vector / (ops.norm(vector) + 1e-12)

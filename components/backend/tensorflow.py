"""The TensorFlow side of :mod:`components.backend`. It trains on one device, in one process."""

import os
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from components.backend.counting import counted
from components.backend.flops_tensorflow import graph_flops
from components.params import UserError

__all__ = [
    "agreed",
    "apply_gradients",
    "compiled",
    "device",
    "device_count",
    "fold",
    "fused",
    "input_gradient",
    "join",
    "leads",
    "leave",
    "peak_device_memory",
    "repeated",
    "scan",
    "value_and_grad",
]

tf.config.experimental.enable_op_determinism()
# Left on, it rewrites sums of gradients so that the order of their terms, and the last bit, is a matter of timing.
tf.config.optimizer.set_experimental_options({"arithmetic_optimization": False})


def device() -> str:
    """Name of the device that trains."""
    gpus = tf.config.list_physical_devices("GPU")
    return tf.config.experimental.get_device_details(gpus[0]).get("device_name", "GPU") if gpus else "CPU"


def peak_device_memory() -> int | None:
    """Bytes that the first GPU held at most since the process began; ``None`` without one."""
    return tf.config.experimental.get_memory_info("GPU:0")["peak"] if tf.config.list_physical_devices("GPU") else None


def device_count() -> int:
    """Devices that share each batch."""
    return 1


def join() -> None:
    """Train alone.

    Raises:
        UserError: the environment wants it otherwise.
    """
    if os.environ.get("MENAGERIE_DISTRIBUTED"):
        raise UserError("MENAGERIE_DISTRIBUTED: processes train together on JAX alone; KERAS_BACKEND=jax chooses it")


def leads() -> bool:
    """Whether this process is the one that writes and records."""
    return True


def agreed(*values: Any) -> bool:
    """Whether all processes that train together came here with the same values."""
    return True


def leave() -> None:
    """Part from those that train together."""


def value_and_grad(function: Callable, variables: Sequence[keras.Variable]) -> Callable:
    """``function(*args) → (loss, aux)`` becomes ``(*args) → ((loss, aux), gradients)``; gradients are dense."""

    def run(*args):
        values = [variable.value for variable in variables]
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(values)
            loss, aux = function(*args)
        gradients = tape.gradient(loss, values, unconnected_gradients=tf.UnconnectedGradients.ZERO)
        return (loss, aux), [tf.convert_to_tensor(gradient) for gradient in gradients]

    return run


def apply_gradients(optimizer: Any, gradients: Sequence[Any], variables: Sequence[keras.Variable]) -> None:
    """One update of ``variables`` by a built optimiser."""
    optimizer.apply(gradients, variables)


def input_gradient(function: Callable, x: Any) -> Any:
    """Gradient of ``sum(function(x))`` by ``x``, in the shape of ``x``; it can be differentiated again."""
    x = tf.convert_to_tensor(x)
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(x)
        y = tf.reduce_sum(function(x))
    return tape.gradient(y, x, unconnected_gradients=tf.UnconnectedGradients.ZERO)


def compiled(function: Callable, variables: Sequence[keras.Variable] = ()) -> Callable:
    """``function`` as one graph. TensorFlow finds the variables by itself."""
    run = tf.function(function, reduce_retracing=True, autograph=False)

    def flops(*args):
        traced = run.get_concrete_function(*args)
        if not all(tensor.shape.is_fully_defined() for tensor in traced.inputs):
            traced = tf.function(function, autograph=False).get_concrete_function(*args)
        return graph_flops(traced.graph)

    return counted(run, flops)


def repeated(step: Callable, variables: Sequence[keras.Variable]) -> Callable:
    """A loop of ``step(batch) → {name: scalar}``, inside compiled code. TensorFlow finds the variables by itself.

    Returns:
        ``run(chunk, count)``: ``chunk`` is a mapping of tensors ``[K, …]`` whose first ``count`` rows are the batches;
        gives a mapping of tensors ``float32[count]``.
    """

    def run(chunk, count):
        names: list[str] = []

        def body(i, records):
            record = step({key: array[i] for key, array in chunk.items()})
            names[:] = sorted(record)
            return i + 1, records.write(i, tf.stack([tf.cast(record[name], tf.float32) for name in names]))

        start = (tf.constant(0), tf.TensorArray(tf.float32, size=count, element_shape=[None]))
        records = tf.while_loop(lambda i, _: i < count, body, start, parallel_iterations=1)[1].stack()
        return {name: records[:, i] for i, name in enumerate(names)}

    return run


def fused(step: Callable, variables: Sequence[keras.Variable]) -> Callable:
    """:func:`repeated` as one compiled call, of arrays."""
    loop = tf.function(repeated(step, variables), autograph=False)

    def run(chunk, count: int) -> dict[str, np.ndarray]:
        tensors = {key: tf.convert_to_tensor(array) for key, array in chunk.items()}
        return {name: record.numpy() for name, record in loop(tensors, tf.constant(count)).items()}

    return run


def scan(step: Callable, state: Any, xs: Any) -> tuple[Any, Any]:
    """``step(state, x) → (state, y)`` along the leading axis of ``xs``; the last state and all ``y``, one tensor."""
    example = tf.nest.map_structure(lambda x: x[0], xs)
    y = tf.function(lambda state, x: step(state, x)[1], autograph=False).get_concrete_function(state, example)
    ys = tf.TensorArray(y.output_dtypes, size=_length(xs), element_shape=y.output_shapes)

    def body(carry, now):
        (state, ys), (i, x) = carry, now
        state, y = step(state, x)
        return state, ys.write(i, y)

    state, ys = fold(body, (state, ys), (tf.range(_length(xs)), xs))
    return state, ys.stack()


def fold(step: Callable, state: Any, xs: Any) -> Any:
    """``step(state, x) → state`` along the leading axis of ``xs``; the last state.

    One turn after the other: two turns at once in oneDNN's convolutions have crashed the process.
    """
    length = _length(xs)
    arrays = tf.nest.map_structure(lambda x: tf.TensorArray(x.dtype, size=length).unstack(x), xs)

    def body(i, state):
        return i + 1, step(state, tf.nest.map_structure(lambda array: array.read(i), arrays))

    start = (tf.constant(0), state)
    return tf.while_loop(lambda i, _: i < length, body, start, maximum_iterations=length, parallel_iterations=1)[1]


def _length(xs: Any) -> Any:
    """Of the leading axis: a number if it is known, else a tensor."""
    first = tf.nest.flatten(xs)[0]
    return tf.shape(first)[0] if first.shape[0] is None else first.shape[0]

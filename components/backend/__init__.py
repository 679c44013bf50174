"""What Keras 3 leaves to each backend, behind one face.

Everything else in the repository is written once, with ``keras.ops``. What is here Keras has no word for;
``tensorflow.py`` and ``jax.py`` each define all of it, and ``KERAS_BACKEND`` chooses.

- ``value_and_grad(f, variables)(*args)`` → ``((loss, aux), gradients)`` of ``f(*args) → (loss, aux)``
- ``apply_gradients(optimizer, gradients, variables)``: one update, with its loss scale if it has one
- ``input_gradient(f, x)`` → gradient of ``sum(f(x))`` by ``x``, itself differentiable
- ``scan(step, state, xs)``: ``step(state, x) → (state, y)`` along the leading axis, differentiable
- ``fold(step, state, xs)``: the same with ``step(state, x) → state``, and the last state alone
- ``compiled(f, variables)(*args)``: ``f`` as one compiled call that reads and writes ``variables``
- ``fused(step, variables)(chunk, count)``: ``count`` steps over the leading axis as one compiled call
- ``repeated(step, variables)(chunk, count)``: the same, inside compiled code
- ``device()``: the name of what it runs on; ``peak_device_memory()``: bytes of it used at most, if it tells
- ``device_count()``: devices among which ``fused`` cuts the batches, ``batch`` in rows ``[updates, batch, …]``
- ``join()``, ``leave()``: begin and end to train together with other processes, if the environment says so;
  ``leads()``: whether this one writes; ``agreed(*values)``: whether all came with the same
- ``counting()``: the floating-point operations of every ``compiled`` call within
- ``in_batches(f, *arrays)``: a compiled function over arrays of any length; ``filled_batches`` are its batches

Functions may assign to Keras variables (batch statistics, seeds, replay buffers) wherever they run.
"""

import keras

from components.backend.batches import filled_batches, in_batches
from components.backend.counting import Counter, counting

if keras.backend.backend() == "jax":
    from components.backend.devices_jax import (
        agreed,
        device,
        device_count,
        join,
        leads,
        leave,
        peak_device_memory,
    )
    from components.backend.jax import (
        apply_gradients,
        compiled,
        fold,
        fused,
        input_gradient,
        repeated,
        scan,
        value_and_grad,
    )
else:
    from components.backend.tensorflow import (
        agreed,
        apply_gradients,
        compiled,
        device,
        device_count,
        fold,
        fused,
        input_gradient,
        join,
        leads,
        leave,
        peak_device_memory,
        repeated,
        scan,
        value_and_grad,
    )

__all__ = [
    "Counter",
    "agreed",
    "apply_gradients",
    "compiled",
    "counting",
    "device",
    "device_count",
    "filled_batches",
    "fold",
    "fused",
    "in_batches",
    "input_gradient",
    "join",
    "leads",
    "leave",
    "peak_device_memory",
    "repeated",
    "scan",
    "value_and_grad",
]

"""The JAX side of :mod:`components.backend`.

A compiled function is pure: it takes the values of the variables and gives them back. Inside it a variable is read and
written through a stateless scope, and scopes nest with the transformations (``grad`` inside ``fori_loop`` inside
``jit``): what is written under a transformation must leave it as an output before the scope around it may hold it.

Where JAX sees several devices, ``fused`` cuts the batches among them and keeps the variables whole on each; XLA adds up
what belongs to the whole batch. ``compiled`` runs on the first device, alone.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, ClassVar

import jax
import keras
import numpy as np
from jax import numpy as jnp

from components.backend.counting import counted
from components.backend.devices_jax import cut, device_count, everywhere, here, sharding
from components.backend.flops_jax import jaxpr_flops

__all__ = [
    "apply_gradients",
    "compiled",
    "fold",
    "fused",
    "input_gradient",
    "repeated",
    "scan",
    "value_and_grad",
]


class _Scope(keras.StatelessScope):
    """A stateless scope that starts from the values of the one around it and remembers what was written in it."""

    stack: ClassVar[list["_Scope"]] = []
    state_mapping: dict[int, Any]

    def __init__(self, values: Iterable[tuple[keras.Variable, Any]] = ()):
        super().__init__(state_mapping=values, initialize_variables=False)
        outer = self.stack[-1].state_mapping if self.stack else {}
        self.state_mapping = {**outer, **self.state_mapping}
        self.written: dict[int, keras.Variable] = {}

    def add_update(self, update):
        self.written[id(update[0])] = update[0]
        super().add_update(update)

    def __enter__(self):
        self.stack.append(self)
        return super().__enter__()

    def __exit__(self, *args, **kwargs):
        self.stack.pop()
        return super().__exit__(*args, **kwargs)


def value_and_grad(function: Callable, variables: Sequence[keras.Variable]) -> Callable:
    """``function(*args) → (loss, aux)`` becomes ``(*args) → ((loss, aux), gradients)``."""

    def run(*args):
        written: list[keras.Variable] = []

        def pure(values):
            with _Scope(zip(variables, values, strict=True)) as scope:
                loss, aux = function(*args)
            written[:] = scope.written.values()
            return loss, (aux, [scope.get_current_value(variable) for variable in written])

        values = [variable.value for variable in variables]
        (loss, (aux, news)), gradients = jax.value_and_grad(pure, has_aux=True)(values)
        _assign(written, news)
        return (loss, aux), gradients

    return run


def apply_gradients(optimizer: Any, gradients: Sequence[Any], variables: Sequence[keras.Variable]) -> None:
    """One update of ``variables`` by a built optimiser."""
    states = [variable.value for variable in optimizer.variables]
    values, states = optimizer.stateless_apply(states, gradients, [variable.value for variable in variables])
    _assign(variables, values)
    _assign(optimizer.variables, states)


def input_gradient(function: Callable, x: Any) -> Any:
    """Gradient of ``sum(function(x))`` by ``x``, in the shape of ``x``; it can be differentiated again."""
    written: list[keras.Variable] = []

    def pure(x):
        with _Scope() as scope:
            y = jnp.sum(function(x))
        written[:] = scope.written.values()
        return y, [scope.get_current_value(variable) for variable in written]

    gradient, news = jax.grad(pure, has_aux=True)(jnp.asarray(x))
    _assign(written, news)
    return gradient


def compiled(function: Callable, variables: Sequence[keras.Variable] = ()) -> Callable:
    """``function`` under ``jit``, reading and writing ``variables``."""
    pure = jax.jit(_pure(function, variables))

    def run(*args):
        result, values = pure(here(variables), *args)
        _assign(variables, values)
        return result

    def flops(*args):
        return jaxpr_flops(pure.trace(here(variables), *args).jaxpr)

    return counted(run, flops)


def repeated(step: Callable, variables: Sequence[keras.Variable]) -> Callable:
    """A loop of ``step(batch) → {name: scalar}``, inside compiled code, that reads and writes ``variables``.

    Returns:
        ``run(chunk, count)``: ``chunk`` is a mapping of arrays ``[K, …]`` whose first ``count`` rows are the batches;
        gives a mapping of arrays ``[K]``, whose first ``count`` count. Where it unrolls, ``count`` is an ``int``.
    """

    def run(chunk, count):
        if _unrolls():
            rows = [step({key: array[i] for key, array in chunk.items()}) for i in range(count)]
            return {name: jnp.stack([row[name] for row in rows]) for name in rows[0]}
        values, records = _loop(_pure(step, variables), [variable.value for variable in variables], chunk, count)
        _assign(variables, values)
        return records

    return run


def fused(step: Callable, variables: Sequence[keras.Variable]) -> Callable:
    """:func:`repeated` under one ``jit``, its state donated, of arrays; on a CPU, a ``jit`` for each step."""
    pure = _pure(step, variables)
    jit = partial(jax.jit, donate_argnums=0)
    if device_count() > 1:
        jit = partial(jit, out_shardings=sharding())
    one, loop = jit(pure), jit(partial(_loop, pure))

    def run(chunk, count: int) -> dict[str, np.ndarray]:
        values = everywhere(variables)
        if _unrolls():
            rows = []
            for i in range(count):
                record, values = one(values, cut({key: array[i] for key, array in chunk.items()}, axis=1))
                rows.append(record)
            records = {name: np.stack([row[name] for row in rows]) for name in rows[0]}
        else:
            values, records = loop(values, cut(chunk, axis=2), count)
        _assign(variables, values)
        return {name: np.asarray(array)[:count] for name, array in records.items()}

    return run


def scan(step: Callable, state: Any, xs: Any) -> tuple[Any, Any]:
    """``step(state, x) → (state, y)`` along the leading axis of ``xs``; gives the last state and all ``y``."""
    # JAX remembers a traced body by the identity of its function, with the tracers it closes over: a new one each time.
    return jax.lax.scan(lambda *args: step(*args), state, xs)  # noqa: PLW0108


def fold(step: Callable, state: Any, xs: Any) -> Any:
    """``step(state, x) → state`` along the leading axis of ``xs``; gives the last state."""
    return scan(lambda state, x: (step(state, x), None), state, xs)[0]


def _unrolls() -> bool:
    """Whether loops that train are better not XLA's own.

    On a CPU it computes the gradients of convolutions tens of times slower within a loop than outside of one.
    """
    return jax.default_backend() == "cpu"


def _loop(pure: Callable, values: list[Any], chunk: dict[str, Any], count: Any) -> tuple[list[Any], dict[str, Any]]:
    """A pure step over the rows of a chunk: the last values, and the records."""

    def batch(i):
        return {key: jax.lax.dynamic_index_in_dim(array, i, keepdims=False) for key, array in chunk.items()}

    def body(i, carry):
        values, records = carry
        record, values = pure(values, batch(i))
        return values, {name: array.at[i].set(record[name]) for name, array in records.items()}

    length = len(next(iter(chunk.values())))
    names = jax.eval_shape(lambda values: pure(values, batch(0))[0], values)
    return jax.lax.fori_loop(0, count, body, (values, {name: jnp.zeros(length, "float32") for name in names}))


def _pure(function: Callable, variables: Sequence[keras.Variable]) -> Callable:
    """``function(*args)`` as ``(values, *args) → (result, new values)``."""

    def pure(values, *args):
        with _Scope(zip(variables, values, strict=True)) as scope:
            result = function(*args)
        return result, [scope.get_current_value(variable) for variable in variables]

    return pure


def _assign(variables: Iterable[keras.Variable], values: Iterable[Any]) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)

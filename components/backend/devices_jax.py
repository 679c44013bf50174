"""The devices that JAX trains on: one or several, in one process or in many.

One program runs on all of them (https://docs.jax.dev/en/latest/sharded-computation.html): an array says how it lies on
the devices, and XLA works out what each of them computes and what they tell each other. Random numbers depend on their
keys alone, however they are cut, so a training on more devices differs by rounding only.
"""

import os
from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from typing import Any

import jax
import keras
import numpy as np
from jax.experimental.multihost_utils import process_allgather
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from components.params import UserError

__all__ = [
    "agreed",
    "cut",
    "device",
    "device_count",
    "everywhere",
    "here",
    "join",
    "leads",
    "leave",
    "peak_device_memory",
    "sharding",
]


def device() -> str:
    """Name of the device that trains, after their number if there are several."""
    first = jax.devices()[0]
    name = "CPU" if first.platform == "cpu" else first.device_kind
    return name if device_count() == 1 else f"{device_count()} x {name}"


def device_count() -> int:
    """Devices that share each batch: all that JAX sees, those of other processes among them."""
    return jax.device_count()


def peak_device_memory() -> int | None:
    """Bytes that the first device held at most since the process began; ``None`` where it does not tell, as a CPU."""
    return (jax.local_devices()[0].memory_stats() or {}).get("peak_bytes_in_use")


def join() -> None:
    """Meet the processes that this one trains together with, if the environment speaks of any; before all else.

    Raises:
        UserError: it does not say which.
    """
    if os.environ.get("MENAGERIE_DISTRIBUTED"):
        try:
            keras.distribution.initialize()
        except ValueError as error:
            raise UserError(f"MENAGERIE_DISTRIBUTED: {error}") from None


def leads() -> bool:
    """Whether this process is the first of those that train together: the one that writes and records."""
    return jax.process_index() == 0


def agreed(*values: Any) -> bool:
    """Whether all processes that train together came here with the same values, compared as text."""
    if jax.process_count() == 1:
        return True
    held = np.frombuffer(sha256(repr(values).encode()).digest(), "uint8")
    return bool((process_allgather(held) == held).all())


def leave() -> None:
    """Wait until all who train together are here, and part: what a process computes from now on is its own."""
    if jax.process_count() > 1:
        jax.distributed.shutdown()


@cache
def sharding(*axes: str | None) -> NamedSharding:
    """An array on all devices: its axes named ``batch`` are cut among them, the others are whole on each."""
    return NamedSharding(Mesh(jax.devices(), ("batch",)), PartitionSpec(*axes))


def _placed(array: Any, sharding: NamedSharding) -> jax.Array:
    """An array that every process holds; each gives its own devices their parts."""
    if isinstance(array, jax.Array) and array.sharding == sharding:
        return array
    held = np.asarray(array)
    return jax.make_array_from_callback(held.shape, sharding, held.__getitem__)


def everywhere(variables: Sequence[keras.Variable]) -> list[Any]:
    """Values of variables, whole on every device."""
    values = [variable.value for variable in variables]
    return values if device_count() == 1 else [_placed(value, sharding()) for value in values]


def here(variables: Sequence[keras.Variable]) -> list[Any]:
    """Values of variables, on the first device of this process alone."""
    values = [variable.value for variable in variables]
    if device_count() == 1:
        return values
    return [value if isinstance(value, jax.core.Tracer) else value.addressable_data(0) for value in values]


def cut(batch: dict[str, Any], axis: int) -> dict[str, Any]:
    """Arrays cut among the devices along an axis; one that cannot be cut evenly is whole on each."""
    if device_count() == 1:
        return batch
    evenly = (None,) * axis + ("batch",)
    return {
        key: _placed(array, sharding(*(evenly if array.ndim > axis and not array.shape[axis] % device_count() else ())))
        for key, array in batch.items()
    }

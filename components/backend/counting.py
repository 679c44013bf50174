"""Floating-point operations of compiled calls.

Counted are the multiplications and additions of matrix products and convolutions, two for each multiply-add, that the
results of the traced function need, with loops as often as they turn; of branches the dearest one counts. Elementwise
work, normalization, softmax, random numbers and what runs outside of ``compiled`` are left out. The number depends on
shapes alone: it is the same on every machine.
"""

import math
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

import keras

__all__ = ["Counter", "convolution", "counted", "counting"]

Flops = Callable[..., int]


class Counter:
    """What was called while it was active, by :func:`counting`."""

    def __init__(self) -> None:
        self._calls: dict[Hashable, tuple[Flops, tuple, int]] = {}

    def add(self, flops: Flops, args: tuple) -> None:
        """Note a call of ``args``; ``flops(*args)`` will tell what it did, asked once for calls of the same shapes."""
        shapes = tuple(tuple(leaf.shape) if hasattr(leaf, "shape") else leaf for leaf in keras.tree.flatten(args))
        _, first, calls = self._calls.get((flops, shapes), (flops, args, 0))
        self._calls[flops, shapes] = (flops, first, calls + 1)

    @property
    def flops(self) -> int:
        """Operations of all calls so far.

        Raises:
            ValueError: a loop turns as often as its data say, or a shape depends on data.
        """
        return sum(calls * flops(*args) for flops, args, calls in self._calls.values())


_ACTIVE: ContextVar[tuple[Counter, ...]] = ContextVar("counters", default=())


@contextmanager
def counting() -> Iterator[Counter]:
    """Count what compiled functions do, whoever calls them.

    They run as they would; what they did is worked out when ``flops`` is asked for, best after any timing.

    Example:
        >>> import keras
        >>> from components.backend import compiled
        >>> product = compiled(keras.ops.matmul)
        >>> with counting() as counter:
        ...     _ = product(keras.ops.ones((2, 3)), keras.ops.ones((3, 5)))
        >>> counter.flops
        60
    """
    counter = Counter()
    before = _ACTIVE.set((*_ACTIVE.get(), counter))
    try:
        yield counter
    finally:
        _ACTIVE.reset(before)


def counted(run: Callable, flops: Flops) -> Callable:
    """``run``, every call of which active counters see; ``flops(*args)`` tells what one call does."""

    def call(*args):
        counters = _ACTIVE.get()
        if not counters:
            return run(*args)
        for counter in counters:
            counter.add(flops, args)
        before = _ACTIVE.set(())  # what it calls while it is traced is a part of it
        try:
            return run(*args)
        finally:
            _ACTIVE.reset(before)

    return call


def convolution(batch: int, kernel: int, inputs: Sequence[int], outputs: Sequence[int]) -> int:
    """Operations of a convolution, of its transpose or of a gradient of it: all three count the same.

    Each place of the smaller image meets the whole kernel: padding counts as if it were data, and the zeros that a
    transposed convolution puts between its inputs do not count.

    Args:
        batch: images.
        kernel: elements of the kernel, of a channel's own group only.
        inputs: lengths of the input along each axis of space.
        outputs: those of the output.
    """
    return 2 * batch * kernel * math.prod(map(min, inputs, outputs))

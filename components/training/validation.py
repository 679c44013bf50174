"""The losses of held-out examples: every one of them, once."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
from keras import ops

from components.backend import fused
from components.models.contract import Family
from components.training.feeds import Examples, Feed, prefetched

__all__ = ["Validation"]


class Validation:
    """Means of ``model.validate`` over a split, weighted by examples.

    What the model carries, draws or counts is put back afterwards: training goes on as if nothing had been asked.

    Args:
        model: what is judged.
        feed: the split, in its own order, one batch a turn.
        steps_per_call: batches of one compiled call.
    """

    def __init__(self, model: Family, feed: Feed, steps_per_call: int):
        self.model, self.feed, self.size = model, feed, min(steps_per_call, feed.turns)
        self.step = fused(lambda batch: model.validate({k: v[0] for k, v in batch.items()}), model.variables)
        self.rest = _rest(feed)

    def __call__(self) -> dict[str, float]:
        """Named means, ``loss`` among them."""
        sums: dict[str, float] = {}
        with _undisturbed(self.model):
            self.model.begin_epoch()
            for chunk, count in prefetched(self.feed, 0, 0, self.size):
                _add(sums, self.step(chunk, count), self.feed.examples / self.feed.turns)
            total = self.feed.examples
            if self.rest is not None:
                _add(sums, self.step(self.rest.chunk(0, 0, 1), 1), self.rest.examples)
                total += self.rest.examples
        return {name: value / total for name, value in sums.items()}


def _rest(feed: Feed) -> Examples | None:
    """The examples that fill no batch, as a batch of their own."""
    if not isinstance(feed, Examples) or feed.examples == feed.n:
        return None
    arrays = {name: array[feed.examples :] for name, array in feed.arrays.items()}
    return replace(feed, arrays=arrays, batch_size=feed.n - feed.examples)


def _add(sums: dict[str, float], records: dict[str, np.ndarray], weight: float) -> None:
    for name, values in records.items():
        sums[name] = sums.get(name, 0.0) + weight * float(np.sum(values, dtype=np.float64))


@contextmanager
def _undisturbed(model: Family) -> Iterator[None]:
    held = [(variable, np.array(ops.convert_to_numpy(variable.value))) for variable in model.non_trainable_variables]
    try:
        yield
    finally:
        for variable, value in held:
            variable.assign(value)

"""A compiled function over arrays of any length, in batches of one shape."""

from collections.abc import Callable, Iterator

import numpy as np
from keras import ops

__all__ = ["filled_batches", "in_batches"]


def in_batches(function: Callable, *arrays: np.ndarray, size: int = 64) -> np.ndarray:
    """``function`` of examples, batch by batch.

    Args:
        function: takes a batch of each array, gives ``[B, …]``.
        arrays: ``[N, …]`` each; memory-mapped ones are read as they are needed.
        size: examples a batch.

    Returns:
        ``[N, …]``.
    """
    results = []
    for batch, count in filled_batches(*arrays, size=size):
        results.append(ops.convert_to_numpy(function(*batch))[:count])
    return np.concatenate(results)


def filled_batches(*arrays: np.ndarray, size: int) -> Iterator[tuple[list[np.ndarray], int]]:
    """A batch of each array ``[N, …]`` at a time, and how many of its examples count.

    The last batch is filled up with zeros, so that a compiled function meets one shape only.
    """
    for start in range(0, len(arrays[0]), size):
        batch = [np.asarray(array[start : start + size]) for array in arrays]
        count = len(batch[0])
        yield [np.concatenate([part, np.zeros((size - count, *part.shape[1:]), part.dtype)]) for part in batch], count

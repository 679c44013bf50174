"""A compiled function over arrays of any length, in batches of one shape."""

from collections.abc import Callable

import numpy as np
from keras import ops

__all__ = ["in_batches"]


def in_batches(function: Callable, *arrays: np.ndarray, size: int = 64) -> np.ndarray:
    """``function`` of examples, batch by batch.

    The last batch is filled up, so that a compiled function meets one shape only.

    Args:
        function: takes a batch of each array, gives ``[B, …]``.
        arrays: ``[N, …]`` each; memory-mapped ones are read as they are needed.
        size: examples a batch.

    Returns:
        ``[N, …]``.
    """
    results = []
    for start in range(0, len(arrays[0]), size):
        batch = [np.asarray(array[start : start + size]) for array in arrays]
        count = len(batch[0])
        filled = [np.concatenate([part, np.zeros((size - count, *part.shape[1:]), part.dtype)]) for part in batch]
        results.append(ops.convert_to_numpy(function(*filled))[:count])
    return np.concatenate(results)

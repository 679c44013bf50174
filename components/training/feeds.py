"""Batches from memory-mapped arrays: which example comes when is a function of (seed, epoch, position) alone."""

import queue
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from components.params import UserError
from components.training.binarization import binarized

__all__ = ["Examples", "Feed", "Streams", "Windows", "permuted", "prefetched"]

Chunk = dict[str, np.ndarray]

ROUNDS = 6


def permuted(index: np.ndarray, n: int, key: tuple[int, ...]) -> np.ndarray:
    """Where a pseudo-random permutation of ``0 … n - 1`` takes ``index``, without ever holding that permutation.

    A balanced Feistel network permutes the next even power of two; what falls outside ``n`` walks on until it is inside
    (Black and Rogaway, *Ciphers with Arbitrary Finite Domains*, https://web.cs.ucdavis.edu/~rogaway/papers/subset.pdf).

    Args:
        index: ``int[K]`` in ``0 … n - 1``.
        n: how many there are.
        key: what chooses the permutation.

    Returns:
        ``uint64[K]``, distinct for distinct ``index``.
    """
    half = np.uint64(max(1, (int(n - 1).bit_length() + 1) // 2))
    mask = np.uint64((1 << int(half)) - 1)
    keys = np.random.SeedSequence(key).generate_state(ROUNDS, np.uint64)
    result = np.asarray(index, np.uint64)
    outside = np.ones(result.shape, bool)
    while outside.any():
        left, right = result[outside] >> half, result[outside] & mask
        for round_key in keys:
            mixed = (right + round_key) * np.uint64(0x9E3779B97F4A7C15)
            mixed = (mixed ^ (mixed >> np.uint64(32))) * np.uint64(0xD6E8FEB86659FD93)
            left, right = right, left ^ ((mixed ^ (mixed >> np.uint64(29))) & mask)
        result[outside] = (left << half) | right
        outside = result >= n
    return result


class Feed(Protocol):
    """Turns of an epoch, to be had in any order."""

    turns: int
    examples: int

    def chunk(self, epoch: int, start: int, count: int) -> Chunk:
        """Arrays ``[count, updates, batch, …]`` for turns ``start … start + count - 1`` of an epoch."""


@dataclass
class Examples:
    """Independent examples in a new order each epoch; what does not fill a turn waits for another epoch.

    Args:
        arrays: ``image`` and, where there are any, ``label``, of the same length.
        batch_size: examples an update.
        updates: batches a turn.
        seed: chooses the orders; ``None`` keeps the order of the arrays, and takes fewer than a batch as one.
        binarize: ``image`` holds intensities 0 … 255, of which black and white is drawn anew whenever one comes.
    """

    arrays: dict[str, np.ndarray]
    batch_size: int
    updates: int = 1
    seed: int | None = None
    binarize: bool = False

    def __post_init__(self):
        self.n = len(next(iter(self.arrays.values())))
        if self.seed is None:
            self.batch_size = max(1, min(self.batch_size, self.n))
        self.turns = self.n // (self.batch_size * self.updates)
        self.examples = self.turns * self.updates * self.batch_size
        if not self.turns:
            raise UserError(
                f"batch_size {self.batch_size} x {self.updates} updates a turn needs that many examples; "
                f"this split has {self.n}"
            )

    def chunk(self, epoch: int, start: int, count: int) -> Chunk:
        """Arrays ``[count, updates, batch, …]``."""
        size = self.updates * self.batch_size
        index = np.arange(start * size, (start + count) * size)
        if self.seed is not None:
            index = permuted(index, self.n, (self.seed, epoch))
        chunk = {name: array[index] for name, array in self.arrays.items()}
        if self.binarize:
            chunk["image"] = binarized(chunk["image"], self.seed or 0, epoch, start * size)
        shape = (count, self.updates, self.batch_size)
        return {name: array.reshape(shape + array.shape[1:]) for name, array in chunk.items()}


@dataclass
class Streams:
    """A text as parallel streams read side by side, so that what a model carries from one batch fits the next.

    Args:
        tokens: ``uint8[N]`` or ``uint16[N]``.
        batch_size: streams.
        length: characters predicted a batch; a batch holds one more, ``tokens[B, length + 1]``.
        seed: moves the start of the streams by up to ``length`` characters each epoch; ``None`` starts at the first.
    """

    tokens: np.ndarray
    batch_size: int
    length: int
    seed: int | None = None

    def __post_init__(self):
        slack = self.length if self.seed is not None else 0
        self.stride = (len(self.tokens) - 1 - slack) // self.batch_size
        self.length = min(self.length, max(self.stride, 1))
        self.turns = self.stride // self.length
        self.examples = self.turns * self.length * self.batch_size
        if not self.turns:
            raise UserError(
                f"batch_size {self.batch_size} needs a text of at least {self.batch_size + slack + 1} characters; "
                f"this split has {len(self.tokens)}"
            )

    def chunk(self, epoch: int, start: int, count: int) -> Chunk:
        """``tokens[count, 1, B, length + 1]``."""
        offset = 0 if self.seed is None else int(np.random.SeedSequence((self.seed, epoch)).generate_state(1)[0])
        first = offset % self.length if self.seed is not None else 0
        starts = first + np.arange(self.batch_size) * self.stride + start * self.length
        turns = np.arange(count)[:, None, None, None] * self.length
        return {"tokens": self.tokens[turns + starts[None, None, :, None] + np.arange(self.length + 1)]}


@dataclass
class Windows:
    """A text cut into windows, each character predicted once an epoch, in a new order and from a new cut each time.

    Args:
        tokens: ``uint8[N]`` or ``uint16[N]``.
        batch_size: windows an update; fewer where the text is kept in its order, so that all batches are of one size
            and what fills none is as little as can be.
        length: characters predicted in a window; a batch holds one more, ``tokens[B, length + 1]``.
        seed: chooses orders and cuts; ``None`` keeps the order of the text and cuts from its first character on.
    """

    tokens: np.ndarray
    batch_size: int
    length: int
    seed: int | None = None

    def __post_init__(self):
        following = len(self.tokens) - 1
        if self.seed is None:
            self.length = min(self.length, max(following, 1))
            self.n = following // self.length
            self.batch_size = max(self.n // -(-self.n // self.batch_size), 1) if self.n else 1
        else:
            self.n = max(following - (self.length - 1), 0) // self.length
        self.turns = self.n // self.batch_size
        self.examples = self.turns * self.batch_size * self.length
        if not self.turns:
            slack = self.length if self.seed is not None else 1
            raise UserError(
                f"batch_size {self.batch_size} needs a text of at least {slack + self.batch_size * self.length} "
                f"characters; this split has {len(self.tokens)}"
            )

    def chunk(self, epoch: int, start: int, count: int) -> Chunk:
        """``tokens[count, 1, B, length + 1]``."""
        window, first = np.arange(start * self.batch_size, (start + count) * self.batch_size), 0
        if self.seed is not None:
            first = int(np.random.SeedSequence((self.seed, epoch)).generate_state(1)[0]) % self.length
            window = permuted(window, self.n, (self.seed, epoch)).astype(np.int64)
        begins = (first + window * self.length).reshape(count, 1, self.batch_size, 1)
        return {"tokens": self.tokens[begins + np.arange(self.length + 1)]}


def prefetched(feed: Feed, epoch: int, start: int, size: int) -> Iterator[tuple[Chunk, int]]:
    """Chunks of an epoch from turn ``start`` on, read by a background thread, each padded to ``size`` turns.

    Yields:
        The padded arrays and how many of their turns count.
    """
    ready: queue.Queue = queue.Queue(maxsize=2)
    stopped = threading.Event()

    def put(item) -> bool:
        while not stopped.is_set():
            try:
                ready.put(item, timeout=0.1)
                return True
            except queue.Full:
                pass
        return False

    def read():
        try:
            for turn in range(start, feed.turns, size):
                count = min(size, feed.turns - turn)
                chunk = feed.chunk(epoch, turn, count)
                if not put(({name: _padded(array, size) for name, array in chunk.items()}, count)):
                    return
            put(None)
        except BaseException as error:  # it is raised again where the chunks are read
            put(error)

    reader = threading.Thread(target=read, name="feed", daemon=True)
    reader.start()
    try:
        while (item := ready.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        stopped.set()
        reader.join()


def _padded(array: np.ndarray, size: int) -> np.ndarray:
    if len(array) == size:
        return array
    return np.concatenate([array, np.zeros((size - len(array), *array.shape[1:]), array.dtype)])

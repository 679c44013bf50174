"""How varied generated texts are, and how much of them was copied from the training text.

Texts are token ids, ``int[N, L]``; an n-gram is ``n`` tokens of a text in a row. No n-gram goes from one text into the
next.
"""

from typing import Any

import numpy as np

from components.metrics.moments import Moments

__all__ = ["copied_lengths", "distinct", "longest_copied_run", "novelty"]

BLOCK = 2**20  # tokens of the training text that are held at once


def distinct(texts: np.ndarray, n: int) -> dict[str, float | None]:
    """Different n-grams over all n-grams of the texts together.

    Li et al., *A Diversity-Promoting Objective Function for Neural Conversation Models*,
    https://arxiv.org/abs/1510.03055. It falls as texts are added, so only as many texts of the same length compare.
    The standard error is the jackknife's over texts, that of the mean share of a text's n-grams that it alone has, each
    counted once: right where texts differ in kind, and up to twice too large where n-grams meet by chance alone.

    >>> distinct(np.array([[0, 0, 0], [0, 0, 1]]), 2)
    {'mean': 0.5, 'standard_error': 0.25}
    """
    grams = _identities(texts, n)
    kinds = int(grams.max()) + 1
    texts_and_kinds = np.unique(np.arange(len(grams))[:, None] * kinds + grams)
    of_text, of_kind = np.divmod(texts_and_kinds, kinds)
    alone = np.bincount(of_kind)[of_kind] == 1
    own = np.bincount(of_text[alone], minlength=len(grams)) / grams.shape[1]
    return Moments(own).summary() | {"mean": kinds / grams.size}


def copied_lengths(texts: np.ndarray, train: np.ndarray) -> np.ndarray:
    """How many tokens from each on stand in the training text, one after the other: ``int32[N, L]``.

    Exact. Known n-grams grow by a token at a time on both sides, and what is not on both sides is dropped, so the work
    for a training text is that of its n-grams which the texts have too. Memory grows with the texts and not with the
    training text ``[M]``, which may be memory-mapped.

    >>> copied_lengths(np.array([[1, 2, 3, 1]]), np.array([3, 1, 2, 1]))
    array([[2, 1, 2, 1]], dtype=int32)
    """
    lengths = np.zeros(texts.shape, np.int32)
    for start in range(0, len(train), BLOCK):
        block = np.asarray(train[start : start + BLOCK + texts.shape[1] - 1])
        np.maximum(lengths, _copied(texts, block), out=lengths)
    return lengths


def novelty(lengths: np.ndarray, n: int) -> dict[str, float | None]:
    """Share of the texts' n-grams that stand nowhere in the training text; its standard error is over texts.

    Args:
        lengths: what :func:`copied_lengths` gives.
        n: tokens of an n-gram, at most a text's.
    """
    starts = lengths[:, : _count(lengths, n)]
    return Moments((starts < n).mean(axis=1)).summary()


def longest_copied_run(lengths: np.ndarray) -> dict[str, Any]:
    """Tokens of the longest run of a text that stands in the training text, from what :func:`copied_lengths` gives.

    Returns:
        ``mean`` over texts with its standard error, and ``longest``, that of all texts, which grows with their number.
    """
    runs = lengths.max(axis=1)
    return Moments(runs).summary() | {"longest": int(runs.max())}


def _count(texts: np.ndarray, n: int) -> int:
    """n-grams of a text."""
    if texts.ndim != 2 or not len(texts) or not 1 <= n <= texts.shape[1]:
        raise ValueError(f"texts of shape {texts.shape} have no n-grams of {n} tokens")
    return texts.shape[1] - n + 1


def _identities(texts: np.ndarray, n: int) -> np.ndarray:
    """A number for each n-gram, from 0 without gaps, equal where n-grams are: their halves' numbers, numbered anew."""
    count, half = _count(texts, n), (n + 1) // 2
    if n == 1:
        keys = np.asarray(texts, np.int64)
    else:
        halves = _identities(texts, half)
        keys = halves[:, :count] * (halves.max() + 1) + halves[:, n - half : n - half + count]
    return np.unique(keys, return_inverse=True)[1].reshape(keys.shape)


def _copied(texts: np.ndarray, train: np.ndarray) -> np.ndarray:
    """:func:`copied_lengths` for a training text held whole. An end of its own on either side matches nothing."""
    end = 1 + max(int(texts.max()), int(train.max()))
    ours = np.pad(np.asarray(texts, np.int64), ((0, 0), (0, 1)), constant_values=end).ravel()
    theirs = np.append(np.asarray(train, np.int64), end + 1)
    lengths = np.zeros(len(ours), np.int32)

    at, begin = np.arange(len(ours)), np.arange(len(theirs))
    gram, known, length = np.zeros_like(at), np.zeros_like(begin), 0
    while len(at):
        kinds, gram = np.unique(gram * (end + 2) + ours[at + length], return_inverse=True)
        keys = known * (end + 2) + theirs[begin + length]
        known = np.searchsorted(kinds[:-1], keys)
        kept = kinds[known] == keys
        begin, known = begin[kept], known[kept]
        found = np.zeros(len(kinds), bool)
        found[known] = True
        kept = found[gram]
        at, gram, length = at[kept], gram[kept], length + 1
        lengths[at] = length
    return lengths.reshape(len(texts), -1)[:, :-1]

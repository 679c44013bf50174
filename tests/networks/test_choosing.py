"""Choosing a token, against truncation and tempering written out in NumPy."""

from functools import cache

import numpy as np
import pytest
from scipy.special import softmax
from scipy.stats import chi2

from components.backend import compiled
from components.networks.choosing import choose

CASES = [(1.0, None, None), (0.5, None, None), (2.0, 3, None), (1.0, None, 0.7), (1.5, 4, 0.8), (1.0, 1, None)]
LARGEST = np.nextafter(np.float32(1), np.float32(0))  # the largest u that a generator gives


def expected(logits, temperature, top_k, top_p):
    """The distribution of one row, in double precision."""
    p = softmax(logits.astype("float64") / temperature)
    order = np.argsort(-p)
    if top_k is not None:
        p[order[top_k:]] = 0
        p /= p.sum()
    if top_p is not None:
        kept = next(n for n in range(1, len(p) + 1) if p[order[:n]].sum() >= top_p)
        p[order[kept:]] = 0
        p /= p.sum()
    return p


@cache
def variant(vocabulary: int, *given: bool):
    """``choose`` compiled for a number of tokens and for those of the knobs that are given."""

    def run(logits, u, temperature, *knobs):
        return choose(logits, u, temperature, *(k if there else None for k, there in zip(knobs, given, strict=True)))

    return compiled(run)


def chosen(logits, u, temperature=1.0, top_k=None, top_p=None):
    run = variant(logits.shape[1], top_k is not None, top_p is not None)
    return np.asarray(run(logits, u, np.float32(temperature), np.int32(top_k or 0), np.float32(top_p or 0)))


@pytest.mark.parametrize(("temperature", "top_k", "top_p"), CASES)
def test_frequencies_are_those_of_the_truncated_distribution(temperature, top_k, top_p):
    random = np.random.default_rng(3)
    row, n = random.standard_normal(7).astype("float32"), 20_000
    u = random.random(n, "float32")
    counts = np.bincount(chosen(np.tile(row, (n, 1)), u, temperature, top_k, top_p), minlength=7)
    p = expected(row, temperature, top_k, top_p)
    assert counts[p == 0].sum() == 0
    statistic = np.sum((counts - n * p)[p > 0] ** 2 / (n * p[p > 0]))
    assert statistic <= chi2.ppf(0.999, max(np.count_nonzero(p) - 1, 1))


@pytest.mark.parametrize(("temperature", "top_k", "top_p"), CASES)
def test_every_row_has_its_own_distribution(temperature, top_k, top_p):
    random = np.random.default_rng(4)
    logits, u = random.standard_normal((200, 7)).astype("float32"), random.random(200, "float32")
    wanted = []
    for row, at in zip(logits, u, strict=True):
        p = expected(row, temperature, top_k, top_p)
        order = np.argsort(-p) if top_k or top_p else np.arange(7)
        wanted.append(order[np.searchsorted(np.cumsum(p[order]), at, side="right")])
    np.testing.assert_array_equal(chosen(logits, u, temperature, top_k, top_p), wanted)


@pytest.mark.parametrize(("top_k", "top_p"), [(None, None), (3, None), (None, 0.9)])
def test_temperature_zero_takes_the_likeliest_always(top_k, top_p):
    logits = np.random.default_rng(5).standard_normal((200, 7)).astype("float32") * 5
    logits[0] = 5
    logits[0, 4] = np.nextafter(np.float32(5), np.float32(6))  # a lead of one bit
    for u in (0.0, 0.5, LARGEST):
        at = np.full(200, u, "float32")
        np.testing.assert_array_equal(chosen(logits, at, 0.0, top_k, top_p), logits.argmax(axis=1))


@pytest.mark.parametrize(("top_k", "top_p"), [(1, None), (None, 0.0), (None, 1e-9)])
def test_the_narrowest_truncation_leaves_the_likeliest(top_k, top_p):
    logits = np.random.default_rng(6).standard_normal((200, 7)).astype("float32")
    np.testing.assert_array_equal(chosen(logits, np.full(200, LARGEST), 1.0, top_k, top_p), logits.argmax(axis=1))


@pytest.mark.parametrize(("top_k", "top_p"), [(None, None), (40, None), (None, 0.95)])
def test_an_impossible_token_is_never_chosen(top_k, top_p):
    """Whatever cumulated sums are rounded to, at both ends of u."""
    logits = np.random.default_rng(7).standard_normal((2000, 50)).astype("float32") * 3
    logits[:, [0, 20, -1]] = -200.0
    for u in (0.0, LARGEST):
        tokens = chosen(logits, np.full(2000, u, "float32"), 1.0, top_k, top_p)
        assert not set(tokens) & {0, 20, 49}


def test_the_ends_of_u_are_the_first_and_the_last_token():
    logits = np.random.default_rng(8).standard_normal((2000, 50)).astype("float32")
    np.testing.assert_array_equal(chosen(logits, np.zeros(2000, "float32")), 0)
    assert chosen(logits, np.full(2000, LARGEST)).min() >= 48  # rounding may reach the last but one

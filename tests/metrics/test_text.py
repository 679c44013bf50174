"""Text metrics against sources whose entropy is known."""

import math

import numpy as np
import pytest

from components.metrics import Moments, bits_per_character, perplexity


def test_a_uniform_source_of_k_characters_has_perplexity_k():
    bits = bits_per_character(Moments(np.full(10, 64 * math.log(1 / 27))), characters=64)
    assert bits == {"mean": pytest.approx(math.log2(27)), "standard_error": pytest.approx(0, abs=1e-12)}
    assert perplexity(bits)["mean"] == pytest.approx(27)


def test_a_biased_coin_costs_its_entropy_and_the_error_says_how_sure_that_is():
    p, blocks, characters = 0.2, 4000, 50
    heads = np.random.default_rng(0).binomial(characters, p, blocks)
    nats = heads * math.log(p) + (characters - heads) * math.log(1 - p)
    bits = bits_per_character(Moments(nats), characters)
    entropy = -p * math.log2(p) - (1 - p) * math.log2(1 - p)
    spread = math.sqrt(p * (1 - p)) * abs(math.log2(p / (1 - p)))  # standard deviation of one toss's bits
    assert abs(bits["mean"] - entropy) < 3 * bits["standard_error"]
    assert bits["standard_error"] == pytest.approx(spread / math.sqrt(blocks * characters), rel=0.05)


def test_the_error_of_perplexity_follows_that_of_the_bits():
    step = 1e-6
    low, high = (perplexity({"mean": 2.0 + d, "standard_error": None})["mean"] for d in (-step, step))
    slope = (high - low) / (2 * step)
    assert perplexity({"mean": 2.0, "standard_error": 0.1})["standard_error"] == pytest.approx(0.1 * slope)


def test_one_block_has_no_error():
    bits = bits_per_character(Moments(np.array([-10.0])), characters=10)
    assert bits["standard_error"] is None
    assert perplexity(bits)["standard_error"] is None

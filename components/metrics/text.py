"""How well a language model predicts a text."""

import math

from components.metrics.moments import Moments

__all__ = ["bits_per_character", "perplexity"]


def bits_per_character(nats: Moments, characters: int) -> dict[str, float | None]:
    """Mean code length of a character, with its standard error over blocks.

    The blocks are stretches of ``characters`` consecutive characters. Neighbouring characters depend on one another,
    so single ones would make the error look smaller than it is; blocks depend on one another less, the longer they are.

    Args:
        nats: log-likelihood of each block.
        characters: predicted characters in each block.
    """
    return nats.summary(-1.0 / (characters * math.log(2.0)))


def perplexity(bits: dict[str, float | None]) -> dict[str, float | None]:
    """``2 ** bits``: of how many equally likely characters the next one would be as hard to guess.

    The standard error is that of the bits times the slope, which is right to first order.
    """
    mean, error = bits["mean"], bits["standard_error"]
    value = None if mean is None else 2.0**mean
    return {
        "mean": value,
        "standard_error": None if value is None or error is None else math.log(2.0) * value * error,
    }

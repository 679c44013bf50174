"""Choosing the next token from its logits."""

from typing import Any, NamedTuple

import numpy as np
from keras import ops

from components.params import UserError

__all__ = ["Limits", "choose", "limits"]


class Limits(NamedTuple):
    """What :func:`choose` takes beside logits and quantiles; what is ``None`` costs nothing where it is compiled."""

    temperature: Any
    top_k: Any
    top_p: Any


def limits(temperature: float, top_k: int, top_p: float) -> Limits:
    """Limits as a person gives them: ``top_k`` 0 and ``top_p`` 1 are none.

    Raises:
        UserError: one is out of its range.
    """
    if temperature < 0:
        raise UserError(f"temperature: {temperature:g}; allowed: numbers from 0")
    if top_k < 0:
        raise UserError(f"top_k: {top_k}; allowed: whole numbers from 0, 0 for no limit")
    if not 0 < top_p <= 1:
        raise UserError(f"top_p: {top_p:g}; allowed: numbers over 0 and up to 1, 1 for no limit")
    return Limits(np.float32(temperature), np.int32(top_k) if top_k else None, np.float32(top_p) if top_p < 1 else None)


def choose(logits: Any, u: Any, temperature: Any = 1.0, top_k: Any = None, top_p: Any = None) -> Any:
    """The token at quantile ``u`` of a tempered and truncated distribution.

    Args:
        logits: ``float[B, V]``.
        u: ``float[B]``, uniform in [0, 1).
        temperature: divides the logits; at 0 the likeliest token is certain.
        top_k: keep the ``k`` likeliest tokens; ``None`` keeps all.
        top_p: keep the fewest likeliest tokens whose probabilities reach ``p`` (Holtzman et al., *The Curious Case of
            Neural Text Degeneration*, https://arxiv.org/abs/1904.09751); ``None`` keeps all.

    Returns:
        ``int32[B]``.
    """
    logits = ops.cast(logits, "float32")
    logits = logits - ops.max(logits, axis=-1, keepdims=True)
    probabilities = ops.softmax(logits / ops.maximum(temperature, 1e-30), axis=-1)
    if top_k is None and top_p is None:
        return _at_quantile(probabilities, u)
    order = ops.argsort(-probabilities, axis=-1)
    probabilities = ops.take_along_axis(probabilities, order, axis=-1)
    if top_k is not None:
        rank = ops.arange(probabilities.shape[-1])
        probabilities = ops.where(rank < ops.cast(top_k, rank.dtype), probabilities, 0.0)
        probabilities = probabilities / ops.sum(probabilities, axis=-1, keepdims=True)
    if top_p is not None:
        before = ops.cumsum(probabilities, axis=-1) - probabilities
        probabilities = ops.where(before < top_p, probabilities, 0.0)
    chosen = _at_quantile(probabilities, u)
    return ops.cast(ops.take_along_axis(order, chosen[:, None], axis=-1)[:, 0], "int32")


def _at_quantile(weights, u):
    """The first index whose cumulated weight exceeds the share ``u`` of the whole, and that has a weight at all."""
    cumulated = ops.cumsum(weights, axis=-1)
    reached = cumulated > u[:, None] * cumulated[:, -1:]
    return ops.cast(ops.argmax(ops.cast(ops.logical_and(reached, weights > 0), "int32"), axis=-1), "int32")

"""Likelihoods of a model that knows them but for its partition function, from below and from above."""

import math
from typing import Any

import numpy as np

from components.evaluation.questions import Questions
from components.metrics import Moments, bits_per_dim

__all__ = ["bound_likelihood"]


def bound_likelihood(ask: Questions, images: np.ndarray, chains: int, temperatures: int, seed: int) -> dict[str, Any]:
    """Log-likelihoods of held-out images, with the partition function ``Z`` from both sides.

    They are probabilities of the intensities, and so compare with other models'. The larger ``Z``, the smaller they
    are: with its lower bound they are ``log_likelihood_upper``; with what is known of it from above
    ``log_likelihood_lower``, which is a bound only as far as the reverse chains began in the model's own samples.

    Args:
        ask: the questions to the model: nothing is said of one that does not answer ``log_mass``.
        images: the test split, ``uint8[N, H, W, C]``; memory-mapped it stays on disk.
        chains: from which each side of ``Z`` is found.
        temperatures: that each chain is led through.
        seed: same seed, same ``Z``.

    Returns:
        ``log_partition_lower`` and ``…_upper`` in nats, with standard errors over chains, and the chains' acceptance
        and effective sample size; ``log_likelihood_…_nats`` and ``…_bits_per_dim`` with standard errors over images.
    """
    if "log_mass" not in ask:
        return {}
    starts = range(0, len(images), ask.batch_size)
    masses = np.concatenate([ask("log_mass", np.asarray(images[i : i + ask.batch_size])) for i in starts])
    partition = ask.model.log_partition(chains, temperatures, seed)
    metrics: dict[str, Any] = {}
    for side, other, mean in (("lower", "upper", partition.lower), ("upper", "lower", partition.upper)):
        metrics[f"log_partition_{side}"] = {
            "mean": mean.value,
            "standard_error": mean.standard_error,
            "effective_sample_size": mean.effective_sample_size,
            "chains": chains,
            "acceptance": partition.acceptance,
        }
        nats = Moments(masses - mean.value)
        metrics[f"log_likelihood_{other}_nats"] = nats.summary()
        metrics[f"log_likelihood_{other}_bits_per_dim"] = bits_per_dim(nats, math.prod(images.shape[1:]))
    return metrics

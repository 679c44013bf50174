"""What samples are known by: how they were asked for, and the hash of what came.

``evaluate`` takes the fingerprint of a trained model's samples; whoever loads that model later can tell by it
whether it still draws the same.
"""

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np

__all__ = ["fingerprint", "hash_samples"]


def fingerprint(samples: np.ndarray | Sequence[str], seed: int, **params: Any) -> dict[str, Any]:
    """What samples were asked for by, as ``predict`` of a registered model is, and their hash.

    Args:
        samples: as ``predict`` gives them.
        seed: that they were drawn by.
        params: what else the sampler was told.
    """
    return {"n": len(samples), "seed": seed, "params": params, "sha256": hash_samples(samples)}


def hash_samples(samples: np.ndarray | Sequence[str]) -> str:
    """SHA-256 of the bytes of images in C order, or of texts as UTF-8, a zero byte between one and the next."""
    content = samples.tobytes() if isinstance(samples, np.ndarray) else "\0".join(samples).encode()
    return hashlib.sha256(content).hexdigest()

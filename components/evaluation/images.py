"""What a model of images knows of held-out images, in numbers."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from components.evaluation.questions import Questions
from components.metrics import Moments, active_units, bits_per_dim, squared_error

__all__ = ["measure"]

LATENTS = "latents"


def measure(ask: Questions, images: np.ndarray, labels: np.ndarray | None) -> dict[str, Any]:
    """Everything that a model can be asked of held-out images.

    Args:
        ask: the questions to it.
        images: the test split, ``uint8[N, H, W, C]``; memory-mapped it stays on disk, and memory does not grow with it.
        labels: its classes ``int[N]``, where there are any.

    Returns:
        For each answer its mean and standard error over images. Squared errors are per pixel of [0, 1]. Log-likelihoods
        and their bounds are ``…_nats`` and ``…_bits_per_dim`` where they are probabilities of the intensities, and
        ``…_own_scale_nats`` where they are not (a density, a coin of greys), which no other model's compare with.
    """
    discrete = getattr(ask.model, "discrete", False)
    found: dict[str, Moments] = {}
    latents: list[np.ndarray] = []
    for start in range(0, len(images), ask.batch_size):
        part = slice(start, start + ask.batch_size)
        batch = np.asarray(images[part])
        for name, values in _answers(ask, batch, None if labels is None else np.asarray(labels[part])):
            if name == LATENTS:
                latents.append(values)
            else:
                found.setdefault(name, Moments()).add(values)
    metrics: dict[str, Any] = {}
    for name, moments in found.items():
        if not name.endswith("_nats"):
            metrics[name] = moments.summary()
            continue
        metrics[name if discrete else name.replace("_nats", "_own_scale_nats")] = moments.summary()
        if discrete:
            metrics[name.replace("_nats", "_bits_per_dim")] = bits_per_dim(moments, int(np.prod(images.shape[1:])))
    if latents:
        metrics["active_units"] = active_units(np.concatenate(latents), relative="elbo" not in ask)
    for name in metrics.keys() & {"importance_bound_nats", "importance_bound_own_scale_nats"}:
        metrics[name]["k"] = ask.k
    return metrics


def _answers(ask: Questions, images: np.ndarray, label: np.ndarray | None) -> Iterator[tuple[str, np.ndarray]]:
    """A number for each image, by name, and the latents of a model that has a bottleneck."""
    clean = images / (ask.model.spec.levels - 1)
    if "encode" in ask:
        latents = ask("encode", images, label=label)
        if hasattr(ask.model.config, "latent_dim"):
            yield LATENTS, latents
        yield "reconstruction_error", squared_error(clean, ask("decode", latents, label=label))
    if "corrupt" in ask:
        noisy = ask("corrupt", images)
        yield "noisy_input_error", squared_error(clean, noisy)
        yield "denoising_error", squared_error(clean, ask("denoise", noisy))
    for question in ("elbo", "importance_bound", "log_likelihood"):
        if question in ask:
            yield f"{question}_nats", ask(question, images, label=label)
    if "inverse_error" in ask:
        yield "inverse_error", ask("inverse_error", images, label=label)
    if "energy" in ask:
        yield "test_energy", ask("energy", images, label=label)

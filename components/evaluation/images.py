"""What a model of images knows of held-out images, and how far its samples are from them, in numbers."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from components.evaluation.questions import Questions
from components.metrics import Moments, bits_per_dim, energy_distance, squared_error

__all__ = ["compare", "measure"]

MOST = 2_000  # test images that samples are compared with


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
    for start in range(0, len(images), ask.batch_size):
        part = slice(start, start + ask.batch_size)
        batch = np.asarray(images[part])
        for name, values in _answers(ask, batch, None if labels is None else np.asarray(labels[part])):
            found.setdefault(name, Moments()).add(values)
    metrics: dict[str, Any] = {}
    for name, moments in found.items():
        if not name.endswith("_nats"):
            metrics[name] = moments.summary()
            continue
        metrics[name if discrete else name.replace("_nats", "_own_scale_nats")] = moments.summary()
        if discrete:
            metrics[name.replace("_nats", "_bits_per_dim")] = bits_per_dim(moments, int(np.prod(images.shape[1:])))
    for name in metrics.keys() & {"importance_bound_nats", "importance_bound_own_scale_nats"}:
        metrics[name]["k"] = ask.k
    return metrics


def compare(ask: Questions, samples: np.ndarray, test: np.ndarray, train: np.ndarray) -> dict[str, Any]:
    """How far samples are from test images.

    Returns:
        The energy distance of the samples from the test images and, as the floor that no model is below but by chance,
        that of as many training images; where the model has an energy, that of the samples. Up to 2,000 test images are
        taken, evenly over the split, and training images likewise.
    """
    levels = ask.model.spec.levels
    real, seen = (_evenly(images, count) / (levels - 1) for images, count in [(test, MOST), (train, len(samples))])
    metrics: dict[str, Any] = {}
    if min(map(len, (samples, real, seen))) > 1:
        metrics["energy_distance"] = energy_distance(samples / (levels - 1), real) | {"samples": len(samples)}
        metrics["energy_distance_of_training_images"] = energy_distance(seen, real)
    if "energy" in ask and not ask.model.conditional:
        metrics["sample_energy"] = Moments(ask("energy", samples)).summary()
    return metrics


def _answers(ask: Questions, images: np.ndarray, label: np.ndarray | None) -> Iterator[tuple[str, np.ndarray]]:
    """A number for each image, by name."""
    clean = images / (ask.model.spec.levels - 1)
    if "encode" in ask:
        latents = ask("encode", images, label=label)
        yield "reconstruction_error", squared_error(clean, ask("decode", latents, label=label))
    if "corrupt" in ask:
        noisy = ask("corrupt", images)
        yield "noisy_input_error", squared_error(clean, noisy)
        yield "denoising_error", squared_error(clean, ask("denoise", noisy))
    for question in ("elbo", "importance_bound", "log_likelihood"):
        if question in ask:
            yield f"{question}_nats", ask(question, images, label=label)
    if "energy" in ask:
        yield "test_energy", ask("energy", images, label=label)


def _evenly(images: np.ndarray, count: int) -> np.ndarray:
    """At most ``count`` of the images, spread over all of them."""
    return np.asarray(images[np.linspace(0, len(images) - 1, min(count, len(images))).astype(int)])

"""Questions to a model of images. Which ones a model answers is seen from its methods, not from its family."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from keras import ops
from PIL import Image

from components import pictures
from components.backend import compiled, filled_batches, in_batches
from components.metrics import Moments, bits_per_dim, squared_error
from components.models.contract import Autoencodes, Denoises, HasBounds, HasLikelihood, ImageFamily, Samples

__all__ = ["measure", "show"]

COLUMNS = 8  # of the pictures that show the test split
ROWS = 9  # at most, of the picture of reconstructions
WALKS = 8


def measure(model: ImageFamily, images: np.ndarray, batch_size: int, k: int) -> dict[str, Any]:
    """Everything that ``model`` can be asked of held-out images.

    Args:
        model: a trained model.
        images: the test split, ``uint8[N, H, W, C]``; memory-mapped it stays on disk.
        batch_size: images a compiled call; memory does not grow with ``N``.
        k: draws of the importance-weighted bound.

    Returns:
        For each answer its mean and standard error over images. Squared errors are per pixel of [0, 1], likelihoods
        and their bounds in nats per image; where these are probabilities of intensities, in bits per dimension too.
    """
    levels, shape = model.spec.levels, model.spec.shape
    answer = _questions(model, k)
    found: dict[str, Moments] = {}
    for (batch,), count in filled_batches(images, size=batch_size):
        answers = {name: ops.convert_to_numpy(value)[:count] for name, value in answer(batch).items()}
        for name, values in _scores(batch[:count] / (levels - 1), answers):
            found.setdefault(name, Moments()).add(values)
    metrics: dict[str, Any] = {name: moments.summary() for name, moments in found.items()}
    if "importance_bound_nats" in metrics:
        metrics["importance_bound_nats"]["k"] = k
    if getattr(model, "discrete", False):
        dimensions = int(np.prod(shape))
        for name in [name for name in found if name.endswith("_nats")]:
            metrics[name.replace("_nats", "_bits_per_dim")] = bits_per_dim(found[name], dimensions)
    return metrics


def show(model: ImageFamily, images: np.ndarray, grid: int, steps: int, seed: int) -> Iterator[tuple[str, Image.Image]]:
    """Pictures of what ``model`` does, each with its name.

    Args:
        model: a trained model.
        images: the test split, ``uint8[N, H, W, C]``.
        grid: samples in a picture.
        steps: images of a walk from one latent to another.
        seed: of the samples.
    """
    levels = model.spec.levels
    if isinstance(model, Samples):
        yield "samples", pictures.grid(model.sample(grid, seed), levels)
    if isinstance(model, Autoencodes):
        yield "reconstructions", pictures.rows(*_reconstructions(model, images), levels=levels, columns=COLUMNS)
        yield "walk", pictures.grid(_walks(model, images[: 2 * WALKS], steps), levels, columns=steps)


def _questions(model: ImageFamily, k: int):
    """One compiled function for all questions: ``uint8[B, H, W, C]`` to answers by name."""

    def answer(x):
        answers = {}
        if isinstance(model, Autoencodes):
            answers["reconstruction"] = model.decode(model.encode(x))
        if isinstance(model, Denoises) and model.corrupts:
            answers["noisy_input"] = model.corrupt(model.to_unit(x))
            answers["denoising"] = model.denoise(answers["noisy_input"])
        if isinstance(model, HasBounds):
            answers["elbo"] = model.elbo(x)
            answers["importance_bound"] = model.importance_bound(x, k)
        if isinstance(model, HasLikelihood):
            answers["log_likelihood"] = model.log_likelihood(x)
        return answers

    return compiled(answer, model.variables)


def _scores(clean: np.ndarray, answers: dict[str, np.ndarray]) -> Iterator[tuple[str, np.ndarray]]:
    """A number for each image: images are compared with the clean ones, numbers are nats."""
    for name, values in answers.items():
        if values.ndim > 1:
            yield f"{name}_error", squared_error(clean, values)
        else:
            yield f"{name}_nats", values


def _reconstructions(model: Any, images: np.ndarray) -> list[np.ndarray]:
    """The first images, what the model saw of them where that is something else, and what it made of that."""
    noisy = isinstance(model, Denoises) and model.corrupts
    if noisy:
        clean = np.asarray(images[: COLUMNS * (ROWS // 3)])
        seen = in_batches(compiled(lambda x: model.corrupt(model.to_unit(x)), model.variables), clean)
        made = in_batches(compiled(model.denoise, model.variables), seen)
        return [clean, model.to_intensities(seen), model.to_intensities(made)]
    clean = np.asarray(images[: COLUMNS * (ROWS // 2)])
    restore = compiled(lambda x: model.decode(model.encode(x)), model.variables)
    return [clean, model.to_intensities(in_batches(restore, clean))]


def _walks(model: Any, images: np.ndarray, steps: int) -> np.ndarray:
    """Straight lines between the latents of one half of some images and those of the other, decoded."""
    z = in_batches(compiled(model.encode, model.variables), images)
    half = len(z) // 2
    t = np.linspace(0, 1, steps, dtype=z.dtype).reshape(1, steps, *[1] * (z.ndim - 1))
    line = (1 - t) * z[:half, None] + t * z[half : 2 * half, None]
    decoded = in_batches(compiled(model.decode, model.variables), line.reshape(-1, *z.shape[1:]))
    return model.to_intensities(decoded)

"""What a person looks at: pictures of what a model of images does."""

from collections.abc import Iterator

import numpy as np
from PIL import Image

from components import pictures
from components.evaluation.questions import Questions
from components.models.contract import Samples

__all__ = ["show"]

COLUMNS = 8  # of the pictures that show the test split, or classes
ROWS = 9  # at most, of the picture of reconstructions
WALKS = 8
CLASSES = 20  # at most, of the picture of classes


def show(
    ask: Questions, images: np.ndarray, labels: np.ndarray | None, steps: int, seed: int
) -> Iterator[tuple[str, Image.Image]]:
    """Pictures of what a model does, each with its name; those of samples without a wish are drawn elsewhere.

    Args:
        ask: the questions to it.
        images: the test split, ``uint8[N, H, W, C]``.
        labels: its classes ``int[N]``, where there are any.
        steps: images of a walk from one latent to another.
        seed: of the samples of classes.
    """
    model = ask.model
    if isinstance(model, Samples) and model.conditional:
        classes = np.repeat(np.arange(min(model.classes, CLASSES)), COLUMNS)
        samples = model.sample(len(classes), seed, label=classes)
        yield "classes", pictures.grid(samples, model.spec.levels, columns=COLUMNS)
    if "encode" in ask:
        yield (
            "reconstructions",
            pictures.rows(*_reconstructions(ask, images, labels), levels=model.spec.levels, columns=COLUMNS),
        )
        yield "walk", pictures.grid(_walks(ask, images, labels, steps), model.spec.levels, columns=steps)


def _reconstructions(ask: Questions, images: np.ndarray, labels: np.ndarray | None) -> list[np.ndarray]:
    """The first images, what the model saw of them where that is something else, and what it made of that."""
    noisy = "corrupt" in ask
    clean, label = _first(images, labels, COLUMNS * (ROWS // (3 if noisy else 2)))
    if noisy:
        seen = ask("corrupt", clean)
        return [clean, *map(ask.model.to_intensities, (seen, ask("denoise", seen)))]
    made = ask("decode", ask("encode", clean, label=label), label=label)
    return [clean, ask.model.to_intensities(made)]


def _walks(ask: Questions, images: np.ndarray, labels: np.ndarray | None, steps: int) -> np.ndarray:
    """Straight lines between the latents of one half of some images and those of the other, decoded.

    A conditional model decodes a whole line under the class that it begins with.
    """
    ends, label = _first(images, labels, 2 * WALKS)
    z = ask("encode", ends, label=label)
    half = len(z) // 2
    t = np.linspace(0, 1, steps, dtype=z.dtype).reshape(1, steps, *[1] * (z.ndim - 1))
    line = (1 - t) * z[:half, None] + t * z[half : 2 * half, None]
    along = None if label is None else np.repeat(label[:half], steps)
    return ask.model.to_intensities(ask("decode", line.reshape(-1, *z.shape[1:]), label=along))


def _first(images: np.ndarray, labels: np.ndarray | None, count: int) -> tuple[np.ndarray, np.ndarray | None]:
    return np.asarray(images[:count]), None if labels is None else np.asarray(labels[:count])

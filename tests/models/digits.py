"""Handwritten digits, and a classifier that has learned them: once for all tests that see with it."""

from functools import cache

import numpy as np
from sklearn.datasets import load_digits

from components.models.classifier import Classifier
from components.params import ClassifierConfig
from tests.models.building import fit as fit_model
from tests.models.building import image_spec, new

__all__ = ["classifier", "digits", "fitted"]

TRAINING = {"epochs": 8, "batch_size": 32, "optimizer": {"learning_rate": 0.003}}


@cache
def digits() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Images and labels of two splits: ``train``, 1,000 of them, and ``test``, 797."""
    images, labels = load_digits(return_X_y=True)
    images, labels = images.reshape(-1, 8, 8, 1).astype("uint8"), labels.astype("int16")
    order = np.random.default_rng(0).permutation(len(images))
    parts = {"train": order[:1000], "test": order[1000:]}
    return {split: (images[rows], labels[rows]) for split, rows in parts.items()}


def classifier(classes: int = 10) -> Classifier:
    """A classifier that has seen nothing."""
    content = {"widths": (8, 16), "features": 16, "training": TRAINING}
    model = new(ClassifierConfig.model_validate(content), image_spec(classes=classes))
    assert isinstance(model, Classifier)
    return model


@cache
def fitted(classes: int = 10) -> Classifier:
    """One that was trained on all but the test split, by labels where it knows of classes."""
    model, (images, labels), (held_out, theirs) = classifier(classes), *digits().values()
    fit_model(model, images, held_out, (labels, theirs))
    return model

"""The classifier that samples are seen with."""

import numpy as np
import pytest

from tests.models.building import answer, loss, validate
from tests.models.digits import classifier, digits, fitted


def test_it_learns_digits():
    model, (images, labels) = fitted(), digits()["test"]
    found = answer(model, "logits", answer(model, "features", images)).argmax(axis=-1)
    assert (found == labels).mean() > 0.9
    assert validate(model, {"image": images, "label": labels})["accuracy"] == pytest.approx((found == labels).mean())


def test_its_features_tell_classes_apart_by_distance():
    """What they are for: the nearest of other images is of the same class."""
    images, labels = digits()["test"]
    features = answer(fitted(), "features", images)
    assert (features.shape, features.dtype) == ((len(images), 16), np.float32)
    distances = np.linalg.norm(features[:, None] - features, axis=-1)
    np.fill_diagonal(distances, np.inf)
    assert (labels[distances.argmin(axis=1)] == labels).mean() > 0.9


def test_images_without_classes_are_told_apart_by_how_they_were_turned():
    model, (images, labels) = fitted(classes=0), digits()["test"]
    ways = [images, images[:, :, ::-1], images[:, ::-1], images[:, ::-1, ::-1]]
    right = [answer(model, "logits", answer(model, "features", turned.copy())).argmax(axis=-1) for turned in ways]
    share = np.mean([(found == way).mean() for way, found in enumerate(right)])
    assert share > 0.5  # digits that are symmetric have no way, and chance is a quarter
    assert validate(model, {"image": images})["accuracy"] == pytest.approx(share)
    assert validate(model, {"image": images, "label": labels})["accuracy"] == pytest.approx(share)


def test_unknown_labels_are_left_out():
    model, (images, labels) = classifier(), digits()["test"]
    known = {"image": images[:20], "label": labels[:20]}
    more = {"image": images[:50], "label": np.where(np.arange(50) < 20, labels[:50], -1).astype("int16")}
    assert validate(model, more) == pytest.approx(validate(model, known), rel=1e-5)
    assert loss(model, more)[0] == pytest.approx(loss(model, known)[0], rel=1e-5)
    nothing = {"image": images[:5], "label": np.full(5, -1, "int16")}
    assert validate(model, nothing) == {"loss": 0, "accuracy": 0}

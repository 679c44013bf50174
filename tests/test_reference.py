"""The reference step: the classifier of a data set, and what it makes of the images."""

import json

import numpy as np
import pytest

from components.evaluation.reference import open_eye, seen
from components.files import sha256
from components.params import UserError
from tests.models.building import answer
from tests.workplace import run_step


def test_the_classifier_is_written_with_what_it_makes_of_the_images(judges):
    folder, arrays = judges / "artifacts/reference/squares", judges / "data/arrays/squares"
    features = {f"{split}_{what}.npy" for split in ("train", "test") for what in ("features", "classes")}
    assert {path.name for path in folder.iterdir()} == {"config.json", "model.safetensors", *features}
    model = open_eye(folder, 4).model
    for split, count in (("train", 16), ("test", 10)):
        written, images = seen(folder, split), np.load(arrays / f"{split}.npy")
        assert (written.features.shape, written.features.dtype) == ((count, 3), np.float32)
        np.testing.assert_allclose(written.features, answer(model, "features", images), rtol=1e-5, atol=1e-6)
        logits = answer(model, "logits", np.asarray(written.features))
        np.testing.assert_array_equal(written.classes, logits.argmax(axis=-1))
    labels, metrics = np.load(arrays / "test_labels.npy"), json.loads(metrics_of(judges, "squares"))
    assert metrics == {
        "accuracy": pytest.approx((seen(folder, "test").classes == labels).mean()),
        "examples": 10,
        "told_apart": "classes",
        "weights": sha256(folder / "model.safetensors"),
    }


def test_of_a_text_there_is_nothing_to_learn(judges):
    assert [path.name for path in (judges / "artifacts/reference/prose").iterdir()] == ["config.json"]
    assert json.loads(metrics_of(judges, "prose")) == {}


def test_a_data_set_that_is_not_there_is_named(judges, monkeypatch):
    monkeypatch.chdir(judges)
    with pytest.raises(UserError, match=r"no data set is named 'square'; did you mean squares\?"):
        run_step("reference", "square")
    with pytest.raises(UserError, match="`dvc repro reference@circles` makes it"):
        open_eye(judges / "artifacts/reference/circles", 4)


def metrics_of(folder, dataset: str) -> str:
    return (folder / f"artifacts/metrics/reference/{dataset}.json").read_text()

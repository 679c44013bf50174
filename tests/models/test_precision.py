"""Mixed precision: layers compute in half, variables and losses stay whole, and training still learns."""

import keras
import numpy as np
import pytest

from components.training.feeds import Examples, Streams, Windows
from components.training.loop import Trainer
from components.training.validation import Validation

from .building import build

TEXTS = {"lstm", "transformer"}


def feeds(model):
    random = np.random.default_rng(0)
    if model.feed != "examples":
        text, kind = np.tile(np.array([1, 2, 3, 2], "uint8"), 100), {"streams": Streams, "windows": Windows}[model.feed]
        return kind(text, 2, 8, seed=1), kind(text, 2, 8)
    pattern = random.integers(0, 17, (8, 8, 1)) * (random.random((8, 8, 1)) < 0.5)
    images = np.repeat(pattern[None], 32, axis=0).astype("uint8")
    return Examples({"image": images}, 8, seed=1), Examples({"image": images}, 8)


@pytest.mark.parametrize("precision", ["mixed_bfloat16", "mixed_float16"])
@pytest.mark.parametrize("family", ["autoencoder", "vae", "lstm", "transformer"])
def test_trains_in_half_precision(family, precision):
    training = {"epochs": 8, "batch_size": 2 if family in TEXTS else 8, "optimizer": {"learning_rate": 0.02}}
    shallow = {"layers": 1} if family in TEXTS else {}
    model = build(family, training={**training, "sample_every": 1, "precision": precision}, **shallow)
    assert keras.config.dtype_policy().name == "float32"
    half = precision.removeprefix("mixed_")
    layers = [layer for layer in model.layers if layer.name != "likelihood"]
    assert {layer.compute_dtype for layer in layers if layer.trainable_variables} == {half}
    assert {variable.dtype for variable in model.trainable_variables} == {"float32"}
    feed, held_out = feeds(model)
    history = Trainer(model, model.config.training, feed, Validation(model, held_out, 8)).run()
    assert history[-1]["loss"] < 0.9 * history[0]["loss"]
    assert all(np.isfinite(list(row.values())).all() for row in history if precision == "mixed_bfloat16")
    model.conclude(feed.tokens if family in TEXTS else feed.arrays["image"], 0)
    assert len(model.sample(2, 0)) == 2

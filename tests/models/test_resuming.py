"""What is broken off and begun again ends as if undisturbed: networks, optimisers, averages, buffers, seeds."""

import shutil
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import ops

from components.training.feeds import Examples
from components.training.loop import Trainer
from components.training.validation import Validation
from tests.models.building import FAMILIES, build


class Copy(keras.callbacks.Callback):
    """Copies the checkpoint as it lies there in the middle of an epoch, where a run might have been broken off."""

    def __init__(self, checkpoint: Path, copy: Path):
        super().__init__()
        self.checkpoint, self.copy, self.epoch = checkpoint, copy, 0

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if (self.epoch, batch) == (1, 3):
            shutil.copy(self.checkpoint, self.copy)


CHANCES: dict[str, dict[str, Any]] = {
    "gan": {
        "label_flips": 0.3,
        "input_noise": 0.1,
        "discriminator": {**FAMILIES["gan"]["discriminator"], "dropout": 0.3},
    },
    "diffusion": {"multipliers": (1,), "dropout": 0.3},
}


@pytest.mark.parametrize("family", ["gan", "wgan_gp", "ebm", "diffusion"])
def test_a_fresh_trainer_goes_on_from_all_that_a_checkpoint_of_the_middle_of_an_epoch_holds(family, tmp_path):
    checkpoint, copy = tmp_path / "undisturbed.safetensors", tmp_path / "copy.safetensors"
    undisturbed = trainer(family, checkpoint, steps_per_call=2, callbacks=[Copy(checkpoint, copy)])
    undisturbed.run()
    resumed = trainer(family, copy, steps_per_call=3)
    assert resumed.run() == undisturbed.progress.history
    for mine, theirs in zip(resumed.variables, undisturbed.variables, strict=True):
        np.testing.assert_array_equal(ops.convert_to_numpy(mine), ops.convert_to_numpy(theirs), err_msg=mine.path)


def trainer(family: str, checkpoint: Path, steps_per_call: int, callbacks: list | None = None) -> Trainer:
    """Two epochs of five turns, kept after every call."""
    training = {"epochs": 2, "batch_size": 4, "ema": 0.9}
    model = build(family, training=training, **CHANCES.get(family, {}))
    random = np.random.default_rng(0)
    images, labels = random.integers(17, size=(64, 8, 8, 1), dtype="uint8"), random.integers(10, size=64, dtype="int16")
    updates = max(player.updates for player in model.players())
    examples = {"image": images[: 5 * 4 * updates], "label": labels[: 5 * 4 * updates]}
    held_out = Validation(model, Examples({"image": images[:4], "label": labels[:4]}, 4), steps_per_call)
    return Trainer(
        model,
        model.config.training,
        Examples(examples, 4, updates, seed=7),
        held_out,
        callbacks=callbacks or [],
        steps_per_call=steps_per_call,
        checkpoint=checkpoint,
        checkpoint_seconds=0,
    )

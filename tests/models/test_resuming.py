"""What is broken off and begun again ends as if undisturbed: networks, optimisers, averages, buffers, seeds."""

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


class BrokenOff(BaseException):
    """Not to be handled."""


class BreakOff(keras.callbacks.Callback):
    """Ends the run once so many turns of an epoch are done."""

    def __init__(self, epoch: int, turn: int):
        super().__init__()
        self.moment, self.epoch = (epoch, turn), 0

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if (self.epoch, batch + 1) >= self.moment:
            raise BrokenOff


CHANCES: dict[str, dict[str, Any]] = {
    "gan": {
        "label_flips": 0.3,
        "input_noise": 0.1,
        "discriminator": {**FAMILIES["gan"]["discriminator"], "dropout": 0.3},
    },
    "diffusion": {"multipliers": (1,), "dropout": 0.3},
}


@pytest.mark.parametrize("family", ["gan", "wgan_gp", "ebm", "diffusion"])
def test_a_fresh_trainer_goes_on_from_all_that_the_checkpoint_of_a_broken_off_one_holds(family, tmp_path):
    undisturbed = trainer(family, tmp_path / "undisturbed.safetensors", steps_per_call=4)
    undisturbed.run()
    checkpoint = tmp_path / "state.safetensors"
    with pytest.raises(BrokenOff):
        trainer(family, checkpoint, steps_per_call=2, callbacks=[BreakOff(1, 3)]).run()
    resumed = trainer(family, checkpoint, steps_per_call=3)
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

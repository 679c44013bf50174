"""The loop: what it learns, what it records, how it stops, and that a kill changes nothing."""

import json
import os
import signal
import subprocess
import sys
import time

import keras
import numpy as np
import pytest
from safetensors import safe_open
from sklearn.datasets import load_digits

from components.training.callbacks import BestWeights, ProgressReport, SampleSeries
from components.training.feeds import Examples
from components.training.loop import NonFiniteLossError, Trainer
from components.training.validation import Validation

from .toy import Game, Line, images, training


def make(model, settings, callbacks=(), checkpoint=None, updates=1, **kwargs):
    feed = Examples({"image": images(40)}, settings.batch_size, updates, seed=1)
    validation = Validation(model, Examples({"image": images(10)}, 4), 8)
    return Trainer(
        model, settings, feed, validation, callbacks=callbacks, steps_per_call=3, checkpoint=checkpoint, **kwargs
    )


def test_history_has_a_row_an_epoch():
    rows = make(Line(), training()).run()
    assert [(row["epoch"], row["step"]) for row in rows] == [(1, 10), (2, 20), (3, 30)]
    assert rows[-1]["loss"] < rows[0]["loss"]
    assert rows[-1]["val_loss"] < rows[0]["val_loss"]
    assert {"learning_rate", "grad_norm_first", "grad_norm_last"} <= set(rows[0])


def test_validation_sees_every_example_once_and_leaves_no_trace():
    model = Line(noise=0.5)
    draws = np.array(model.draws.state)
    validation = Validation(model, Examples({"image": images(10)}, 4), 2)
    quiet = Line()
    mean = Validation(quiet, Examples({"image": images(10)}, 4), 2)()["loss"]
    validation()
    np.testing.assert_array_equal(np.array(model.draws.state), draws)
    np.testing.assert_allclose(mean, np.mean((0.5 * images(10) - 2 * images(10)) ** 2), rtol=1e-5)


def test_chunk_length_changes_nothing():
    def trained(steps):
        model, settings = Line(noise=0.3), training()
        feed = Examples({"image": images(40)}, 4, seed=1)
        trainer = Trainer(model, settings, feed, Validation(model, feed, 8), steps_per_call=steps)
        return trainer.run(), np.array(model.chain[0])

    (rows, weight), (other_rows, other) = trained(1), trained(64)
    np.testing.assert_array_equal(weight, other)
    assert rows == other_rows


def test_players_with_unequal_updates_share_an_epoch():
    rows = make(Game(3), training(), updates=3).run()
    assert rows[0]["step"] == 40 // 4 // 3
    assert {"critic", "generator", "critic_grad_norm", "generator_grad_norm_first"} <= set(rows[0])


def test_keras_callbacks_work_on_it():
    seen = []

    class Watch(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            seen.append((epoch, sorted(logs)))

    model = Line()
    make(model, training(epochs=20), [Watch(), keras.callbacks.EarlyStopping(monitor="val_loss", min_delta=1e9)]).run()
    assert len(seen) == 2
    assert "val_loss" in seen[0][1]
    reduce = keras.callbacks.ReduceLROnPlateau(monitor="val_loss", min_delta=1e9, patience=1, factor=0.5)
    rows = make(Line(), training(epochs=4), [reduce]).run()
    assert rows[-1]["learning_rate"] < rows[0]["learning_rate"]


def test_best_weights_come_back_and_patience_ends():
    class Worsens(Line):
        def validate(self, batch):
            return {"loss": self.chain[0][0, 0] + 0 * super().validate(batch)["loss"]}

    model, best = Worsens(), BestWeights(keep=True, patience=2)
    seen = []

    class Watch(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            seen.append(np.array(self.model.chain[0]))

    rows = make(model, training(epochs=50), [best, Watch()]).run()
    assert len(rows) == 3
    np.testing.assert_array_equal(np.array(model.chain[0]), seen[0])


def test_a_loss_that_is_not_finite_stops_with_a_line(tmp_path):
    checkpoint = tmp_path / "state.safetensors"
    trainer = make(Line(explode_at=14), training(), checkpoint=checkpoint, checkpoint_seconds=0)
    with pytest.raises(
        NonFiniteLossError, match=r"^loss is nan at step 5 of epoch 2; the last good checkpoint is kept$"
    ):
        trainer.run()
    with safe_open(checkpoint, framework="numpy") as file:
        progress = json.loads(file.metadata()["progress"])
    assert (progress["epoch"], progress["turn"]) == (1, 3)


def test_averaged_weights_are_what_is_validated_and_kept():
    model, seen = Line(), []

    class Watch(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            seen.append(float(self.model.chain[0][0, 0]))

    make(model, training(ema=0.9, epochs=2), [Watch()]).run()
    plain = Line()
    make(plain, training(epochs=2)).run()
    assert float(model.chain[0][0, 0]) == seen[-1]
    assert seen[-1] < float(plain.chain[0][0, 0])


def test_sample_series_and_progress_lines(tmp_path, capsys):
    series = SampleSeries(lambda model, stem: stem.with_suffix(".txt").write_text("x"), tmp_path / "series", 2)
    make(Line(), training(epochs=5), [series, ProgressReport("line", seconds=0)]).run()
    assert sorted(p.name for p in (tmp_path / "series").iterdir()) == [
        "epoch-0000.txt",
        "epoch-0002.txt",
        "epoch-0004.txt",
        "epoch-0005.txt",
    ]
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("line: epoch 1 of 5, step 3 of 10: loss ")
    assert lines[-1].startswith("line: epoch 5 of 5: loss ")
    assert "val_loss" in lines[-1]
    make(Game(), training(), [ProgressReport("game", seconds=0)], updates=3).run()
    for line in capsys.readouterr().out.splitlines():
        told = dict(pair.rsplit(" ", 1) for pair in line.rsplit(": ", 1)[1].split(", "))
        assert list(told) == ["critic", "generator", *([] if ", step" in line else ["val_loss"])]
        assert all(np.isfinite(float(value)) for value in told.values())


def test_kill_in_mid_epoch_changes_no_byte(tmp_path):
    """A real process, killed for good, and one left in peace: same model, same history."""
    images = tmp_path / "images.npy"
    np.save(images, load_digits().images.astype("uint8")[..., None])

    def start(folder, steps):
        folder.mkdir(exist_ok=True)
        return subprocess.Popen(
            [sys.executable, "-m", "tests.training.train_digits", str(images), str(folder), str(steps)]
        )

    peaceful, killed = tmp_path / "peaceful", tmp_path / "killed"
    undisturbed, victim = start(peaceful, 64), start(killed, 3)
    deadline, progress = time.monotonic() + 120, {"epoch": 0, "turn": 0}
    while time.monotonic() < deadline and not (progress["epoch"] >= 1 and progress["turn"] > 0):
        assert victim.poll() is None, "it ended before it could be killed"
        progress = _progress(killed / "state.safetensors") or progress
        time.sleep(0.02)
    os.kill(victim.pid, signal.SIGKILL)
    victim.wait()
    assert not (killed / "model.safetensors").exists()
    at_death = _progress(killed / "state.safetensors")
    assert 0 < at_death["turn"] < 1400 // 16
    assert start(killed, 7).wait() == 0
    assert undisturbed.wait() == 0
    assert (killed / "model.safetensors").read_bytes() == (peaceful / "model.safetensors").read_bytes()
    assert (killed / "history.txt").read_text() == (peaceful / "history.txt").read_text()


def _progress(path):
    if not path.exists():
        return None
    with safe_open(path, framework="numpy") as file:
        return json.loads(file.metadata()["progress"])

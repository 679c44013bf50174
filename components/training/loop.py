"""The loop: chunks of turns through one compiled call, epochs, validation, checkpoints, callbacks."""

import time
from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np

from components.backend import agreed, device_count, fused, leads
from components.models.contract import Family
from components.params import Fitting, UserError
from components.training.callbacks import Resumable
from components.training.checkpoints import Progress, load_checkpoint, save_checkpoint
from components.training.feeds import Feed, prefetched
from components.training.optimizers import MovingAverage, learning_rate, make_optimizer
from components.training.turn import make_turn
from components.training.validation import Validation

__all__ = ["NonFiniteLossError", "Trainer"]


class NonFiniteLossError(ArithmeticError):
    """A loss became infinite or not a number. The last checkpoint is from before."""

    def __init__(self, name: str, value: float, epoch: int, step: int):
        super().__init__(f"{name} is {value} at step {step} of epoch {epoch}; the last good checkpoint is kept")


class Trainer:
    """Trains a model, and can be killed at any moment.

    Args:
        model: what is trained; at the end it holds the weights that are kept (best or last, averaged or not).
        training: how.
        feed: its examples, turn by turn.
        validation: the held-out split.
        callbacks: Keras callbacks; one that is :class:`Resumable` has its state kept in the checkpoint.
        steps_per_call: turns fused into one compiled call.
        checkpoint: file to keep all state in, and to go on from if it exists.
        checkpoint_seconds: time between two checkpoints.

    Raises:
        UserError: the devices cannot share a batch evenly.
    """

    def __init__(
        self,
        model: Family,
        training: Fitting,
        feed: Feed,
        validation: Validation,
        *,
        callbacks: Sequence[keras.callbacks.Callback] = (),
        steps_per_call: int = 64,
        checkpoint: Path | None = None,
        checkpoint_seconds: float = 60,
    ):
        if training.batch_size % device_count():
            raise UserError(
                f"training.batch_size {training.batch_size}: {device_count()} devices share a batch evenly; "
                f"allowed: multiples of {device_count()}, or fewer devices"
            )
        self.model, self.training, self.feed, self.validation = model, training, feed, validation
        self.checkpoint, self.checkpoint_seconds = checkpoint, checkpoint_seconds
        self.size = min(steps_per_call, feed.turns)
        self.progress = Progress()
        players = model.players()
        turns = training.epochs * feed.turns
        self.optimizers = [
            make_optimizer(player.optimizer, player.variables, turns * player.updates, training.precision)
            for player in players
        ]
        self.average = MovingAverage(model.trainable_variables, training.ema) if training.ema else None
        self.turns = keras.Variable(0, dtype="int32", trainable=False, name="turns")
        self.losses = [player.name for player in players]
        self.variables = self._state()
        self.step = fused(make_turn(players, self.optimizers, self.turns, self.variables, self.average), self.variables)
        model.optimizer = self.optimizers[0]
        self.callbacks = keras.callbacks.CallbackList(
            list(callbacks), model=model, epochs=training.epochs, steps=feed.turns, losses=self.losses, verbose=0
        )

    def run(self) -> list[dict[str, float]]:
        """Train to the end, from the checkpoint where there is one; gives a row for each epoch.

        Raises:
            NonFiniteLossError: a loss is infinite or not a number.
            UserError: processes that train together do not go on from the same place.
        """
        self.model.stop_training = False
        self._restore()
        self.saved = self.started = time.monotonic()
        self.callbacks.on_train_begin()
        while self.progress.epoch < self.training.epochs and not self.model.stop_training:
            self._epoch()
        if self.average is not None:
            with self.average.in_place():
                kept = self.model.get_weights()
            self.model.set_weights(kept)
        self.callbacks.on_train_end()
        return self.progress.history

    @property
    def seconds(self) -> float:
        """Time spent in training, over all the processes that shared it."""
        return self.progress.seconds + time.monotonic() - self.started

    def _epoch(self) -> None:
        progress = self.progress
        self.callbacks.on_epoch_begin(progress.epoch)
        if not progress.turn:
            self.model.begin_epoch()
        for chunk, count in prefetched(self.feed, progress.epoch, progress.turn, self.size):
            self._add(self.step(chunk, count), count)
            self.callbacks.on_train_batch_end(progress.turn - 1, self._means())
            self._save_in_time()
            if self.model.stop_training:
                break
        logs = self._means() | {"learning_rate": learning_rate(self.optimizers[0])}
        if self.average is None:
            self._close(logs)
        else:
            with self.average.in_place():
                self._close(logs)
        self.progress.epoch, self.progress.turn, self.progress.sums = progress.epoch + 1, 0, {}
        self._save_in_time(last=progress.epoch == self.training.epochs or self.model.stop_training)

    def _close(self, logs: dict[str, float]) -> None:
        logs |= {f"val_{name}": value for name, value in self.validation().items()}
        self.progress.history.append(
            {"epoch": self.progress.epoch + 1, "step": (self.progress.epoch + 1) * self.feed.turns, **logs}
        )
        self.callbacks.on_epoch_end(self.progress.epoch, logs)

    def _add(self, records: dict[str, np.ndarray], count: int) -> None:
        progress = self.progress
        for name in self.losses:
            wrong = np.flatnonzero(~np.isfinite(records[name]))
            if len(wrong):
                value = float(records[name][wrong[0]])
                raise NonFiniteLossError(name, value, progress.epoch + 1, progress.turn + int(wrong[0]) + 1)
        for name, values in records.items():
            for value in values:  # one by one: a sum must not depend on how the epoch is cut into chunks
                progress.sums[name] = progress.sums.get(name, 0.0) + float(value)
        progress.turn += count

    def _means(self) -> dict[str, float]:
        return {name: value / self.progress.turn for name, value in self.progress.sums.items()}

    def _state(self) -> list[keras.Variable]:
        owners = [self.model, *self.optimizers]
        variables = [variable for owner in owners for variable in owner.variables]
        variables += [self.turns, *(self.average.averages if self.average else [])]
        return list({id(variable): variable for variable in variables}.values())

    def _save_in_time(self, last: bool = False) -> None:
        now = time.monotonic()
        if self.checkpoint is None or not leads() or (now - self.saved < self.checkpoint_seconds and not last):
            return
        arrays: dict[str, np.ndarray] = {}
        for i, callback in enumerate(self._resumable()):
            values, held = callback.state()
            self.progress.callbacks[str(i)] = values
            arrays |= {f"{i}/{name}": array for name, array in held.items()}
        self.progress.seconds, self.started = self.seconds, now
        save_checkpoint(self.checkpoint, self.variables, self.progress, arrays)
        self.saved = now

    def _restore(self) -> None:
        if self.checkpoint is not None and self.checkpoint.exists():
            self.progress, arrays = load_checkpoint(self.checkpoint, self.variables)
            for i, callback in enumerate(self._resumable()):
                held = {name.split("/", 1)[1]: array for name, array in arrays.items() if name.startswith(f"{i}/")}
                callback.restore(self.progress.callbacks[str(i)], held)
        if not agreed(self.checkpoint and self.checkpoint.parent.name, self.progress.epoch, self.progress.turn):
            raise UserError(
                f"{self.checkpoint}: not what the others who train together go on from; "
                "they must have the same parameters, data and code, and share the folder of checkpoints"
            )

    def _resumable(self) -> list[Resumable]:
        return [callback for callback in self.callbacks.callbacks if isinstance(callback, Resumable)]

"""Callbacks of our own: best weights and early stopping that survive a kill, the sample series, progress."""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import keras
import numpy as np
from tqdm import tqdm

from components.models.contract import Family

__all__ = ["BestWeights", "ProgressReport", "Resumable", "SampleSeries"]


@runtime_checkable
class Resumable(Protocol):
    """A callback whose state belongs in the checkpoint."""

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Plain values, and arrays."""

    def restore(self, values: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        """Take back what :meth:`state` gave."""


class BestWeights(keras.callbacks.Callback):
    """Keeps the weights of the best validation loss, and stops after ``patience`` epochs without a better one.

    Args:
        keep: put the best weights back when training ends.
        patience: epochs; ``None`` never stops.
        monitor: the log to minimise.
    """

    def __init__(self, keep: bool, patience: int | None, monitor: str = "val_loss"):
        super().__init__()
        self.keep, self.patience, self.monitor = keep, patience, monitor
        self.best, self.waited = float("inf"), 0
        self.weights: list[np.ndarray] = []

    def on_epoch_end(self, epoch, logs=None):
        """Compare."""
        self.waited += 1
        if logs[self.monitor] < self.best:
            self.best, self.waited = logs[self.monitor], 0
            self.weights = [np.array(weight) for weight in self.model.get_weights()] if self.keep else []
        if self.patience is not None and self.waited >= self.patience:
            self.model.stop_training = True

    def on_train_end(self, logs=None):
        """Put the best weights back."""
        if self.keep and self.weights:
            self.model.set_weights(self.weights)

    def state(self):
        """Best loss, epochs waited, whether that was enough, and the best weights."""
        values = {"best": self.best, "waited": self.waited, "stop": self.model.stop_training}
        return values, {f"{i:05}": weight for i, weight in enumerate(self.weights)}

    def restore(self, values, arrays):
        """Take them back."""
        self.best, self.waited, self.model.stop_training = values["best"], values["waited"], values["stop"]
        self.weights = [arrays[name] for name in sorted(arrays)]


class SampleSeries(keras.callbacks.Callback):
    """What the model makes of the same seed, every few epochs.

    Args:
        write: ``write(model, stem)`` puts one entry of the series beside ``stem``.
        folder: where the series goes.
        every: epochs between two entries; the untrained model and the last epoch always have one.
    """

    def __init__(self, write: Callable[[Family, Path], None], folder: Path, every: int):
        super().__init__()
        self.write, self.folder, self.every = write, folder, every

    def on_train_begin(self, logs=None):
        """Add the entry of the untrained model, unless an earlier process did."""
        if not self.folder.exists():
            self._add(0)

    def on_epoch_end(self, epoch, logs=None):
        """Add an entry."""
        if (epoch + 1) % self.every == 0 or epoch + 1 == self.params["epochs"]:
            self._add(epoch + 1)

    def _add(self, epoch: int) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.write(self.model, self.folder / f"epoch-{epoch:04}")


class ProgressReport(keras.callbacks.Callback):
    """A bar on a terminal, a plain line every few seconds in a log; what each player loses, and the validation loss.

    Args:
        name: of the model.
        seconds: between two lines of a log.
    """

    def __init__(self, name: str, seconds: float = 5):
        super().__init__()
        self.name, self.seconds, self.spoken = name, seconds, time.monotonic()
        self.epoch = 0
        self.bar: tqdm | None = None

    def on_epoch_begin(self, epoch, logs=None):
        """Start the bar."""
        self.epoch = epoch
        if self.bar is None and sys.stderr.isatty():
            steps = self.params["steps"]
            self.bar = tqdm(
                total=self.params["epochs"] * steps, initial=epoch * steps, desc=self.name, unit="step", unit_scale=True
            )

    def on_train_batch_end(self, batch, logs=None):
        """Move the bar; in a long epoch, say how far it is."""
        if self.bar is not None:
            self.bar.update(self.epoch * self.params["steps"] + batch + 1 - self.bar.n)
        elif time.monotonic() - self.spoken > self.seconds and batch + 1 < self.params["steps"]:
            self._say(f", step {batch + 1} of {self.params['steps']}", logs)

    def on_epoch_end(self, epoch, logs=None):
        """Show the losses beside the bar, or say them."""
        if self.bar is not None:
            self.bar.set_postfix_str(self._losses(logs))
        elif self._is_last(epoch) or time.monotonic() - self.spoken > self.seconds:
            self._say("", logs)

    def on_train_end(self, logs=None):
        """Close the bar."""
        if self.bar is not None:
            self.bar.close()

    def _is_last(self, epoch: int) -> bool:
        return epoch + 1 == self.params["epochs"] or self.model.stop_training

    def _say(self, place: str, logs: dict[str, float]) -> None:
        self.spoken = time.monotonic()
        epoch = f"epoch {self.epoch + 1} of {self.params['epochs']}"
        print(f"{self.name}: {epoch}{place}: {self._losses(logs)}", flush=True)

    def _losses(self, logs: dict[str, float]) -> str:
        names = [*self.params["losses"], "val_loss"]
        return ", ".join(f"{name} {logs[name]:.4g}" for name in names if name in logs)

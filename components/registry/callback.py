"""Keras' side of the record."""

from pathlib import Path

import keras

from components.registry.recording import epochs_recorded, forgiving, record_metrics, record_series, series_recorded

__all__ = ["MLflowCallback"]


class MLflowCallback(keras.callbacks.Callback):
    """Records each epoch in an MLflow run, and each new file of the sample series.

    A training that goes on after a kill repeats the epochs since its checkpoint: those the run has are left out.
    A record that fails is said once; the register step adds what the run lacks.

    Args:
        run_id: MLflow's.
        progress: folder in which ``epoch-0010.png`` or ``epoch-0010.txt`` appear.
    """

    def __init__(self, run_id: str, progress: Path):
        super().__init__()
        self.run_id, self.progress = run_id, progress
        self.epochs, self.answers = 0, True
        self.series: set[int] = set()

    def on_train_begin(self, logs=None):
        """See what the run has."""
        self.epochs, self.series = epochs_recorded(self.run_id), series_recorded(self.run_id)

    def on_epoch_end(self, epoch, logs=None):
        """Record it."""
        self._record(epoch + 1, logs or {})

    def on_train_end(self, logs=None):
        """Record what came since the last epoch."""
        self._record(self.epochs, {})

    def _record(self, epoch, records):
        if not self.answers:
            return
        self.answers = False
        with forgiving(f"epoch {epoch} and those after it"):
            if epoch > self.epochs:
                record_metrics(self.run_id, records, epoch)
                self.epochs = epoch
            record_series(self.run_id, self.progress, self.series)
            self.answers = True

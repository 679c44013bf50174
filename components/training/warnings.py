"""What goes wrong with a training, said once an epoch."""

import keras
from tqdm import tqdm

from components.diagnosis import adrift

__all__ = ["Warnings"]


class Warnings(keras.callbacks.Callback):
    """Prints what can be told to be wrong before training ends.

    Args:
        name: of the model.
    """

    def __init__(self, name: str):
        super().__init__()
        self.name = name

    def on_epoch_end(self, epoch, logs=None):
        """Look, and print above the bar of a terminal."""
        for warning in adrift(logs):
            tqdm.write(f"{self.name}: epoch {epoch + 1} of {self.params['epochs']}: warning: {warning}")

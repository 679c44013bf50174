"""What a family finds wrong with how its training goes, said once an epoch."""

from typing import Protocol, runtime_checkable

import keras
from tqdm import tqdm

__all__ = ["Warnings", "Warns"]


@runtime_checkable
class Warns(Protocol):
    """A family that can tell from the logs that something goes wrong."""

    def warnings(self, logs: dict[str, float]) -> list[str]:
        """What is wrong with the means of an epoch, a line each."""


class Warnings(keras.callbacks.Callback):
    """Prints the warnings of a family that has any to give.

    Args:
        name: of the model.
    """

    def __init__(self, name: str):
        super().__init__()
        self.name = name

    def on_epoch_end(self, epoch, logs=None):
        """Ask, and print above the bar of a terminal."""
        if isinstance(self.model, Warns):
            for warning in self.model.warnings(logs):
                tqdm.write(f"{self.name}: epoch {epoch + 1} of {self.params['epochs']}: warning: {warning}")

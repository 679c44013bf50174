"""Optimisers, learning-rate schedules and weight averages from their parameters."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import keras
from keras import ops

from components.params import Optimizer

__all__ = ["MovingAverage", "Schedule", "learning_rate", "make_optimizer"]

KINDS = {
    "adam": keras.optimizers.Adam,
    "adamw": keras.optimizers.AdamW,
    "rmsprop": keras.optimizers.RMSprop,
    "sgd": keras.optimizers.SGD,
}


class Schedule(keras.optimizers.schedules.LearningRateSchedule):
    """A linear rise over the warm-up, then a decay that reaches zero with the last step.

    Args:
        peak: learning rate at the end of the warm-up.
        shape: ``constant``, ``linear`` or ``cosine``.
        warmup: steps of the rise.
        steps: steps of the whole training.

    Example:
        >>> float(Schedule(0.1, "linear", 0, 10)(5))
        0.05
    """

    def __init__(self, peak: float, shape: str, warmup: int, steps: int):
        self.peak, self.shape, self.warmup, self.steps = peak, shape, warmup, steps

    def __call__(self, step):
        """Learning rate of update ``step``."""
        step = ops.cast(step, "float32")
        rise = ops.minimum((step + 1) / max(self.warmup, 1), 1.0) if self.warmup else 1.0
        progress = ops.clip((step - self.warmup) / max(self.steps - self.warmup, 1), 0.0, 1.0)
        decay = {
            "constant": lambda: ops.ones_like(progress),
            "linear": lambda: 1 - progress,
            "cosine": lambda: 0.5 * (1 + ops.cos(3.141592653589793 * progress)),
        }[self.shape]()
        return self.peak * rise * decay

    def get_config(self):
        """Arguments of the constructor."""
        return {"peak": self.peak, "shape": self.shape, "warmup": self.warmup, "steps": self.steps}


def make_optimizer(
    config: Optimizer, variables: Sequence[keras.Variable], steps: int, precision: str
) -> keras.optimizers.Optimizer:
    """The Keras optimiser that ``config`` describes, built for ``variables`` and ``steps`` updates.

    Half precision (``mixed_float16``) wraps it in a dynamic loss scale.
    """
    steady = config.schedule == "constant" and not config.warmup_steps
    rate = (
        config.learning_rate if steady else Schedule(config.learning_rate, config.schedule, config.warmup_steps, steps)
    )
    options = config.model_dump(include={"beta_1", "beta_2", "momentum", "weight_decay"}, exclude_none=True)
    optimizer = KINDS[config.name](learning_rate=rate, global_clipnorm=config.clip_norm, **options)
    if precision == "mixed_float16":
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
    optimizer.build(list(variables))
    return optimizer


def learning_rate(optimizer: keras.optimizers.Optimizer) -> float:
    """The learning rate of the update to come."""
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    return float(ops.convert_to_numpy(inner.learning_rate))


class MovingAverage:
    """An exponential moving average of variables, which can stand in for them.

    Its decay rises to the given one, ``min(decay, (1 + t) / (10 + t))``: the initial weights are soon forgotten.

    Args:
        variables: what is averaged.
        decay: weight of the average in each update.
    """

    def __init__(self, variables: Sequence[keras.Variable], decay: float):
        self.averaged, self.decay = list(variables), decay
        self.averages = [
            keras.Variable(ops.convert_to_numpy(v.value), trainable=False, dtype=v.dtype, name="average")
            for v in variables
        ]

    def update(self, step) -> None:
        """Move every average towards its variable after update ``step``."""
        step = ops.cast(step, "float32")
        decay = ops.minimum(self.decay, (1 + step) / (10 + step))
        for average, variable in zip(self.averages, self.averaged, strict=True):
            weight = ops.cast(decay, average.dtype)
            average.assign(weight * average.value + (1 - weight) * variable.value)

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """The averages as values of the variables, for the length of a block."""
        self._swap()
        try:
            yield
        finally:
            self._swap()

    def _swap(self) -> None:
        for average, variable in zip(self.averages, self.averaged, strict=True):
            held = ops.convert_to_numpy(variable.value)
            variable.assign(average.value)
            average.assign(held)

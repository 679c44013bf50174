"""How a model is trained: the part of its section that every family shares."""

from typing import Literal

from pydantic import Field

from components.params.section import Fraction, NonNegative, Positive, PositiveReal, Section

__all__ = ["Optimizer", "Training"]


class Optimizer(Section):
    """An optimiser with its learning-rate schedule and its cures for steps that are too long.

    The schedule starts after ``warmup_steps`` steps of linear rise, and ends with the last step of training.
    """

    name: Literal["adam", "adamw", "rmsprop", "sgd"] = "adam"
    learning_rate: PositiveReal = Field(description="peak learning rate")
    schedule: Literal["constant", "linear", "cosine"] = Field("constant", description="decay after the warm-up, to zero")
    warmup_steps: NonNegative = 0
    beta_1: Fraction | None = Field(None, description="first moment's decay (adam, adamw); Keras' own where null")
    beta_2: Fraction | None = Field(None, description="second moment's decay (adam, adamw); Keras' own where null")
    momentum: Fraction | None = Field(None, description="momentum (rmsprop, sgd)")
    weight_decay: PositiveReal | None = None
    clip_norm: PositiveReal | None = Field(None, description="largest global norm of a gradient")


class Training(Section):
    """How long and how a model is trained."""

    epochs: Positive
    batch_size: Positive
    optimizer: Optimizer
    ema: Fraction | None = Field(None, description="decay of the moving average of the weights that is kept as the model")
    precision: Literal["float32", "mixed_bfloat16", "mixed_float16"] = "float32"
    early_stopping: Positive | None = Field(None, description="epochs without a better validation loss before stopping")
    best_weights: bool = Field(True, description="keep the weights of the best validation loss, not the last")
    sample_every: Positive = Field(description="epochs between two entries of the sample series")

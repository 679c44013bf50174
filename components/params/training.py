"""How a model is trained: the part of its section that every family shares."""

from typing import Literal

from pydantic import Field, ValidationInfo, field_validator

from components.params.section import Fraction, NonNegative, Positive, PositiveReal, Section, complaint

__all__ = ["Fitting", "Optimizer", "Training"]

OPTIMIZERS = {"beta_1": ("adam", "adamw"), "beta_2": ("adam", "adamw"), "momentum": ("rmsprop", "sgd")}
"""Optimisers that have a parameter, for each that not all have."""


class Optimizer(Section):
    """An optimiser with its learning-rate schedule and its cures for steps that are too long.

    The schedule starts after ``warmup_steps`` steps of linear rise, and ends with the last step of training.
    """

    name: Literal["adam", "adamw", "rmsprop", "sgd"] = Field("adam", description="rule of the update")
    learning_rate: PositiveReal = Field(description="peak learning rate")
    schedule: Literal["constant", "linear", "cosine"] = Field(
        "constant", description="decay after the warm-up, to zero"
    )
    warmup_steps: NonNegative = Field(0, description="steps over which the learning rate rises to its peak")
    beta_1: Fraction | None = Field(None, description="first moment's decay (adam, adamw); null is Keras' own")
    beta_2: Fraction | None = Field(None, description="second moment's decay (adam, adamw); null is Keras' own")
    momentum: Fraction | None = Field(
        None, description="part of a step that the next one keeps (rmsprop, sgd); null for none"
    )
    weight_decay: PositiveReal | None = Field(None, description="decoupled weight decay; null for none")
    clip_norm: PositiveReal | None = Field(None, description="largest global norm of a gradient; null for no limit")

    @field_validator(*OPTIMIZERS)
    @classmethod
    def _optimizer_has_it(cls, value: float | None, info: ValidationInfo) -> float | None:
        fitting = OPTIMIZERS[str(info.field_name)]
        if value is not None and info.data.get("name", fitting[0]) not in fitting:
            raise complaint(f"is for {' and '.join(fitting)}, not {info.data['name']}; allowed: no such key")
        return value


class Fitting(Section):
    """How long and how a network is trained."""

    epochs: Positive = Field(description="passes over the training data")
    batch_size: Positive = Field(description="examples of a step")
    optimizer: Optimizer
    ema: Fraction | None = Field(
        None, description="decay of the moving average of the weights that is kept as the model; null for none"
    )
    precision: Literal["float32", "mixed_bfloat16", "mixed_float16"] = Field(
        "float32", description="numbers that layers compute in; weights are float32 always"
    )
    early_stopping: Positive | None = Field(
        None, description="epochs without a better validation loss before stopping; null never stops early"
    )
    best_weights: bool = Field(True, description="keep the weights of the best validation loss, not the last")


class Training(Fitting):
    """The same of a generative model, which is watched as it learns."""

    sample_every: Positive = Field(description="epochs between two entries of the sample series")
    tracked_samples: Positive | None = Field(
        None, description="samples kept with each entry, from which quality over training is computed; null for none"
    )

"""The sections of ``params.yaml``."""

from typing import Literal

from pydantic import Field, model_validator

from components.params.families import ModelConfig
from components.params.section import Fraction, NonNegative, Positive, Section

__all__ = ["Dataset", "Evaluation", "Execution", "Params"]

Name = str


class Dataset(Section):
    """Where a data set comes from and how it is split."""

    kind: Literal["image", "text"]
    source: str = Field(min_length=1, description="TFDS name, or path of a folder of images or of a UTF-8 text file")
    watch: str = Field(min_length=1, description="what DVC pins as its input: for data of your own the same path")
    validation: Fraction = Field(description="part held out to choose by")
    test: Fraction = Field(description="part held out to report; where the source has a test split, that is kept")
    undecodable: NonNegative = Field(0, description="files that may fail to decode before the stage fails")
    size: tuple[Positive, Positive] | None = Field(None, description="height and width; null keeps the source's own")
    resampling: Literal["nearest", "bilinear", "bicubic", "lanczos", "box"] = "bilinear"
    channels: Literal[1, 3] | None = Field(None, description="1 for grey, 3 for colour; null keeps the source's own")
    levels: int | None = Field(None, ge=2, le=256, description="intensities an image is quantised to")


class Evaluation(Section):
    """What is measured on the test split."""

    batch_size: Positive
    grid: Positive = Field(description="samples in a picture")
    text_length: Positive = Field(description="characters of a text sample")
    walk_steps: Positive = Field(description="pictures between two latents")
    importance_samples: Positive = Field(description="k of the importance-weighted bound")
    timed_samples: Positive = Field(description="samples drawn to measure samples per second")


class Execution(Section):
    """How work is run. Nothing here shapes a result."""

    steps_per_call: Positive = Field(description="training steps fused into one compiled call")
    checkpoint_seconds: Positive = Field(description="time between two checkpoints within an epoch")
    parallel_stages: Positive = Field(description="stages that the Prefect flow runs at once")
    stage_timeout_minutes: Positive


class Params(Section):
    """The whole of ``params.yaml``."""

    seed: NonNegative
    datasets: dict[Name, Dataset] = Field(min_length=1)
    models: dict[Name, ModelConfig] = Field(min_length=1)
    evaluation: Evaluation
    execution: Execution

    @model_validator(mode="after")
    def _models_name_their_data(self) -> "Params":
        return self

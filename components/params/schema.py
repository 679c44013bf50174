"""The whole of ``params.yaml``, and the JSON Schema that editors complete it from."""

from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from pydantic import Field
from pydantic.json_schema import GenerateJsonSchema

from components.params.classifier import ClassifierConfig
from components.params.dataset import Dataset
from components.params.errors import UserError, did_you_mean
from components.params.families import ModelConfig
from components.params.gate import Gate
from components.params.section import Name, NonNegative, Positive, Section
from components.params.sweep import Sweep

__all__ = ["Evaluation", "Execution", "Params", "json_schema"]

T = TypeVar("T")


Drawn = Annotated[int, Field(ge=1, le=1024)]
"""Samples that a registered model gives at once."""


class Evaluation(Section):
    """What is measured on the test split, and of samples."""

    batch_size: Positive = Field(description="examples measured at once")
    grid: Drawn = Field(description="samples in a picture")
    walk_steps: Positive = Field(description="pictures from one latent to the next")
    importance_samples: Positive = Field(description="k of the importance-weighted bound")
    samples: Annotated[int, Field(ge=2, description="images drawn by each sample seed, to be compared")]
    texts: Drawn = Field(description="texts drawn by each sample seed")
    text_length: Positive = Field(description="characters of a text sample")
    sample_seeds: Positive = Field(description="independent sets of samples")
    bootstrap: Annotated[int, Field(ge=2, description="replicates from which standard errors are estimated")]
    neighbours: Positive = Field(description="k of precision, recall, density and coverage")
    annealing_chains: Annotated[int, Field(ge=2, description="chains that estimate a partition function")]
    annealing_temperatures: Positive = Field(description="temperatures between the base and the model")


class Execution(Section):
    """How work is run. Nothing here shapes a result."""

    steps_per_call: Positive = Field(description="training steps fused into one compiled call")
    checkpoint_seconds: Positive = Field(description="time between two checkpoints within an epoch")
    parallel_stages: Positive = Field(description="stages that the Prefect flow runs at once")
    stage_timeout_minutes: Positive = Field(description="minutes after which the Prefect flow ends a stage")
    stage_retries: NonNegative = Field(description="retries of a stage that ended by what may pass")
    retry_seconds: NonNegative = Field(description="time before each of them")


class Params(Section):
    """Every number of Menagerie that a person may change."""

    seed: Annotated[int, Field(ge=0, lt=2**31, description="of the order of examples, initial weights and samples")]
    datasets: dict[Name, Dataset] = Field(min_length=1, description="name of a data set → where it comes from")
    models: dict[Name, ModelConfig] = Field(
        min_length=1,
        description="name of a model → family, data set and hyper-parameters; each is a branch of the graph",
    )
    reference: ClassifierConfig
    evaluation: Evaluation
    gate: Gate
    sweeps: dict[Name, Sweep] = Field(default_factory=dict, description="name of a sweep → what of a model is varied")
    execution: Execution

    def model(self, name: str) -> ModelConfig:
        """The parameters of a model.

        Raises:
            UserError: none has this name.
        """
        return _named(name, self.models, "models", "model")

    def dataset(self, name: str) -> Dataset:
        """The parameters of a data set.

        Raises:
            UserError: none has this name.
        """
        return _named(name, self.datasets, "datasets", "data set")

    def sweep(self, name: str) -> Sweep:
        """The parameters of a sweep.

        Raises:
            UserError: none has this name.
        """
        return _named(name, self.sweeps, "sweeps", "sweep")


def _named(name: str, parts: Mapping[str, T], section: str, what: str) -> T:
    if name not in parts:
        guess = did_you_mean(name, parts) or f"; there are: {', '.join(parts)}"
        raise UserError(f"params.yaml: {section}: no {what} is named {name!r}{guess}")
    return parts[name]


class _Untitled(GenerateJsonSchema):
    """Without titles that repeat the names."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def json_schema() -> dict[str, Any]:
    """The JSON Schema of ``params.yaml``."""
    return {"$schema": GenerateJsonSchema.schema_dialect, **Params.model_json_schema(schema_generator=_Untitled)}

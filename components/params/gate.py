"""What a registered version must pass before a person is asked to promote it."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from components.params.errors import did_you_mean
from components.params.metrics import METRICS
from components.params.section import PositiveReal, Section, complaint

__all__ = ["Bar", "Gate", "Severity"]

Severity = Literal["error", "warning", "note"]
"""Of a finding of the diagnosis, the gravest first."""


def _known(metric: str) -> str:
    if metric not in METRICS:
        raise complaint(f"is no metric; allowed: a key of artifacts/metrics/NAME.json{did_you_mean(metric, METRICS)}")
    return metric


def _ranking(metric: str) -> str:
    if METRICS[_known(metric)].better is None:
        raise complaint("has no better way, so none is worse; allowed: a bar for it, or another metric")
    return metric


class Bar(Section):
    """What the mean of a metric must reach, or must not exceed."""

    least: float | None = Field(None, description="the least that passes")
    most: float | None = Field(None, description="the most that passes")

    @model_validator(mode="after")
    def _something_passes_and_something_does_not(self) -> "Bar":
        if self.least is None and self.most is None:
            raise complaint("lets everything pass; allowed: least, most or both")
        if self.least is not None and self.most is not None and self.least > self.most:
            raise complaint("lets nothing pass; allowed: a least that is not above most")
        return self


class Gate(Section):
    """The rules. Those about a metric that a model does not have are none for that model."""

    diagnosis: Severity | None = Field(description="gravest finding that still passes; null where none does")
    bars: dict[Annotated[str, AfterValidator(_known)], Bar] = Field(
        description="metric → what its mean must reach, or must not exceed"
    )
    not_worse: tuple[Annotated[str, AfterValidator(_ranking)], ...] = Field(
        description="metrics in which a version may not be worse than the champion"
    )
    standard_errors: PositiveReal = Field(
        description="standard errors of a difference beyond which it is not put down to chance"
    )

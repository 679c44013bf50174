"""The ground that every part of ``params.yaml`` stands on."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

__all__ = [
    "Fraction",
    "Name",
    "NonNegative",
    "NonNegativeReal",
    "Part",
    "Positive",
    "PositiveReal",
    "Section",
    "complaint",
]

Positive = Annotated[int, Field(ge=1)]
NonNegative = Annotated[int, Field(ge=0)]
PositiveReal = Annotated[float, Field(gt=0)]
NonNegativeReal = Annotated[float, Field(ge=0)]
Fraction = Annotated[float, Field(ge=0, lt=1)]
Part = Annotated[float, Field(gt=0, lt=1)]
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")]
"""Of a model or a data set: a part of stage names, paths and addresses."""


class Section(BaseModel):
    """A frozen, strict mapping: no unknown key, no silent conversion, no change after reading."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)


def complaint(text: str) -> PydanticCustomError:
    """The error that a section's own check raises: ``text`` follows the value in the line that a person reads."""
    return PydanticCustomError("complaint", "{text}", {"text": text})

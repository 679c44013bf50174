"""Parameters that a model of any family has."""

from typing import ClassVar

from pydantic import Field, ValidationInfo, field_validator

from components.params.errors import did_you_mean
from components.params.section import Section, complaint

__all__ = ["Model"]


class Model(Section):
    """A model: a family, the data set it learns, and the family's own parameters."""

    kinds: ClassVar[tuple[str, ...]] = ("image",)
    """Kinds of the data sets that the family can learn."""

    family: str
    dataset: str = Field(description="name of the data set that it learns, one of datasets")

    @field_validator("dataset")
    @classmethod
    def _dataset_is_there(cls, dataset: str, info: ValidationInfo) -> str:
        """Compare with the kinds of the file's data sets, where the reader gives them and they are right themselves."""
        kinds = (info.context or {}).get("kinds")
        if kinds is None or kinds.get(dataset, "absent") in (*cls.kinds, None):
            return dataset
        fitting = [name for name, kind in kinds.items() if kind in cls.kinds]
        learns = " or ".join(cls.kinds)
        allowed = f"; allowed: {', '.join(fitting) or f'a data set of kind {learns}, and there is none'}"
        if dataset in kinds:
            raise complaint(f"is a data set of kind {kinds[dataset]}, and the family learns {learns}{allowed}")
        raise complaint(f"is not in datasets{allowed}{did_you_mean(dataset, fitting)}")

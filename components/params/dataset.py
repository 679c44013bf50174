"""Parameters of a data set."""

import re
from typing import Any, Literal, get_args

from pydantic import Field, ValidationInfo, field_validator

from components.params.section import NonNegative, Part, Positive, Section, complaint

__all__ = ["KINDS", "Dataset"]

Kind = Literal["image", "text"]
KINDS = get_args(Kind)

PATH = re.compile(r"\.{0,2}/.*", re.DOTALL)
TFDS_NAME = re.compile(r"[a-z]\w*(/[\w.+-]+)?(:[\w.*]+)?", re.ASCII)


class Dataset(Section):
    """Where a data set comes from, how it is split, and what its images are turned into.

    ``source`` is a path if it begins with ``./``, ``../`` or ``/``, and a TFDS name if not: what is on the disk does
    not change what the file means, and TFDS names may hold a slash (``wiki40b/en``).
    """

    kind: Kind = Field(description="what an example is")
    source: str = Field(
        description="TFDS name, or path of a folder of images or of a UTF-8 text file, begun with ./, ../ or /"
    )
    watch: str = Field(min_length=1, description="what DVC pins as its input; for a path, the same as source")
    validation: Part = Field(
        description="part of the examples held out to choose by; a validation split of the source's own is kept instead"
    )
    test: Part = Field(description="part held out to report; a test split of the source's own is kept instead")
    undecodable: NonNegative = Field(0, description="image files that may fail to decode before the stage fails")
    size: tuple[Positive, Positive] | None = Field(
        None, description="height and width that images are resized to; null keeps the source's own"
    )
    resampling: Literal["nearest", "bilinear", "bicubic", "lanczos", "box"] = Field(
        "bilinear", description="filter of that resizing"
    )
    channels: Literal[1, 3] | None = Field(None, description="1 for grey, 3 for colour; null keeps the source's own")
    levels: int | None = Field(
        None, ge=2, le=256, description="intensities of a pixel, to which images are quantised; null is 256"
    )
    binarization: Literal["dynamic", "static"] | None = Field(
        None,
        description="pixels become black or white, a coin for each whose chance is its intensity: tossed anew whenever"
        " training sees the image (dynamic), or once (static); null keeps intensities",
    )

    @property
    def is_path(self) -> bool:
        """Whether ``source`` is a path, and not a TFDS name."""
        return bool(PATH.fullmatch(self.source))

    @field_validator("source")
    @classmethod
    def _source_is_one_or_the_other(cls, source: str) -> str:
        if not PATH.fullmatch(source) and not TFDS_NAME.fullmatch(source):
            raise complaint("is no TFDS name, and no path; allowed: mnist, wiki40b/en, …, or a path from ./, ../ or /")
        return source

    @field_validator("watch")
    @classmethod
    def _watch_is_the_path(cls, watch: str, info: ValidationInfo) -> str:
        source = info.data.get("source", watch)
        if PATH.fullmatch(source) and watch != source:
            raise complaint(f"is not the path that source names; allowed: {source}")
        return watch

    @field_validator("test")
    @classmethod
    def _leaves_a_part_to_train_on(cls, test: float, info: ValidationInfo) -> float:
        validation = info.data.get("validation", 0)
        if validation + test >= 1:
            raise complaint(f"and validation {validation} leave nothing to train on; allowed: less than 1 in all")
        return test

    @field_validator("binarization")
    @classmethod
    def _binarization_makes_the_levels(cls, binarization: str | None, info: ValidationInfo) -> str | None:
        if binarization and info.data.get("levels") is not None:
            raise complaint("makes two levels of 256; allowed: no key levels beside it")
        return binarization

    @field_validator("undecodable", "size", "resampling", "channels", "levels", "binarization")
    @classmethod
    def _belongs_to_images(cls, value: Any, info: ValidationInfo) -> Any:
        assert info.field_name
        if info.data.get("kind") == "text" and value != cls.model_fields[info.field_name].default:
            raise complaint("is for images; allowed: no such key where kind is text")
        return value

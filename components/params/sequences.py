"""What models of sequences have in common: they learn texts and images, and only a text must be cut into pieces."""

from typing import Annotated, ClassVar

from pydantic import AfterValidator, ValidationInfo

from components.params.model import Model
from components.params.section import Positive, complaint

__all__ = ["PieceLength", "SequenceModel", "kind"]


class SequenceModel(Model):
    """A model of sequences: of the characters of a text, or of the pixels of an image, which is always read whole."""

    kinds: ClassVar[tuple[str, ...]] = ("image", "text")


def kind(info: ValidationInfo) -> str | None:
    """Kind of the data set that the model learns, where the reader knows it."""
    kinds = (info.context or {}).get("kinds") or {}
    return kinds.get(info.data.get("dataset"))


def _only_texts_are_cut(value: int | None, info: ValidationInfo) -> int | None:
    if kind(info) == "text" and value is None:
        raise complaint("is no length of the pieces that a text is read in; allowed: whole numbers from 1")
    if kind(info) == "image" and value is not None:
        raise complaint("is for texts, an image is read whole; allowed: null, or no such key")
    return value


PieceLength = Annotated[Positive | None, AfterValidator(_only_texts_are_cut)]
"""Characters of a text that are seen together; ``None`` for images. Its field must validate its default."""

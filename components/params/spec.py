"""What a prepared data set is: the content of its ``spec.json``."""

from typing import Literal

from components.params.section import NonNegative, Positive, Section

__all__ = ["SPLITS", "UNKNOWN", "Spec"]

SPLITS = ("train", "validation", "test")
UNKNOWN = "\N{REPLACEMENT CHARACTER}"


class Spec(Section):
    """A prepared data set: a folder of plain arrays with this description as ``spec.json``.

    Images are ``uint8[N, H, W, C]`` of intensities ``0 … levels - 1``; text is ``uint8[N]`` or ``uint16[N]``, a
    stream of token ids, each the index of its character in ``vocabulary``, whose entry 0 is the unknown symbol.
    """

    name: str
    kind: Literal["image", "text"]
    source: str
    shape: tuple[Positive, Positive, Positive] | None = None
    levels: Positive | None = None
    classes: tuple[str, ...] | None = None
    vocabulary: tuple[str, ...] | None = None
    counts: dict[str, NonNegative]
    duplicates: dict[str, NonNegative]
    arrays: dict[str, str]

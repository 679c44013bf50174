"""What a prepared data set is: the content of its ``spec.json``."""

from collections.abc import Iterable
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

    def text(self, tokens: Iterable[int]) -> str:
        """The characters of token ids."""
        assert self.vocabulary is not None
        return "".join(self.vocabulary[token] for token in tokens)

    def tokens(self, text: str) -> list[int]:
        """The token ids of characters; 0 for one that the vocabulary lacks."""
        ids = {character: i for i, character in enumerate(self.vocabulary or ())}
        return [ids.get(character, 0) for character in text]

"""What a prepared data set is: the content of its ``spec.json``."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field, TypeAdapter

from components.params.section import NonNegative, Positive, Section

if TYPE_CHECKING:
    import numpy as np

__all__ = ["SPLITS", "UNKNOWN", "ImageSpec", "Spec", "TextSpec", "read_spec"]

SPLITS = ("train", "validation", "test")
UNKNOWN = "\N{REPLACEMENT CHARACTER}"


class Prepared(Section):
    """A prepared data set: a folder of plain arrays with this description as ``spec.json``."""

    floor: ClassVar[str]
    """Real examples that are judged as if they were samples: as good as a model can be."""
    ceiling: ClassVar[str]
    """What knows nothing of the data, likewise: as bad as a model is before it learns."""

    name: str
    source: str
    counts: dict[str, NonNegative]
    duplicates: dict[str, NonNegative]
    arrays: dict[str, str]


class ImageSpec(Prepared):
    """Images ``uint8[N, H, W, C]`` of intensities ``0 … levels - 1``, ``shape`` being ``(H, W, C)``.

    With ``binarization`` they are draws of black and white, from intensities ``0 … 255`` of the source.
    """

    floor: ClassVar[str] = "training images"
    ceiling: ClassVar[str] = "noise"

    kind: Literal["image"] = "image"
    shape: tuple[Positive, Positive, Positive]
    levels: Positive
    classes: tuple[str, ...] | None = None
    binarization: Literal["dynamic", "static"] | None = None

    def shown(self, samples: "np.ndarray") -> "np.ndarray":
        """Samples as whoever uses the model sees them: ``uint8[N, H, W, C]`` from 0 to 255, of intensities."""
        return (samples * (255 / (self.levels - 1))).round().astype("uint8")


class TextSpec(Prepared):
    """A stream of token ids, ``uint8[N]`` or ``uint16[N]``.

    Each is the index of its character in ``vocabulary``, whose entry 0 is the unknown symbol.
    """

    floor: ClassVar[str] = "test text"
    ceiling: ClassVar[str] = "random characters"

    kind: Literal["text"] = "text"
    vocabulary: tuple[str, ...]

    def text(self, tokens: Iterable[int]) -> str:
        """The characters of token ids."""
        return "".join(self.vocabulary[token] for token in tokens)

    def shown(self, samples: Iterable[Iterable[int]]) -> list[str]:
        """Samples as whoever uses the model sees them: texts, of token ids."""
        return [self.text(tokens) for tokens in samples]

    def tokens(self, text: str) -> list[int]:
        """The token ids of characters; 0 for one that the vocabulary lacks."""
        ids = {character: i for i, character in enumerate(self.vocabulary)}
        return [ids.get(character, 0) for character in text]


Spec = Annotated[ImageSpec | TextSpec, Field(discriminator="kind")]


def read_spec(content: str | bytes) -> ImageSpec | TextSpec:
    """The description that JSON text holds.

    Raises:
        pydantic.ValidationError: it is not one.
    """
    spec: ImageSpec | TextSpec = TypeAdapter(Spec).validate_json(content)
    return spec

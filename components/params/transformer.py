"""Parameters of the transformer family."""

from typing import Literal

from pydantic import Field, ValidationInfo, field_validator

from components.params.section import Fraction, Positive, complaint
from components.params.sequences import PieceLength, SequenceModel
from components.params.training import Training

__all__ = ["TransformerConfig"]


class TransformerConfig(SequenceModel):
    """A decoder-only transformer of characters, or of pixels."""

    family: Literal["transformer"] = Field(description="kind of model")
    layers: Positive = Field(description="blocks, one on the other")
    heads: Positive = Field(description="heads of each block's attention")
    width: Positive = Field(description="width of a token within the blocks, a multiple of heads")
    dropout: Fraction = Field(description="part of what the embedding and each block add that training drops")
    tie_embeddings: bool = Field(description="the output layer's matrix is the embedding, transposed")
    context: PieceLength = Field(
        None, validate_default=True, description="characters seen at once, at most; images are seen whole"
    )
    training: Training

    @field_validator("width")
    @classmethod
    def _heads_share_it(cls, width: int, info: ValidationInfo) -> int:
        heads = info.data.get("heads", 1)
        if width % heads:
            raise complaint(f"is no multiple of heads, {heads}; allowed: multiples of {heads}")
        return width

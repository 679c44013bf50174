"""Parameters of the recurrent family."""

from typing import Literal

from pydantic import Field, ValidationInfo, field_validator

from components.params.section import Fraction, Positive, complaint
from components.params.sequences import PieceLength, SequenceModel, kind
from components.params.training import Training

__all__ = ["LSTMConfig"]


class LSTMConfig(SequenceModel):
    """A recurrent model of characters, trained by truncated back-propagation with carried state, or of pixels."""

    family: Literal["lstm"] = Field(description="kind of model")
    cell: Literal["lstm", "gru"] = Field(description="kind of the recurrent cell")
    layers: Positive = Field(description="recurrent layers, one on the other")
    units: Positive = Field(description="width of each layer's state")
    embedding_dim: Positive = Field(description="width of a token's embedding")
    dropout: Fraction = Field(description="part of each layer's outputs that training drops")
    tie_embeddings: bool = Field(description="the output layer's matrix is the embedding, transposed")
    sequence_length: PieceLength = Field(
        None, validate_default=True, description="characters over which the gradient flows back; images are read whole"
    )
    pixel_positions: bool = Field(False, description="each step is told row, column and channel of what it predicts")
    training: Training

    @field_validator("pixel_positions")
    @classmethod
    def _text_has_no_pixels(cls, value: bool, info: ValidationInfo) -> bool:
        if value and kind(info) == "text":
            raise complaint("is for images; allowed: false, or no such key")
        return value

"""Parameters of the recurrent family."""

from typing import ClassVar, Literal

from pydantic import Field

from components.params.section import Fraction, Positive, Section
from components.params.training import Training

__all__ = ["LSTMConfig"]


class LSTMConfig(Section):
    """A recurrent language model of characters, trained by truncated back-propagation with carried state."""

    kind: ClassVar[str] = "text"

    family: Literal["lstm"]
    dataset: str
    cell: Literal["lstm", "gru"]
    layers: Positive
    units: Positive
    embedding_dim: Positive
    dropout: Fraction
    tie_embeddings: bool = Field(description="the output layer's matrix is the embedding, transposed")
    sequence_length: Positive = Field(description="characters over which the gradient flows back")
    training: Training

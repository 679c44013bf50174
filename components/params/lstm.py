"""Parameters of the recurrent family."""

from typing import ClassVar, Literal

from pydantic import Field

from components.params.model import Model
from components.params.section import Fraction, Positive
from components.params.training import Training

__all__ = ["LSTMConfig"]


class LSTMConfig(Model):
    """A recurrent language model of characters, trained by truncated back-propagation with carried state."""

    kinds: ClassVar[tuple[str, ...]] = ("text",)

    family: Literal["lstm"] = Field(description="kind of model")
    cell: Literal["lstm", "gru"] = Field(description="kind of the recurrent cell")
    layers: Positive = Field(description="recurrent layers, one on the other")
    units: Positive = Field(description="width of each layer's state")
    embedding_dim: Positive = Field(description="width of a character's embedding")
    dropout: Fraction = Field(description="part of each layer's outputs that training drops")
    tie_embeddings: bool = Field(description="the output layer's matrix is the embedding, transposed")
    sequence_length: Positive = Field(description="characters over which the gradient flows back")
    training: Training

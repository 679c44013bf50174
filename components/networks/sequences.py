"""Examples as sequences of tokens: a text as it is, an image as its intensities, row by row, from left to right."""

import math
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from components.params import ImageSpec, Spec, UserError

__all__ = ["PixelPositions", "Sequences"]


class Sequences:
    """What a model of sequences must know of its data, and the way there and back.

    Args:
        spec: of images or of a text.

    Attributes:
        vocabulary: distinct tokens that can come next.
        inputs: distinct tokens that can be read: images begin with one of their own.
        start: the token before the first; a text begins as a line does.
        length: tokens of an image; ``None`` for texts.
    """

    def __init__(self, spec: Spec):
        self.spec = spec
        if isinstance(spec, ImageSpec):
            self.vocabulary, self.inputs, self.start = spec.levels, spec.levels + 1, spec.levels
            self.length: int | None = math.prod(spec.shape)
        else:
            self.vocabulary = self.inputs = len(spec.vocabulary)
            self.start = spec.vocabulary.index("\n") if "\n" in spec.vocabulary else 0
            self.length = None

    def tokens(self, x: Any) -> Any:
        """Images ``uint8[B, H, W, C]``, or rows of tokens, as ``int32[B, T]``."""
        x = ops.cast(x, "int32")
        return x if self.length is None else ops.reshape(x, (-1, self.length))

    def before(self, tokens: Any) -> Any:
        """The token before each of ``int32[B, T]``, as the beginning of an example."""
        return ops.concatenate([ops.full_like(tokens[:, :1], self.start), tokens[:, :-1]], axis=1)

    def pairs(self, batch: dict[str, Any]) -> tuple[Any, Any]:
        """What is read and what is to be predicted of a batch, both ``int32[B, T]``.

        Of a text that is all but the last and all but the first of ``tokens[B, T + 1]``.
        """
        if self.length is None:
            tokens = self.tokens(batch["tokens"])
            return tokens[:, :-1], tokens[:, 1:]
        tokens = self.tokens(batch["image"])
        return self.before(tokens), tokens

    def begin(self, n: int, seed: int, length: int, prompt: str) -> tuple[list[int], np.ndarray]:
        """What ``n`` samples begin with, and the random numbers that choose what follows.

        Args:
            n: how many.
            seed: same seed, same numbers.
            length: tokens of a text to sample; an image has its own.
            prompt: what a text begins with.

        Returns:
            Tokens of the beginning, and uniform numbers ``float32[n, T]`` in [0, 1).

        Raises:
            UserError: the prompt has a character that the vocabulary lacks, or the data are images, or the length is
                less than 1.
        """
        prefix = [self.start]
        if isinstance(self.spec, ImageSpec):
            if prompt:
                raise UserError(f"prompt: {prompt!r}; allowed: none, the model makes images")
        else:
            if unknown := [character for character in prompt if character not in self.spec.vocabulary]:
                raise UserError(f"prompt: {unknown[0]!r} is not in the model's vocabulary")
            if length < 1:
                raise UserError(f"length: {length}; allowed: whole numbers from 1")
            prefix += self.spec.tokens(prompt)
        u = np.random.default_rng(seed).random((self.length or length, n), "float32")
        return prefix, u.T

    def examples(self, tokens: np.ndarray) -> np.ndarray:
        """Tokens ``int32[N, T]`` as images ``uint8[N, H, W, C]``, or as they are."""
        if not isinstance(self.spec, ImageSpec):
            return tokens
        return tokens.astype("uint8").reshape(-1, *self.spec.shape)


class PixelPositions(layers.Layer):
    """A vector for each intensity of an image: the sum of those of its row, its column and its channel.

    Args:
        shape: ``(H, W, C)``.
        width: of a vector.
    """

    def __init__(self, shape: tuple[int, int, int], width: int, name: str = "positions"):
        super().__init__(name=name)
        normal = keras.initializers.RandomNormal(stddev=1.0)
        self.tables = [
            self.add_weight(shape=(n, width), initializer=normal, name=part)
            for part, n in zip(("row", "column", "channel"), shape, strict=True)
        ]
        self.built = True

    def vectors(self) -> Any:
        """``float[H * W * C, width]``, in the order of the tokens."""
        row, column, channel = (ops.cast(table, self.compute_dtype) for table in self.tables)
        vectors = row[:, None, None] + column[None, :, None] + channel[None, None]
        return ops.reshape(vectors, (-1, row.shape[-1]))

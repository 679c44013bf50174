"""Self-attention, whole sequences at once or token by token with a cache.

Vaswani et al., *Attention Is All You Need*, https://arxiv.org/abs/1706.03762, sections 3.2 and 3.3, in the arrangement
of GPT-2 (Radford et al.,
https://cdn.openai.com/better-language-models/language_models_are_unsupervised_multitask_learners.pdf, section 2.3):
normalization before each part, and normally distributed kernels, those that add to the residual stream smaller by the
root of how many of them there are. Departure: GPT-2's standard deviation, 0.02, is taken to be that of its width, 768,
and grows as the root of the width falls, for narrow networks learn much faster so.
"""

from typing import Any

import keras
from keras import layers, ops

__all__ = ["SelfAttention", "TransformerBlock", "padded_cache", "start"]


class SelfAttention(layers.Layer):
    """Attention of a sequence to itself, ``float[B, T, width]`` → ``float[B, T, width]``.

    Args:
        width: of a token.
        heads: a divisor of ``width``.
        causal: a token sees itself and those before it only.
        residuals: how many kernels add to the residual stream that this one is a part of.

    Raises:
        ValueError: ``heads`` does not divide ``width``.
    """

    def __init__(self, width: int, heads: int, causal: bool = False, residuals: int = 1, name: str = "attention"):
        super().__init__(name=name)
        if width % heads:
            raise ValueError(f"width {width} is no multiple of heads {heads}")
        self.width, self.heads, self.causal = width, heads, causal
        with keras.name_scope(name):
            self.qkv = _dense(width, 3 * width, start(width), name="qkv")
            self.out = _dense(width, width, start(width, residuals), name="out")
        self.built = True

    def call(self, x):
        """All tokens at once."""
        return self.read(x)[0]

    def read(self, x: Any) -> tuple[Any, tuple]:
        """All tokens at once; gives the cache too, of their keys and values alone."""
        query, key, value = self._project(x)
        at = ops.arange(ops.shape(x)[1])
        return self._attend(query, key, value, at[:, None] >= at if self.causal else None), (key, value)

    def step(self, x: Any, cache: tuple, position: Any) -> tuple[Any, tuple]:
        """One token, which sees itself and those before it.

        Args:
            x: ``float[B, width]``.
            cache: of the tokens before, as :func:`padded_cache` or :meth:`step` gives it.
            position: ``int32``, tokens before this one.

        Returns:
            The token ``float[B, width]`` and the cache with it.
        """
        query, *new = self._project(x[:, None])
        at = ops.arange(cache[0].shape[2])
        key, value = cache = tuple(
            ops.where(at[:, None] == position, part, held) for part, held in zip(new, cache, strict=True)
        )
        return self._attend(query, key, value, at <= position)[:, 0], cache

    def _project(self, x):
        """Queries, keys and values, each ``float[B, heads, T, width / heads]``."""
        parts = ops.reshape(self.qkv(x), (-1, ops.shape(x)[1], 3, self.heads, self.width // self.heads))
        return ops.unstack(ops.transpose(parts, (2, 0, 3, 1, 4)), 3)

    def _attend(self, query, key, value, visible):
        scores = ops.matmul(query / (self.width // self.heads) ** 0.5, ops.swapaxes(key, -2, -1))
        scores = ops.cast(scores, "float32")
        if visible is not None:
            scores = ops.where(visible, scores, -1e30)
        weights = ops.ones_like(scores) if scores.shape[-1] == 1 else ops.softmax(scores)  # Keras warns where it is 1
        mixed = ops.transpose(ops.matmul(ops.cast(weights, value.dtype), value), (0, 2, 1, 3))
        return self.out(ops.reshape(mixed, (-1, ops.shape(mixed)[1], self.width)))


class TransformerBlock(layers.Layer):
    """Attention, then two dense layers with a GELU between them, each normalized before and added to what came in.

    Args:
        width: of a token.
        heads: of the attention.
        causal: a token sees itself and those before it only.
        dropout: part of what is added that training drops.
        mlp_ratio: width of the hidden layer in widths of a token.
        depth: blocks of the stack that this one is a part of.
    """

    def __init__(
        self,
        width: int,
        heads: int,
        causal: bool = False,
        dropout: float = 0.0,
        mlp_ratio: int = 4,
        *,
        depth: int = 1,
        name: str = "block",
    ):
        super().__init__(name=name)
        with keras.name_scope(name):
            self.attention_norm = _norm(width, name="attention_norm")
            self.attention = SelfAttention(width, heads, causal, residuals=2 * depth)
            self.mlp_norm = _norm(width, name="mlp_norm")
            self.hidden = _dense(width, mlp_ratio * width, start(width), activation="gelu", name="hidden")
            self.out = _dense(mlp_ratio * width, width, start(width, residuals=2 * depth), name="out")
        self.dropout = layers.Dropout(dropout, name="dropout")
        self.built = True

    def call(self, x, training=False):
        """``float[B, T, width]`` → ``float[B, T, width]``."""
        return self.read(x, training)[0]

    def read(self, x: Any, training: bool = False) -> tuple[Any, tuple]:
        """All tokens at once; gives the cache too, of their keys and values alone."""
        seen, cache = self.attention.read(self.attention_norm(x))
        return self._think(x + self.dropout(seen, training=training), training), cache

    def step(self, x: Any, cache: tuple, position: Any) -> tuple[Any, tuple]:
        """One token ``float[B, width]``, as :meth:`SelfAttention.step`."""
        seen, cache = self.attention.step(self.attention_norm(x), cache, position)
        return self._think(x + seen, training=False), cache

    def _think(self, x, training):
        return x + self.dropout(self.out(self.hidden(self.mlp_norm(x))), training=training)


def padded_cache(cache: tuple, length: int) -> tuple:
    """The cache of what was read, with empty places up to ``length`` tokens, which :meth:`step` fills.

    Only a causal layer's cache says what that layer would have kept token by token.
    """
    return tuple(ops.pad(part, ((0, 0), (0, 0), (0, length - part.shape[2]), (0, 0))) for part in cache)


def start(width: int, residuals: int = 1) -> keras.initializers.Initializer:
    """What the kernels of a model of so wide tokens start from; ``residuals`` of them add to one stream."""
    return keras.initializers.RandomNormal(stddev=0.02 * (768 / width / residuals) ** 0.5)


def _dense(inputs: int, units: int, initializer: keras.initializers.Initializer, **options: Any) -> layers.Dense:
    layer = layers.Dense(units, kernel_initializer=initializer, **options)
    layer.build((None, inputs))
    return layer


def _norm(width: int, name: str) -> layers.LayerNormalization:
    layer = layers.LayerNormalization(epsilon=1e-5, name=name)
    layer.build((None, width))
    return layer

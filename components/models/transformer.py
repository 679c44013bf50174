"""Transformer: a decoder-only model of sequences, of the characters of a text or the pixels of an image.

Radford et al., *Language Models are Unsupervised Multitask Learners*,
https://cdn.openai.com/better-language-models/language_models_are_unsupervised_multitask_learners.pdf (GPT-2): learned
positions, blocks of causal attention with normalization before each part, a last normalization, and the embedding as
output matrix if the weights are tied. An image is the sequence of its intensities, row by row from left to right, and
always seen whole, as in Chen et al., *Generative Pretraining from Pixels*, https://proceedings.mlr.press/v119/chen20s.html.

Departures: embeddings start at a standard deviation of 0.3, with which a short training learns more than with GPT-2's
0.02, and are divided by the root of the width where they are the output matrix; dropout is on the embedding and on what
each block adds, not on the attention's weights. A sampled text may be longer than the ``context``: where that is full,
its later half is read anew at the first positions, and sampling goes on from there. So each character is drawn from all
those before it or from at least half a context of them, and costs one pass of one token through keys and values that
are kept, but for one reading of half a context for every half a context.
"""

from functools import cached_property

import keras
import numpy as np
from keras import layers, ops

from components.backend import compiled, in_batches, scan
from components.models.contract import Player
from components.models.sequence_family import SequenceFamily
from components.networks.attention import TransformerBlock, padded_cache, start
from components.networks.choosing import choose
from components.params import Spec, UserError
from components.params.transformer import TransformerConfig

__all__ = ["Transformer"]

KEPT = 2**26  # numbers that the keys and values of the samples drawn at once may be


class Transformer(SequenceFamily):
    """Embeddings of tokens and of positions, blocks, and logits of the next token.

    Args:
        config: its section of ``params.yaml``.
        spec: an image or a text data set.
    """

    config: TransformerConfig

    def __init__(self, config: TransformerConfig, spec: Spec):
        super().__init__(config, spec)
        self.context: int = self.sequences.length or config.context or 1
        width, normal = config.width, keras.initializers.RandomNormal(stddev=0.3)
        self.embedding = layers.Embedding(self.sequences.inputs, width, normal, name="embedding")
        self.positions = layers.Embedding(self.context, width, normal.clone(), name="positions")
        for table in (self.embedding, self.positions):
            table.build((None,))
        self.dropout = layers.Dropout(config.dropout, name="dropout")
        self.blocks = [
            TransformerBlock(width, config.heads, True, config.dropout, depth=config.layers, name=f"block_{i}")
            for i in range(config.layers)
        ]
        self.norm = layers.LayerNormalization(epsilon=1e-5, name="norm")
        self.norm.build((None, width))
        if not config.tie_embeddings:
            self.out = layers.Dense(
                self.sequences.vocabulary, use_bias=False, kernel_initializer=start(width), name="out"
            )
            self.out.build((None, width))
        self.built = True

    @property
    def feed(self):
        """Images one by one, a text in windows."""
        return "windows" if self.spec.kind == "text" else "examples"

    def players(self) -> list[Player]:
        """One: everything descends on the nats of a token."""
        return [Player("loss", self.trainable_variables, self._loss, self.config.training.optimizer)]

    def validate(self, batch):
        """Nats of a token, from those before it in its window or its image."""
        return {"loss": self._loss(batch, 0, training=False)[0]}

    def log_likelihood(self, x):
        """Exact log-probability, nats for each image or for each row of tokens as the beginning of a text.

        Raises:
            UserError: the rows are longer than the context.
        """
        tokens = self.sequences.tokens(x)
        return -ops.sum(self._nats(self.sequences.before(tokens), tokens), axis=1)

    def window_nats(self, tokens):
        """Nats of each token but the first of windows ``int[B, T + 1]``, from those before it: ``float32[B, T]``."""
        return self._nats(*self.sequences.pairs({"tokens": tokens}))

    def continued(self, prefix, u, chosen):
        """Of a beginning longer than half a context only the end is read."""
        prefix = prefix[-self._read :]
        padded = np.array(prefix + [0] * (self._read - len(prefix)), "int32")
        n, length = u.shape
        u = np.pad(u, ((0, 0), (0, -length % self._drawn)))

        def generate(u):
            return self._generate(padded, np.int32(len(prefix)), u, chosen)

        kept = 2 * self.config.layers * self.config.width * (self._read + self._drawn)
        return in_batches(generate, u, size=min(n, max(KEPT // kept, 1)))[:, :length]

    @property
    def _read(self):
        """Tokens that are read at once, before others are drawn one by one: an image begins with its start alone."""
        return max(self.context // 2, 1) if self.sequences.length is None else 1

    @property
    def _drawn(self):
        """Tokens that are drawn until the later half of the context is read anew: an image's all."""
        return self._read if self.sequences.length is None else self.context

    @cached_property
    def _generate(self):
        def generate(prefix, known, u, chosen):
            """Tokens ``[n, T]`` after the first ``known`` ones of ``prefix``, from quantiles ``u``, ``[n, T]``."""

            def piece(state, u):
                """Read what is known of the prefix, then draw as many tokens as there are quantiles."""
                prefix, known = state
                x, caches = self._embedded(prefix, self.positions.embeddings[: self._read]), []
                for block in self.blocks:
                    x, cache = block.read(x)
                    caches.append(padded_cache(cache, self._read + self._drawn))

                def draw(state, now):
                    (x, caches), (u, position) = state, now
                    token = choose(self._logits(x), u, *chosen)
                    place = ops.take(self.positions.embeddings, ops.minimum(position, self.context - 1), axis=0)
                    x, after = self._embedded(token, place), []
                    for block, before in zip(self.blocks, caches, strict=True):
                        x, cache = block.step(x, before, position)
                        after.append(cache)
                    # A float: transposing integers, oneDNN writes a warning to every log.
                    return (x, tuple(after)), ops.cast(token, "float32")

                first = (ops.take(x, known - 1, axis=1), tuple(caches))
                _, drawn = scan(draw, first, (u, known + ops.arange(self._drawn)))
                drawn = ops.transpose(drawn)
                read = ops.cast(drawn[:, -self._read :], "int32")
                return (read, ops.full_like(known, self._read)), drawn

            n = ops.shape(u)[0]
            pieces = ops.transpose(ops.reshape(u, (n, -1, self._drawn)), (1, 2, 0))
            _, drawn = scan(piece, (ops.tile(prefix[None], (n, 1)), known), pieces)
            return ops.cast(ops.reshape(ops.transpose(drawn, (1, 0, 2)), (n, -1)), "int32")

        return compiled(generate, self.variables)

    def _loss(self, batch, step, training=True):
        return ops.mean(self._nats(*self.sequences.pairs(batch), training)), {}

    def _nats(self, before, tokens, training=False):
        """Nats ``float32[B, T]`` of tokens, each from those that are before it from the first position on."""
        length = ops.shape(tokens)[1]
        if isinstance(length, int) and length > self.context:
            raise UserError(f"{length} tokens are more than the context: {self.context} of {self.config.family}")
        x = self._embedded(before, self.positions.embeddings[:length])
        x = self.dropout(x, training=training)
        for block in self.blocks:
            x = block(x, training=training)
        return ops.sparse_categorical_crossentropy(tokens, self._logits(x), from_logits=True)

    def _embedded(self, tokens, places):
        x = self.embedding(tokens)
        return x + ops.cast(places, x.dtype)

    def _logits(self, x):
        """Logits ``float32[…, V]`` of what follows tokens of width ``float[…, width]``."""
        x = self.norm(x)
        if self.config.tie_embeddings:
            matrix = ops.cast(self.embedding.embeddings[: self.sequences.vocabulary], x.dtype)
            return ops.cast(ops.matmul(x, ops.transpose(matrix)), "float32") / self.config.width**0.5
        return ops.cast(self.out(x), "float32")

"""Recurrent model of sequences, with LSTM or GRU layers: of the characters of a text, or the pixels of an image.

Graves, *Generating Sequences With Recurrent Neural Networks*, https://arxiv.org/abs/1308.0850: a stack of recurrent
layers predicts the next character; trained by back-propagation truncated to ``sequence_length`` characters, the state
carried from one piece of the text to the next. An image is the sequence of its intensities, row by row from left to
right, and is read from its beginning to its end, as by the one-dimensional ancestors of van den Oord, Kalchbrenner and
Kavukcuoglu, *Pixel Recurrent Neural Networks*, https://arxiv.org/abs/1601.06759.

Departures: the layers have no connections that skip; embeddings start at N(0, 1), as PyTorch's do, because Keras' ±0.05
learns far more slowly; the output matrix may be the embedding, transposed (Press and Wolf,
https://arxiv.org/abs/1608.05859); of an image, each step may be told which pixel it is to predict.
"""

from functools import cached_property

import keras
import numpy as np
from keras import layers, ops

from components.backend import compiled, scan
from components.models.contract import Player
from components.models.sequence_family import SequenceFamily
from components.networks.choosing import choose
from components.networks.recurrent import RECURRENT
from components.networks.sequences import PixelPositions
from components.params import ImageSpec, Spec
from components.params.lstm import LSTMConfig

__all__ = ["LSTM"]


class LSTM(SequenceFamily):
    """Embedding, recurrent layers, and logits of the next token.

    Args:
        config: its section of ``params.yaml``.
        spec: an image or a text data set.
    """

    config: LSTMConfig

    def __init__(self, config: LSTMConfig, spec: Spec):
        super().__init__(config, spec)
        vocabulary, width = self.sequences.vocabulary, config.embedding_dim
        self.embedding = layers.Embedding(
            self.sequences.inputs, width, keras.initializers.RandomNormal(stddev=1.0), name="embedding"
        )
        self.embedding.build((None,))
        told = spec.shape if isinstance(spec, ImageSpec) and config.pixel_positions else None
        self.positions = PixelPositions(told, width) if told else None
        self.dropout = layers.Dropout(config.dropout, name="dropout")
        inputs = [width, *[config.units] * (config.layers - 1)]
        kind = RECURRENT[config.cell]
        self.recurrent = [kind(n, config.units, name=f"{config.cell}_{i}") for i, n in enumerate(inputs)]
        self.out = layers.Dense(width if config.tie_embeddings else vocabulary, name="out")
        self.out.build((None, config.units))
        shape = (config.training.batch_size, config.units)
        self.carried = [
            [
                self.add_weight(shape=shape, initializer="zeros", trainable=False, name=f"carried_{i}_{k}")
                for k in range(kind.states)
            ]
            for i in range(config.layers if spec.kind == "text" else 0)
        ]
        self.built = True

    @property
    def feed(self):
        """Images one by one, a text in streams."""
        return "streams" if self.spec.kind == "text" else "examples"

    @property
    def transient(self):
        """The state that is carried from one batch of a text to the next."""
        return [variable for state in self.carried for variable in state]

    def players(self) -> list[Player]:
        """One: everything descends on the nats of a token."""
        return [Player("loss", self.trainable_variables, self._loss, self.config.training.optimizer)]

    def validate(self, batch):
        """Nats of a token, the state of a text carried."""
        return {"loss": self._mean_nats(batch, training=False)}

    def begin_epoch(self) -> None:
        """Forget the text before."""
        for variable in self.transient:
            variable.assign(ops.zeros_like(variable.value))

    def log_likelihood(self, x):
        """Exact log-probability, nats for each image or for each row of tokens as the beginning of a text."""
        tokens = self.sequences.tokens(x)
        states = self._zero_states(ops.shape(tokens)[0])
        logits, _ = self._logits(self.sequences.before(tokens), states, training=False)
        return -ops.sum(_nats(tokens, logits), axis=1)

    def gates(self, x):
        """How far each gate is open as each token is read, the first of them first.

        Args:
            x: images, or rows of tokens ``int[B, T]``.

        Returns:
            ``float32[B, T, layers, units]`` in (0, 1) for each gate: ``input``, ``forget`` and ``output``, or for GRU
            layers ``update`` and ``reset``.
        """
        tokens = self.sequences.tokens(x)
        x, opened = self._embedded(tokens), []
        for layer, before in zip(self.recurrent, self._zero_states(ops.shape(tokens)[0]), strict=True):
            x, gates = layer.watch(x, before)
            opened.append(gates)
        names = RECURRENT[self.config.cell].gates
        return {name: ops.cast(ops.stack([g[:, :, k] for g in opened], 2), "float32") for k, name in enumerate(names)}

    def continued(self, prefix, u, chosen):
        """Each token costs the same, however many came before."""
        tokens = self._generate(np.tile(np.array(prefix, "int32"), (len(u), 1)), u.T, chosen)
        return ops.convert_to_numpy(tokens).T

    @cached_property
    def _generate(self):
        def generate(prefix, u, chosen):
            def step(carry, now):
                (states, logits), (u, *place) = carry, now
                token = choose(logits, u, *chosen)
                logits, states = self._logits(token[:, None], states, False, *place)
                return (states, logits[:, 0]), token

            logits, states = self._logits(prefix, self._zero_states(ops.shape(prefix)[0]), training=False)
            places = [] if self.positions is None else [ops.roll(self.positions.vectors(), -1, axis=0)]
            return scan(step, (states, logits[:, -1]), (u, *places))[1]

        return compiled(generate, self.variables)

    def _loss(self, batch, step):
        return self._mean_nats(batch, training=True), {}

    def _mean_nats(self, batch, training):
        before, tokens = self.sequences.pairs(batch)
        states = tuple(
            tuple(ops.cast(variable.value, layer.compute_dtype) for variable in state)
            for layer, state in zip(self.recurrent, self.carried, strict=False)
        )
        logits, states = self._logits(before, states or self._zero_states(ops.shape(tokens)[0]), training)
        for variables, values in zip(self.carried, states, strict=False):
            for variable, value in zip(variables, values, strict=True):
                variable.assign(value)
        return ops.mean(_nats(tokens, logits))

    def _zero_states(self, batch):
        return tuple(layer.zero_state(batch) for layer in self.recurrent)

    def _embedded(self, tokens, place=None):
        """``float[B, T, embedding_dim]`` of tokens read from the beginning, or of one that is followed at ``place``."""
        x = self.embedding(tokens)
        if self.positions is None:
            return x
        return x + (self.positions.vectors()[: tokens.shape[1]] if place is None else place)

    def _logits(self, tokens, states, training, place=None):
        """Logits ``float32[B, T, V]`` of what follows each token, and the states after the last."""
        x, after = self._embedded(tokens, place), []
        for layer, before in zip(self.recurrent, states, strict=True):
            x, state = layer(self.dropout(x, training=training), before)
            after.append(state)
        x = self.out(self.dropout(x, training=training))
        if self.config.tie_embeddings:
            matrix = self.embedding.embeddings[: self.sequences.vocabulary]
            x = ops.matmul(x, ops.transpose(matrix)) / self.config.embedding_dim**0.5
        return ops.cast(x, "float32"), tuple(after)


def _nats(tokens, logits):
    return ops.sparse_categorical_crossentropy(tokens, logits, from_logits=True)

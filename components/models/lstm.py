"""Recurrent language model of characters, with LSTM or GRU layers.

Graves, *Generating Sequences With Recurrent Neural Networks*, https://arxiv.org/abs/1308.0850: a stack of recurrent
layers predicts the next character; trained by back-propagation truncated to ``sequence_length`` characters, the state
carried from one piece of the text to the next.

Departures: the layers have no connections that skip; embeddings start at N(0, 1), as PyTorch's do, because Keras' ±0.05
learns far more slowly; the output matrix may be the embedding, transposed (Press and Wolf,
https://arxiv.org/abs/1608.05859).
"""

from functools import cached_property

import keras
import numpy as np
from keras import layers, ops

from components.backend import compiled, scan
from components.models.contract import Family, Player
from components.networks.choosing import choose
from components.networks.recurrent import RECURRENT
from components.params import TextSpec, UserError
from components.params.lstm import LSTMConfig

__all__ = ["LSTM"]


class LSTM(Family):
    """Embedding, recurrent layers, and logits of the next character.

    Args:
        config: its section of ``params.yaml``.
        spec: a text data set.
    """

    config: LSTMConfig
    spec: TextSpec

    def __init__(self, config: LSTMConfig, spec: TextSpec):
        super().__init__(config, spec)
        vocabulary, width = len(spec.vocabulary), config.embedding_dim
        self.embedding = layers.Embedding(
            vocabulary, width, keras.initializers.RandomNormal(stddev=1.0), name="embedding"
        )
        self.embedding.build((None,))
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
            for i in range(config.layers)
        ]
        self.built = True

    @property
    def feed(self):
        """Streams."""
        return "streams"

    @property
    def transient(self):
        """The state that is carried from batch to batch."""
        return [variable for state in self.carried for variable in state]

    def players(self) -> list[Player]:
        """One: everything descends on the nats of a character."""
        return [Player("loss", self.trainable_variables, self._loss, self.config.training.optimizer)]

    def validate(self, batch):
        """Nats of a character, the state carried."""
        return {"loss": self._carried_nats(batch["tokens"], training=False)}

    def begin_epoch(self) -> None:
        """Forget the text before."""
        for variable in self.transient:
            variable.assign(ops.zeros_like(variable.value))

    discrete = True

    def log_likelihood(self, x):
        """Exact log-probability of ``tokens[B, T]``, nats for each row, as the beginning of a text."""
        x = ops.cast(x, "int32")
        before = ops.concatenate([ops.full_like(x[:, :1], self.start), x[:, :-1]], axis=1)
        logits, _ = self._logits(before, self._zero_states(ops.shape(x)[0]), training=False)
        return -ops.sum(_nats(x, logits), axis=1)

    @property
    def start(self) -> int:
        """The token before the first: a text begins as a line does."""
        vocabulary = self.spec.vocabulary
        return vocabulary.index("\n") if "\n" in vocabulary else 0

    def sample(
        self,
        n: int,
        seed: int,
        *,
        length: int = 500,
        temperature: float = 1.0,
        top_k: int = 0,
        top_p: float = 1.0,
        prompt: str = "",
    ) -> np.ndarray:
        """Continuations of a prompt; each character costs the same, however many came before.

        Args:
            n: how many.
            seed: same seed, same texts.
            length: characters of each.
            temperature: below 1 likelier, above 1 stranger; 0 takes the likeliest character always.
            top_k: choose among so many likeliest characters only; 0 for all.
            top_p: choose among the likeliest characters that make up this probability only; 1 for all.
            prompt: what is continued; it is not repeated.

        Returns:
            Tokens ``int32[n, length]``.

        Raises:
            UserError: the prompt has a character that the vocabulary lacks, or a knob is out of its range.
        """
        if unknown := [character for character in prompt if character not in self.spec.vocabulary]:
            raise UserError(f"prompt: {unknown[0]!r} is not in the model's vocabulary")
        if temperature < 0 or top_k < 0 or not 0 < top_p <= 1 or length < 1:
            given = f"length {length}, temperature {temperature:g}, top_k {top_k}, top_p {top_p:g}"
            raise UserError(f"{given}; allowed: length from 1, temperature and top_k from 0, top_p over 0 and up to 1")
        tokens = [self.start, *self.spec.tokens(prompt)]
        u = np.random.default_rng(seed).random((length, n), "float32")
        generate = self._generate[bool(top_k), top_p < 1]
        prefix = np.tile(np.array(tokens, "int32"), (n, 1))
        tokens = generate(prefix, u, np.float32(temperature), np.int32(top_k), np.float32(top_p))
        return ops.convert_to_numpy(tokens).T

    @cached_property
    def _generate(self):
        def variant(by_rank, by_mass):
            def generate(prefix, u, temperature, top_k, top_p):
                def step(carry, u):
                    states, logits = carry
                    token = choose(logits, u, temperature, top_k if by_rank else None, top_p if by_mass else None)
                    logits, states = self._logits(token[:, None], states, training=False)
                    return (states, logits[:, 0]), token

                logits, states = self._logits(prefix, self._zero_states(ops.shape(prefix)[0]), training=False)
                return scan(step, (states, logits[:, -1]), u)[1]

            return compiled(generate, self.variables)

        return {(k, p): variant(k, p) for k in (False, True) for p in (False, True)}

    def _loss(self, batch, step):
        return self._carried_nats(batch["tokens"], training=True), {}

    def _carried_nats(self, tokens, training):
        tokens = ops.cast(tokens, "int32")
        states = tuple(
            tuple(ops.cast(variable.value, layer.compute_dtype) for variable in state)
            for layer, state in zip(self.recurrent, self.carried, strict=True)
        )
        logits, states = self._logits(tokens[:, :-1], states, training)
        for variables, values in zip(self.carried, states, strict=True):
            for variable, value in zip(variables, values, strict=True):
                variable.assign(value)
        return ops.mean(_nats(tokens[:, 1:], logits))

    def _zero_states(self, batch):
        return tuple(layer.zero_state(batch) for layer in self.recurrent)

    def _logits(self, tokens, states, training):
        """Logits ``float32[B, T, V]`` of what follows each token, and the states after the last."""
        x, after = self.embedding(tokens), []
        for layer, before in zip(self.recurrent, states, strict=True):
            x, state = layer(self.dropout(x, training=training), before)
            after.append(state)
        x = self.out(self.dropout(x, training=training))
        if self.config.tie_embeddings:
            x = ops.matmul(x, ops.transpose(self.embedding.embeddings)) / self.config.embedding_dim**0.5
        return ops.cast(x, "float32"), tuple(after)


def _nats(tokens, logits):
    return ops.sparse_categorical_crossentropy(tokens, logits, from_logits=True)

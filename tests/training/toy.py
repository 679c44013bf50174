"""Small families whose training can be followed by hand."""

from types import SimpleNamespace

import keras
import numpy as np
from keras import ops

from components.models.contract import Family, Player
from components.params import ImageSpec, Optimizer, Training

SPEC = ImageSpec(name="toy", source="toy", shape=(1, 1, 1), levels=2, counts={}, duplicates={}, arrays={})


def training(**changes) -> Training:
    settings = {
        "epochs": 3,
        "batch_size": 4,
        "optimizer": Optimizer(name="sgd", learning_rate=0.1),
        "best_weights": False,
        "sample_every": 1,
    }
    return Training(**(settings | changes))


class Game(Family):
    """Two scalars that pull on one product: a critic ``y`` that rises, a generator ``x`` that descends."""

    def __init__(self, updates=3, learning_rate=0.1):
        super().__init__(SimpleNamespace(family="game"), SPEC)
        self.x = self.add_weight(shape=(), initializer=keras.initializers.Constant(1.0), name="x")
        self.y = self.add_weight(shape=(), initializer=keras.initializers.Constant(0.5), name="y")
        self.updates, self.sgd = updates, Optimizer(name="sgd", learning_rate=learning_rate)
        self.built = True

    def players(self):
        return [
            Player("critic", [self.y], self._critic, self.sgd, self.updates),
            Player("generator", [self.x], self._generator, self.sgd),
        ]

    def _critic(self, batch, step):
        return -self.x * self.y * ops.mean(batch["image"]) + 0.5 * ops.square(self.y), {}

    def _generator(self, batch, step):
        return self.x * self.y, {"turns": ops.cast(step, "float32")}

    def validate(self, batch):
        return {"loss": ops.square(self.x.value) + 0 * ops.mean(batch["image"])}


class Line(Family):
    """A chain of scalar weights, ``depth`` of them, fitted to twice its input; noisy if asked."""

    def __init__(self, depth=1, weight=0.5, noise=0.0, explode_at=None):
        super().__init__(SimpleNamespace(family="line"), SPEC)
        constant = keras.initializers.Constant(weight)
        self.chain = [self.add_weight(shape=(1, 1), initializer=constant, name=f"w{i}") for i in range(depth)]
        self.draws = keras.random.SeedGenerator(3)
        self.noise, self.explode_at = noise, explode_at
        self.built = True

    def players(self):
        return [Player("loss", self.trainable_variables, self._loss, Optimizer(name="sgd", learning_rate=0.1))]

    def _loss(self, batch, step):
        x = ops.cast(batch["image"], "float32")
        y = x + self.noise * keras.random.normal(ops.shape(x), seed=self.draws)
        for weight in self.chain:
            y = ops.matmul(y, weight)
        loss = ops.mean(ops.square(y - 2 * x))
        if self.explode_at is not None:
            loss = ops.where(step == self.explode_at, float("nan"), loss)
        return loss, {}

    def validate(self, batch):
        return {"loss": self._loss(batch, -1)[0]}


def images(n=40):
    return np.random.default_rng(0).uniform(0.5, 1.5, (n, 1)).astype("float32")

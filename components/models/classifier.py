"""The reference classifier: no generative model, but the eye that samples of all of them are seen with.

Distances of pictures say little about pictures, those of a classifier's features say more (Heusel et al., *GANs Trained
by a Two Time-Scale Update Rule*, https://arxiv.org/abs/1706.08500, with a classifier of photographs). This one is
trained on the very data set, so that what it looks at is what tells these images apart, and nothing is downloaded.

Images without classes are told apart by how they were turned, after Gidaris, Singh and Komodakis, *Unsupervised
Representation Learning by Predicting Image Rotations*, https://arxiv.org/abs/1803.07728; here by the four ways that fit
any height and width: as it is, mirrored, upside down, both.
"""

from keras import layers, ops

from components.models.contract import Family, Player
from components.networks.convolutional import convolutional_encoder
from components.params import ImageSpec
from components.params.classifier import ClassifierConfig

__all__ = ["Classifier"]

WAYS = 4


class Classifier(Family):
    """Convolutions, features, logits.

    Args:
        config: the section ``reference`` of ``params.yaml``.
        spec: an image data set.
    """

    config: ClassifierConfig
    spec: ImageSpec

    def __init__(self, config: ClassifierConfig, spec: ImageSpec):
        super().__init__(config, spec)
        self.network = convolutional_encoder(spec.shape, config.widths, config.features)
        self.head = layers.Dense(len(spec.classes) if spec.classes else WAYS, name="classes")
        self.head.build((None, config.features))
        self.built = True

    def players(self) -> list[Player]:
        """One: everything descends on the cross-entropy of the classes."""
        return [Player("loss", self.trainable_variables, self._loss, self.config.training.optimizer)]

    def validate(self, batch):
        """The cross-entropy, and the part of the images whose class is found."""
        loss, logs = self._loss(batch, 0)
        return {"loss": loss, **logs}

    def features(self, x):
        """Where images ``uint8[B, H, W, C]`` lie in the space that they are compared in, ``float32[B, D]``."""
        return ops.cast(self.network(ops.cast(x, "float32") / (self.spec.levels - 1)), "float32")

    def logits(self, features):
        """Of the classes, or of the ways to turn, ``float32[B, C]``, from features ``float32[B, D]``."""
        return ops.cast(self.head(ops.relu(features)), "float32")

    def _loss(self, batch, step):
        x, label = batch["image"], batch.get("label") if self.spec.classes else None
        if label is None:
            x, label = _turned(x)
        label = ops.cast(label, "int32")
        known = ops.cast(label >= 0, "float32")
        logits = self.logits(self.features(x))
        nats = ops.sparse_categorical_crossentropy(ops.maximum(label, 0), logits, from_logits=True)
        right = ops.cast(ops.equal(ops.cast(ops.argmax(logits, axis=-1), "int32"), label), "float32")
        total = ops.maximum(ops.sum(known), 1.0)
        return ops.sum(known * nats) / total, {"accuracy": ops.sum(known * right) / total}


def _turned(x):
    """Every image in each of the four ways, and which it is."""
    ways = [x, ops.flip(x, axis=2), ops.flip(x, axis=1), ops.flip(x, axis=(1, 2))]
    return ops.concatenate(ways), ops.repeat(ops.arange(WAYS), ops.shape(x)[0])

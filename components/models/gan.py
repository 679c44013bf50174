"""Generative adversarial network.

Goodfellow et al., *Generative Adversarial Networks*, https://arxiv.org/abs/1406.2661, with the convolutions of Radford,
Metz and Chintala (DCGAN), https://arxiv.org/abs/1511.06434: a discriminator learns to tell images of the data from
those of a generator, which learns to be mistaken for the data.

Departures, all of them parameters: other losses; everything that keeps the discriminator from winning too easily
(dropout, an optimiser or fewer filters of its own, spectral normalization, noise on its inputs, its labels smoothed,
blurred or flipped) and the generator from collapsing (minibatch deviation, more updates a turn); classes. Noise is
Gaussian where DCGAN's is uniform. Real and generated images are judged in batches of their own, as in DCGAN; the
generator's turns leave the discriminator's kept statistics alone.

Nothing that either player minimises says how good the images are: what is held out is compared with as many samples by
their energy distance.
"""

import keras
from keras import ops

from components.models.adversarial_family import AdversarialFamily
from components.models.contract import Player
from components.networks.adversarial import Critic, Generator
from components.networks.adversarial_losses import LOSSES, labels
from components.networks.two_samples import energy_distance
from components.params import ImageSpec
from components.params.gan import GANConfig

__all__ = ["GAN"]


class GAN(AdversarialFamily):
    """A generator and a discriminator.

    Args:
        config: its section of ``params.yaml``.
        spec: an image data set.
    """

    config: GANConfig

    def __init__(self, config: GANConfig, spec: ImageSpec):
        super().__init__(config, spec)
        narrow = keras.initializers.RandomNormal(stddev=0.02)
        self.generator = Generator(config.generator, config.latent_dim, spec.shape, self.classes, narrow)
        self.discriminator = Critic(config.discriminator, spec.shape, self.classes, narrow, "discriminator")
        self.criterion = LOSSES[config.loss]
        self.chance = keras.random.SeedGenerator(name="chance")
        self.built = True

    def players(self) -> list[Player]:
        """The discriminator, then the generator."""
        config, optimizer = self.config, self.config.training.optimizer
        first, second = self.discriminator.trainable_variables, self.generator.trainable_variables
        own = config.discriminator.optimizer or optimizer
        return [
            Player("discriminator", first, self._discriminator, own, config.discriminator.updates),
            Player("generator", second, self._generator, optimizer, config.generator.updates),
        ]

    def validate(self, batch):
        """Energy distance of as many samples, what both players lose, and how often the discriminator is right."""
        x, label = self.given(batch)
        fake = self.generator.draw(ops.shape(x)[0], label, training=False)
        real_output, fake_output = (self.discriminator(images, label, training=False) for images in (x, fake))
        losses = self.criterion.judged(real_output, 1.0), self.criterion.judged(fake_output, 0.0)
        return {
            "loss": energy_distance(x, fake),
            "discriminator": ops.mean(losses[0]) + ops.mean(losses[1]),
            "generator": ops.mean(self.criterion.generated(fake_output)),
            "accuracy": self._accuracy(real_output, fake_output),
        }

    def _discriminator(self, batch, step):
        x, label = self.given(batch)
        fake = self.generator.draw(ops.shape(x)[0], label, training=True)
        seen = (self._blurred(images, step) for images in (x, fake))
        real_output, fake_output = (self.discriminator(images, label, training=True) for images in seen)
        losses = [
            ops.mean(self.criterion.judged(output, self._told(real, ops.shape(output)[0])))
            for real, output in [(True, real_output), (False, fake_output)]
        ]
        return losses[0] + losses[1], {"accuracy": self._accuracy(real_output, fake_output)}

    def _generator(self, batch, step):
        x, label = self.given(batch)
        seen = self._blurred(self.generator.draw(ops.shape(x)[0], label, training=True), step)
        with self.discriminator.unmoved():
            output = self.discriminator(seen, label, training=True)
        return ops.mean(self.criterion.generated(output)), {}

    def _blurred(self, x, step):
        """Images as the discriminator sees them in training."""
        std, steps = self.config.input_noise, self.config.input_noise_steps
        if not std:
            return x
        left = ops.maximum(1 - ops.cast(step, "float32") / steps, 0.0) if steps else 1.0
        return x + std * left * keras.random.normal(ops.shape(x), seed=self.chance)

    def _told(self, real, n):
        config = self.config
        chances = {"smoothing": config.label_smoothing, "noise": config.label_noise, "flips": config.label_flips}
        return labels(real, n, **chances, seed=self.chance)

    def _accuracy(self, real_output, fake_output):
        boundary = self.criterion.boundary
        right = ops.concatenate([real_output > boundary, fake_output <= boundary])
        return ops.mean(ops.cast(right, "float32"))

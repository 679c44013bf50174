"""Wasserstein generative adversarial network with gradient penalty.

Arjovsky, Chintala and Bottou, *Wasserstein GAN*, https://arxiv.org/abs/1701.07875: the difference of a critic's mean
scores of data and of generated images, at its largest over all critics of slope at most one, is the Wasserstein
distance of the two; the generator makes it small. Gulrajani et al., *Improved Training of Wasserstein GANs*,
https://arxiv.org/abs/1704.00028: the critic pays for slopes other than one on straight lines between data and generated
images (their algorithm 1), and has no batch normalization, which would let one image shape the score of another.

Departures, both parameters: a drift term (Karras et al., *Progressive Growing of GANs*, appendix A.1,
https://arxiv.org/abs/1710.10196) that keeps scores of data near zero; classes. The networks are DCGAN's. Besides
the estimate on training images the one on held-out images is logged: where they part, the critic has learned its
examples by heart. What chooses weights is the energy distance of samples and held-out images.
"""

import keras
from keras import ops

from components.models.adversarial_family import AdversarialFamily
from components.models.contract import Player
from components.networks.adversarial import Critic, Generator
from components.networks.gradient_penalty import gradient_penalty
from components.networks.two_samples import energy_distance
from components.params import ImageSpec
from components.params.wgan_gp import WGANGPConfig

__all__ = ["WGANGP"]


class WGANGP(AdversarialFamily):
    """A generator and a critic.

    Args:
        config: its section of ``params.yaml``.
        spec: an image data set.
    """

    config: WGANGPConfig

    def __init__(self, config: WGANGPConfig, spec: ImageSpec):
        super().__init__(config, spec)
        self.generator = Generator(config.generator, config.latent_dim, spec.shape, self.classes, "he_uniform")
        self.critic = Critic(config.critic, spec.shape, self.classes, "he_uniform", "critic")
        self.chance = keras.random.SeedGenerator(name="chance")
        self.built = True

    def players(self) -> list[Player]:
        """The critic, then the generator."""
        config, optimizer = self.config, self.config.training.optimizer
        first, second = self.critic.trainable_variables, self.generator.trainable_variables
        return [
            Player("critic", first, self._critic, config.critic.optimizer or optimizer, config.n_critic),
            Player("generator", second, self._generator, optimizer, config.generator.updates),
        ]

    def validate(self, batch):
        """Energy distance of as many samples, and the critic's estimate of the Wasserstein distance."""
        x, label = self.given(batch)
        fake = self.generator.draw(ops.shape(x)[0], label, training=False)
        scores = [ops.mean(self.critic(images, label, training=False)) for images in (x, fake)]
        return {"loss": energy_distance(x, fake), "wasserstein": scores[0] - scores[1], "generator": -scores[1]}

    def _critic(self, batch, step):
        x, label = self.given(batch)
        fake = self.generator.draw(ops.shape(x)[0], label, training=True)
        real_score, fake_score = (self.critic(images, label, training=True) for images in (x, fake))
        u = keras.random.uniform((ops.shape(x)[0],), seed=self.chance)
        penalty = gradient_penalty(lambda images: self.critic(images, label, training=True), x, fake, u)
        wasserstein = ops.mean(real_score) - ops.mean(fake_score)
        loss = self.config.penalty * penalty - wasserstein
        if self.config.drift:
            loss = loss + self.config.drift * ops.mean(ops.square(real_score))
        return loss, {"wasserstein": wasserstein, "penalty": penalty}

    def _generator(self, batch, step):
        x, label = self.given(batch)
        fake = self.generator.draw(ops.shape(x)[0], label, training=True)
        return -ops.mean(self.critic(fake, label, training=True)), {}

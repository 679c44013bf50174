"""Variational autoencoder, of images or of images given their classes.

Kingma and Welling, *Auto-Encoding Variational Bayes*, https://arxiv.org/abs/1312.6114: an encoder gives a Gaussian with
diagonal covariance over latents, a decoder a likelihood over images, and both are trained on the evidence lower bound
(their equation 3, with the divergence in closed form).

Departures, all of them parameters: ``beta`` weighs the divergence (Higgins et al.,
https://openreview.net/forum?id=Sy2fzU9gl), which may rise from zero over the first steps (Bowman et al.,
https://arxiv.org/abs/1511.06349) and is free of charge up to ``free_bits`` a dimension (Kingma et al.,
https://arxiv.org/abs/1606.04934, equation 15). The prior may be learned, as a mixture or a VampPrior; its divergence is
then estimated from the one draw of the latent, and the dimensions have their free bits together. What is reported is
always the bound itself.

A conditional model is Kingma et al.'s M2 with every label known, https://arxiv.org/abs/1406.5298: the encoder sees the
label as one more channel, a learned plane for each class, the decoder beside the latent; the prior is one for all.
"""

import math
from functools import cached_property

import keras
import numpy as np
from keras import layers, ops

from components.backend import compiled, in_batches, scan
from components.models.contract import ImageFamily, Player
from components.networks.decoders import DECODERS
from components.networks.encoders import ENCODERS
from components.networks.likelihoods import LIKELIHOODS
from components.networks.priors import make_prior
from components.networks.style import Style
from components.params import ImageSpec, UserError
from components.params.vae import VAEConfig

__all__ = ["VAE"]

TOGETHER = 16  # draws of the importance-weighted bound that are in memory at a time


class VAE(ImageFamily):
    """Encoder, decoder, likelihood and prior, each chosen by name.

    Args:
        config: its section of ``params.yaml``.
        spec: an image data set.
    """

    config: VAEConfig

    def __init__(self, config: VAEConfig, spec: ImageSpec):
        super().__init__(config, spec)
        likelihood = LIKELIHOODS[config.likelihood](spec.levels)
        height, width, channels = spec.shape
        seen, style = (height, width, channels + self.conditional), Style.of(config)
        if self.conditional:
            normal = keras.initializers.RandomNormal(stddev=1.0)
            self.planes = layers.Embedding(self.classes, height * width, normal, name="planes")
            self.planes.build(())
        self.encoder = ENCODERS[config.encoder](seen, config.widths, 2 * config.latent_dim, style)
        self.prior = make_prior(config.prior, config.prior_components, config.latent_dim, seen, self._pseudo_posteriors)
        self.decoder = DECODERS[config.encoder](
            config.latent_dim + self.classes, config.widths, (height, width, channels * likelihood.outputs), style
        )
        self.likelihood = likelihood
        self.noise = keras.random.SeedGenerator(name="noise")
        self.built = True

    @property
    def discrete(self) -> bool:
        """Whether the likelihood is one of discrete intensities."""
        return self.likelihood.discrete

    def players(self) -> list[Player]:
        """One: everything descends on the negative bound."""
        return [Player("loss", self.trainable_variables, self._loss, self.config.training.optimizer)]

    def validate(self, batch):
        """The negative bound, its two terms, as means in nats."""
        reconstruction, kl = self._terms(batch["image"], batch.get("label"))
        kl = ops.sum(kl, axis=1)
        return {
            "loss": ops.mean(reconstruction + kl),
            "reconstruction": ops.mean(reconstruction),
            "kl": ops.mean(kl),
        }

    def elbo(self, x, label=None):
        """Evidence lower bound, nats for each image, from one draw of the latent."""
        reconstruction, kl = self._terms(x, label)
        return -reconstruction - ops.sum(kl, axis=1)

    def importance_bound(self, x, k: int, label=None):
        """Importance-weighted bound of ``k`` draws, nats for each image.

        Burda, Grosse and Salakhutdinov, *Importance Weighted Autoencoders*, equation 8,
        https://arxiv.org/abs/1509.00519. It tends to the log-likelihood as ``k`` grows; ``k = 1`` is the elbo.
        """
        x = self.to_unit(x)
        mean, log_variance = self._posterior(x, label)
        batch, dim = ops.shape(mean)[0], self.config.latent_dim
        draws = max(divisor for divisor in range(1, TOGETHER + 1) if k % divisor == 0)
        image = ops.tile(x, (draws, 1, 1, 1))
        label = None if label is None else ops.tile(label, (draws,))
        log_prior = self.prior.density()

        def weigh(total, noise):
            z = ops.reshape(mean + ops.exp(0.5 * log_variance) * noise, (draws * batch, dim))
            log_joint = self.likelihood.log_prob(self._decoded(z, label), image) + log_prior(z)
            log_posterior = -0.5 * ops.sum(ops.square(noise) + log_variance + math.log(2 * math.pi), axis=2)
            log_weights = ops.reshape(log_joint, (draws, batch)) - log_posterior
            total = ops.logaddexp(total, ops.logsumexp(log_weights, axis=0))
            return total, total

        noise = keras.random.normal((k // draws, draws, batch, dim), seed=self.noise)
        total, _ = scan(weigh, ops.full((batch,), -math.inf), noise)
        return total - math.log(k)

    def encode(self, x, label=None):
        """Posterior means ``float32[B, latent_dim]``."""
        return self._posterior(self.to_unit(x), label)[0]

    def decode(self, z, label=None):
        """Mean images ``float32[B, H, W, C]`` in [0, 1]."""
        return self.likelihood.mean(self._decoded(z, label))

    def sample(
        self, n: int, seed: int, *, label: int = -1, temperature: float = 1.0, pixel_noise: bool = False
    ) -> np.ndarray:
        """Images of latents drawn from the prior.

        Args:
            n: how many.
            seed: same seed, same images.
            label: their class, of a conditional model; -1 draws one for each.
            temperature: scale of the standard deviation of the prior, or of each of its Gaussians.
            pixel_noise: draw pixels from the likelihood; else its mean is shown, as is customary.

        Returns:
            ``uint8[n, H, W, C]`` of intensities.

        Raises:
            UserError: the temperature is negative, or there is no such class.
        """
        if temperature < 0:
            raise UserError(f"temperature: {temperature:g}; allowed: a number from 0 on")
        random = np.random.default_rng(seed)
        noise = temperature * random.standard_normal((n, self.config.latent_dim), "float32")
        chosen = [noise, random.random(n, "float32"), self.sampled_labels(n, label, random)]
        if not pixel_noise:
            return self.to_intensities(in_batches(self._mean_images, *chosen))
        u = np.clip(random.random((n, *self.spec.shape), np.float32), 1e-6, 1 - 1e-6)
        return self.to_intensities(in_batches(self._drawn_images, *chosen, u))

    @cached_property
    def _mean_images(self):
        return compiled(lambda *chosen: self.likelihood.mean(self._generated(*chosen)), self.variables)

    @cached_property
    def _drawn_images(self):
        return compiled(lambda *args: self.likelihood.draw(self._generated(*args[:-1]), args[-1]), self.variables)

    def _generated(self, noise, u, label):
        return self._decoded(self.prior.draw(noise, u), label)

    def _loss(self, batch, step):
        reconstruction, kl = self._terms(batch["image"], batch.get("label"), training=True)
        free = self.config.free_bits * self.config.latent_dim / kl.shape[1]
        paid = ops.sum(ops.maximum(ops.mean(kl, axis=0), free))
        warmup = self.config.kl_warmup_steps
        risen = ops.minimum(ops.cast(step, "float32") / warmup, 1.0) if warmup else 1.0
        reconstruction = ops.mean(reconstruction)
        logs = {"reconstruction": reconstruction, "kl": ops.mean(ops.sum(kl, axis=1))}
        return reconstruction + self.config.beta * risen * paid, logs

    def _terms(self, x, label, training=False):
        """Negative log-likelihood ``[B]`` of one draw, and the parts ``[B, G]`` of the divergence, in nats."""
        x = self.to_unit(x)
        mean, log_variance = self._posterior(x, label, training)
        z = mean + ops.exp(0.5 * log_variance) * keras.random.normal(ops.shape(mean), seed=self.noise)
        kl = self.prior.divergence(mean, log_variance, z)
        return -self.likelihood.log_prob(self._decoded(z, label, training), x), kl

    def _posterior(self, x, label, training=False):
        if self.conditional:
            plane = ops.reshape(self.planes(ops.cast(label, "int32")), (-1, *self.spec.shape[:2], 1))
            x = ops.concatenate([x, ops.cast(plane, "float32")], axis=-1)
        return self._gaussians(x, training)

    def _gaussians(self, seen, training=False):
        """Posteriors of what the encoder sees."""
        encoded = ops.cast(self.encoder(seen, training=training), "float32")
        mean, log_variance = ops.split(encoded, 2, axis=1)
        return mean, ops.clip(log_variance, -20.0, 10.0)

    def _pseudo_posteriors(self, seen):
        """Of a VampPrior's pseudo-inputs: images in [0, 1], as in the authors' code, and what stands for a label.

        https://github.com/jmtomczak/vae_vampprior
        """
        channels = self.spec.shape[-1]
        image = ops.clip(seen[..., :channels], 0.0, 1.0)
        return self._gaussians(ops.concatenate([image, seen[..., channels:]], axis=-1))

    def _decoded(self, z, label, training=False):
        if self.conditional:
            z = ops.concatenate([z, ops.one_hot(ops.cast(label, "int32"), self.classes)], axis=1)
        return ops.cast(self.decoder(z, training=training), "float32")

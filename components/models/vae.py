"""Variational autoencoder.

Kingma and Welling, *Auto-Encoding Variational Bayes*, https://arxiv.org/abs/1312.6114: an encoder gives a Gaussian with
diagonal covariance over latents, a decoder a likelihood over images, and both are trained on the evidence lower bound
(their equation 3, with the divergence in closed form).

Departures, all of them parameters: ``beta`` weighs the divergence (Higgins et al.,
https://openreview.net/forum?id=Sy2fzU9gl), which may rise from zero over the first steps (Bowman et al.,
https://arxiv.org/abs/1511.06349) and is free of charge up to ``free_bits`` a dimension (Kingma et al.,
https://arxiv.org/abs/1606.04934, equation 15). What is reported is always the bound itself.
"""

import math
from functools import cached_property

import keras
import numpy as np
from keras import ops

from components.backend import compiled, in_batches
from components.models.contract import ImageFamily, Player
from components.networks.decoders import DECODERS
from components.networks.encoders import ENCODERS
from components.networks.likelihoods import LIKELIHOODS
from components.params import ImageSpec, UserError
from components.params.vae import VAEConfig

__all__ = ["VAE"]


class VAE(ImageFamily):
    """Encoder, decoder and likelihood, each chosen by name.

    Args:
        config: its section of ``params.yaml``.
        spec: an image data set.
    """

    config: VAEConfig

    def __init__(self, config: VAEConfig, spec: ImageSpec):
        super().__init__(config, spec)
        likelihood = LIKELIHOODS[config.likelihood](spec.levels)
        height, width, channels = spec.shape
        self.encoder = ENCODERS[config.encoder](spec.shape, config.widths, 2 * config.latent_dim)
        self.decoder = DECODERS[config.encoder](
            config.latent_dim, config.widths, (height, width, channels * likelihood.outputs)
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
        reconstruction, kl = self._terms(self.to_unit(batch["image"]))
        kl = ops.sum(kl, axis=1)
        return {
            "loss": ops.mean(reconstruction + kl),
            "reconstruction": ops.mean(reconstruction),
            "kl": ops.mean(kl),
        }

    def elbo(self, x):
        """Evidence lower bound, nats for each image, from one draw of the latent."""
        reconstruction, kl = self._terms(self.to_unit(x))
        return -reconstruction - ops.sum(kl, axis=1)

    def importance_bound(self, x, k: int):
        """Importance-weighted bound of ``k`` draws, nats for each image.

        Burda, Grosse and Salakhutdinov, *Importance Weighted Autoencoders*, equation 8,
        https://arxiv.org/abs/1509.00519. It tends to the log-likelihood as ``k`` grows; ``k = 1`` is the elbo.
        """
        x = self.to_unit(x)
        mean, log_variance = self._posterior(x)
        batch = ops.shape(mean)[0]
        groups = []
        for draws in _groups(k):
            noise = keras.random.normal((draws, batch, self.config.latent_dim), seed=self.noise)
            z = mean + ops.exp(0.5 * log_variance) * noise
            output = self._decoded(ops.reshape(z, (draws * batch, self.config.latent_dim)))
            log_likelihood = self.likelihood.log_prob(output, ops.tile(x, (draws, 1, 1, 1)))
            log_ratio = 0.5 * ops.sum(ops.square(noise) + log_variance - ops.square(z), axis=2)
            groups.append(ops.logsumexp(ops.reshape(log_likelihood, (draws, batch)) + log_ratio, axis=0))
        return ops.logsumexp(ops.stack(groups), axis=0) - math.log(k)

    def encode(self, x):
        """Posterior means ``float32[B, latent_dim]``."""
        return self._posterior(self.to_unit(x))[0]

    def decode(self, z):
        """Mean images ``float32[B, H, W, C]`` in [0, 1]."""
        return self.likelihood.mean(self._decoded(z))

    def sample(self, n: int, seed: int, *, temperature: float = 1.0, pixel_noise: bool = False) -> np.ndarray:
        """Images of latents drawn from the prior.

        Args:
            n: how many.
            seed: same seed, same images.
            temperature: scale of the prior's standard deviation.
            pixel_noise: draw pixels from the likelihood; else its mean is shown, as is customary.

        Returns:
            ``uint8[n, H, W, C]`` of intensities.

        Raises:
            UserError: the temperature is negative.
        """
        if temperature < 0:
            raise UserError(f"temperature: {temperature:g}; allowed: a number from 0 on")
        random = np.random.default_rng(seed)
        z = temperature * random.standard_normal((n, self.config.latent_dim), "float32")
        if not pixel_noise:
            return self.to_intensities(in_batches(self._decode, z))
        u = np.clip(random.random((n, *self.spec.shape), np.float32), 1e-6, 1 - 1e-6)
        return self.to_intensities(in_batches(self._draw, z, u))

    @cached_property
    def _decode(self):
        return compiled(self.decode, self.variables)

    @cached_property
    def _draw(self):
        return compiled(lambda z, u: self.likelihood.draw(self._decoded(z), u), self.variables)

    def _loss(self, batch, step):
        reconstruction, kl = self._terms(self.to_unit(batch["image"]))
        paid = ops.sum(ops.maximum(ops.mean(kl, axis=0), self.config.free_bits))
        warmup = self.config.kl_warmup_steps
        risen = ops.minimum(ops.cast(step, "float32") / warmup, 1.0) if warmup else 1.0
        reconstruction = ops.mean(reconstruction)
        logs = {"reconstruction": reconstruction, "kl": ops.mean(ops.sum(kl, axis=1))}
        return reconstruction + self.config.beta * risen * paid, logs

    def _terms(self, x):
        """Negative log-likelihood ``[B]`` of one draw, and divergence from the prior ``[B, latent_dim]``, in nats."""
        mean, log_variance = self._posterior(x)
        z = mean + ops.exp(0.5 * log_variance) * keras.random.normal(ops.shape(mean), seed=self.noise)
        kl = 0.5 * (ops.square(mean) + ops.exp(log_variance) - log_variance - 1)
        return -self.likelihood.log_prob(self._decoded(z), x), kl

    def _posterior(self, x):
        mean, log_variance = ops.split(ops.cast(self.encoder(x), "float32"), 2, axis=1)
        return mean, ops.clip(log_variance, -20.0, 10.0)

    def _decoded(self, z):
        return ops.cast(self.decoder(z), "float32")


def _groups(k: int, most: int = 16) -> list[int]:
    """``k`` draws in groups that fit in memory together."""
    return [min(most, k - start) for start in range(0, k, most)]

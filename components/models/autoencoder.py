"""Autoencoder, and with noise on its inputs the denoising autoencoder.

Hinton and Salakhutdinov, *Reducing the Dimensionality of Data with Neural Networks*,
https://www.science.org/doi/10.1126/science.1127647: an encoder to a bottleneck and a decoder back, trained on the
squared error. Vincent et al., *Extracting and Composing Robust Features with Denoising Autoencoders*,
https://dl.acm.org/doi/10.1145/1390156.1390294: the encoder sees a corrupted image, the decoder has to give the clean
one.

Departures: trained at once, not layer by layer; the corruption is Gaussian. To sample, a mixture of Gaussians is fitted
to the latents of the training images once the networks are trained.
"""

from functools import cached_property

import keras
import numpy as np
from keras import ops

from components.backend import compiled, in_batches
from components.models.contract import ImageFamily, Player
from components.networks.decoders import DECODERS
from components.networks.encoders import ENCODERS
from components.networks.mixture import GaussianMixture
from components.networks.style import Style
from components.params import ImageSpec
from components.params.autoencoder import AutoencoderConfig

__all__ = ["Autoencoder"]

FITTED = 20_000


class Autoencoder(ImageFamily):
    """An encoder by name and its mirror image.

    Args:
        config: its section of ``params.yaml``.
        spec: an image data set.
    """

    config: AutoencoderConfig

    def __init__(self, config: AutoencoderConfig, spec: ImageSpec):
        super().__init__(config, spec)
        style = Style.of(config)
        self.encoder = ENCODERS[config.encoder](spec.shape, config.widths, config.latent_dim, style)
        self.decoder = DECODERS[config.encoder](config.latent_dim, config.widths, spec.shape, style)
        self.latents = GaussianMixture(config.mixture_components, config.latent_dim)
        self.noise = keras.random.SeedGenerator(name="noise")
        self.built = True

    def players(self) -> list[Player]:
        """One: everything descends on the squared error."""
        return [Player("loss", self.trainable_variables, self._loss, self.config.training.optimizer)]

    def validate(self, batch):
        """Squared error of a pixel, from inputs as noisy as in training."""
        return {"loss": self._error(batch["image"], training=False)}

    def encode(self, x):
        """Latents ``float32[B, latent_dim]``."""
        return ops.cast(self.encoder(self.to_unit(x)), "float32")

    def decode(self, z):
        """Images ``float32[B, H, W, C]`` in [0, 1]."""
        return ops.sigmoid(ops.cast(self.decoder(z), "float32"))

    @property
    def corrupts(self) -> bool:
        """Whether inputs are noisy in training."""
        return self.config.noise > 0

    def corrupt(self, x):
        """Images in [0, 1] with the noise of training: what a denoiser is given."""
        return x + self.config.noise * keras.random.normal(ops.shape(x), seed=self.noise)

    def denoise(self, x):
        """Clean images of noisy ones, both ``float32[B, H, W, C]``."""
        return self._restored(x, training=False)

    def conclude(self, train: np.ndarray, seed: int) -> None:
        """Fit the mixture to the latents of at most the first 20,000 training images."""
        self.latents.fit(in_batches(self._encode, train[:FITTED]), seed)

    def preview(self, examples: np.ndarray, seed: int) -> np.ndarray:
        """Reconstructions: there is nothing to sample from while it is trained."""
        z = in_batches(self._encode, examples)
        return self.to_intensities(in_batches(self._decode, z))

    def sample(self, n: int, seed: int) -> np.ndarray:
        """Images ``uint8[n, H, W, C]`` of latents drawn from the mixture; same seed, same images."""
        return self.to_intensities(in_batches(self._decode, self.latents.sample(n, seed)))

    @cached_property
    def _encode(self):
        return compiled(self.encode, self.variables)

    @cached_property
    def _decode(self):
        return compiled(self.decode, self.variables)

    def _loss(self, batch, step):
        return self._error(batch["image"], training=True), {}

    def _error(self, images, training):
        x = self.to_unit(images)
        return ops.mean(ops.square(x - self._restored(self.corrupt(x) if self.corrupts else x, training)))

    def _restored(self, x, training):
        z = self.encoder(x, training=training)
        return ops.sigmoid(ops.cast(self.decoder(z, training=training), "float32"))

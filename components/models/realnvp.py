"""Real NVP: a flow with an exact density.

Dinh, Sohl-Dickstein and Bengio, *Density estimation using Real NVP*, https://arxiv.org/abs/1605.08803: images are
dequantized, brought to the whole line by a logit, and mapped to standard normal latents by affine couplings at several
scales.

Departures: activation norms (Kingma and Dhariwal, *Glow*, https://arxiv.org/abs/1807.03039) instead of batch
normalization; the couplings' networks have neither weight normalization nor skip connections beyond their residual
ones; weights are not decayed unless the optimiser does. ``dequantization: variational`` learns what is added to whole
intensities (Ho et al., *Flow++*, https://arxiv.org/abs/1902.00275).

The density of continuous images is exact, :meth:`RealNVP.log_density`; the probability of an image of whole intensities
is its integral over a cube, and is bounded.
"""

import math
from functools import cached_property

import keras
import numpy as np
from keras import ops

from components.backend import compiled, in_batches, scan
from components.models.contract import ImageFamily, Player
from components.networks.bijections import Logit
from components.networks.dequantization import DEQUANTIZERS
from components.networks.flows import MultiScale
from components.params import ImageSpec, UserError
from components.params.realnvp import RealNVPConfig

__all__ = ["RealNVP"]


class RealNVP(ImageFamily):
    """A dequantizer, a logit, and a flow of several scales.

    Args:
        config: its section of ``params.yaml``.
        spec: an image data set.
    """

    config: RealNVPConfig

    def __init__(self, config: RealNVPConfig, spec: ImageSpec):
        super().__init__(config, spec)
        self.dequantizer = DEQUANTIZERS[config.dequantization](spec.shape, config.width, config.blocks)
        self.logit = Logit(config.alpha, "logit")
        self.flow = MultiScale(
            spec.shape, scales=config.scales, couplings=config.couplings, width=config.width, blocks=config.blocks
        )
        self.noise = keras.random.SeedGenerator(name="noise")
        self.built = True

    discrete = True

    def players(self) -> list[Player]:
        """One: everything descends on the negative bound."""
        return [Player("loss", self.trainable_variables, self._loss, self.config.training.optimizer)]

    def validate(self, batch):
        """The negative bound, a mean in nats."""
        return {"loss": -ops.mean(self.elbo(batch["image"]))}

    def log_density(self, v):
        """Exact log-density of continuous images, nats for each.

        Args:
            v: ``float[B, H, W, C]`` in units of intensities: image ``x`` of whole ones is the cube ``[x, x + 1]``.
        """
        return self._log_density(v, initialize=False)

    def elbo(self, x):
        """Lower bound of the log-probability, nats for each image, from one draw of the dequantizer."""
        x = ops.cast(x, "float32")
        return self._bound(x, self.dequantizer.noise(ops.shape(x), self.noise))

    def importance_bound(self, x, k: int):
        """Importance-weighted bound of ``k`` draws of the dequantizer, nats for each image.

        Ho et al., *Flow++*, equation 14. It tends to the log-probability as ``k`` grows; ``k = 1`` is the elbo.
        """
        x = ops.cast(x, "float32")
        noise = self.dequantizer.noise((k, *ops.shape(x)), self.noise)
        _, bounds = scan(lambda state, noise: (state, self._bound(x, noise)), ops.zeros(()), noise)
        return ops.logsumexp(bounds, axis=0) - math.log(k)

    def encode(self, x):
        """Latents ``float32[B, H·W·C]`` of the middle of each image's cube."""
        y, _ = self.logit.forward((ops.cast(x, "float32") + 0.5) / self.spec.levels)
        return self.flow.forward(y)[0]

    def decode(self, z):
        """The images ``float32[B, H, W, C]`` in [0, 1] in whose cubes the latents' points lie."""
        return ops.clip(ops.floor(self._points(z)) / (self.spec.levels - 1), 0.0, 1.0)

    def inverse_error(self, x):
        """How far the worst pixel of each image is from where it comes back, in steps between two intensities."""
        return ops.max(ops.abs(self._points(self.encode(x)) - ops.cast(x, "float32") - 0.5), axis=(1, 2, 3))

    def sample(self, n: int, seed: int, *, temperature: float = 1.0) -> np.ndarray:
        """Images of latents drawn from a normal distribution.

        Args:
            n: how many.
            seed: same seed, same images.
            temperature: its standard deviation.

        Returns:
            ``uint8[n, H, W, C]`` of intensities.

        Raises:
            UserError: the temperature is negative.
        """
        if temperature < 0:
            raise UserError(f"temperature: {temperature:g}; allowed: a number from 0 on")
        z = np.random.default_rng(seed).standard_normal((n, math.prod(self.spec.shape)), "float32")
        return self.to_intensities(in_batches(self._decode, temperature * z))

    @cached_property
    def _decode(self):
        return compiled(self.decode, self.variables)

    def _loss(self, batch, step):
        x = ops.cast(batch["image"], "float32")
        noise = self.dequantizer.noise(ops.shape(x), self.noise)
        return -ops.mean(self._bound(x, noise, initialize=ops.equal(step, 0))), {}

    def _bound(self, x, noise, initialize=False):
        u, log_q = self.dequantizer.draw(self._centred(x), noise, initialize)
        return self._log_density(x + u, initialize) - log_q

    def _log_density(self, v, initialize):
        y, log_det = self.logit.forward(v / self.spec.levels)
        return self.flow.log_density(y, initialize) + log_det - math.log(self.spec.levels) * math.prod(self.spec.shape)

    def _centred(self, x):
        return 2 * x / (self.spec.levels - 1) - 1

    def _points(self, z):
        """Where latents come from, ``float32[B, H, W, C]``, in steps between two intensities."""
        return self.logit.inverse(self.flow.inverse(z)) * self.spec.levels

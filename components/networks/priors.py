"""Priors over a latent space ``float[N, D]``, by name. Log-probabilities are in nats."""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import keras
from keras import layers, ops

__all__ = ["Mixture", "Prior", "Standard", "VampPrior", "make_prior"]

Gaussians = tuple[Any, Any]
"""Means and log-variances, ``float[N, D]`` each, of Gaussians with diagonal covariances."""


class Prior(layers.Layer, ABC):
    """A distribution over latents."""

    def __init__(self):
        super().__init__(name="prior", dtype="float32")

    def log_prob(self, z: Any) -> Any:
        """Log-density ``float[N]`` of latents."""
        return self.density()(z)

    @abstractmethod
    def density(self) -> Callable[[Any], Any]:
        """The function of latents that is :meth:`log_prob`, for a loop: what does not depend on them is computed."""

    @abstractmethod
    def divergence(self, mean: Any, log_variance: Any, z: Any) -> Any:
        """From the prior to posteriors, given a draw ``z`` of each: ``float[N, G]``, its sum over ``G`` the whole."""

    @abstractmethod
    def draw(self, noise: Any, u: Any) -> Any:
        """The latent that standard normal ``noise``, ``float[N, D]``, and uniform ``u``, ``float[N]``, lead to."""


class Standard(Prior):
    """N(0, 1) in every dimension; its divergence is closed, and has a part for each."""

    def density(self):
        """Of independent Gaussians."""
        return lambda z: -0.5 * ops.sum(ops.square(z) + math.log(2 * math.pi), axis=1)

    def divergence(self, mean, log_variance, z):
        """``float[N, D]``, whatever was drawn."""
        return 0.5 * (ops.square(mean) + ops.exp(log_variance) - log_variance - 1)

    def draw(self, noise, u):
        """The noise."""
        return noise


class Mixture(Prior):
    """Equally likely Gaussians, their means and variances learned.

    Its divergence is estimated from the one draw, ``float[N, 1]``: it has no parts.

    Args:
        components: how many Gaussians.
        dim: of the latent space.
    """

    def __init__(self, components: int, dim: int):
        super().__init__()
        self.components = components
        spread = keras.initializers.RandomNormal(stddev=1.0)
        self.mean = self.add_weight(shape=(components, dim), initializer=spread, name="mean")
        self.log_variance = self.add_weight(shape=(components, dim), initializer="zeros", name="log_variance")
        self.built = True

    def gaussians(self) -> Gaussians:
        """All of them."""
        return self.mean.value, self.log_variance.value

    def density(self):
        """Of the mixture."""
        mean, log_variance = self.gaussians()

        def log_prob(z):
            each = _log_normal(z[:, None], mean, log_variance)
            return ops.logsumexp(each, axis=1) - math.log(self.components)

        return log_prob

    def divergence(self, mean, log_variance, z):
        """The difference of the two log-densities."""
        return (_log_normal(z, mean, log_variance) - self.log_prob(z))[:, None]

    def draw(self, noise, u):
        """One of the Gaussians, then the noise in its scale."""
        mean, log_variance = self.gaussians()
        chosen = ops.cast(u * self.components, "int32")
        return ops.take(mean, chosen, axis=0) + ops.exp(0.5 * ops.take(log_variance, chosen, axis=0)) * noise


class VampPrior(Mixture):
    """A mixture of the posteriors of learned pseudo-inputs.

    Tomczak and Welling, *VAE with a VampPrior*, https://arxiv.org/abs/1705.07120, equation 9. Departure:
    pseudo-inputs start as uniform noise. What keeps them where inputs lie is up to ``posterior``.

    Args:
        components: how many pseudo-inputs.
        shape: of one.
        posterior: their posteriors, ``float[K, *shape]`` → :data:`Gaussians`.
    """

    def __init__(self, components: int, shape: tuple[int, ...], posterior: Callable[[Any], Gaussians]):
        Prior.__init__(self)
        self.components, self.posterior = components, posterior
        uniform = keras.initializers.RandomUniform(0.0, 1.0)
        self.pseudo_inputs = self.add_weight(shape=(components, *shape), initializer=uniform, name="pseudo_inputs")
        self.built = True

    def gaussians(self):
        """Posteriors of all pseudo-inputs."""
        return self.posterior(self.pseudo_inputs.value)


def make_prior(
    name: str, components: int, dim: int, shape: tuple[int, ...], posterior: Callable[[Any], Gaussians]
) -> Prior:
    """The prior of a name, for an encoder that takes ``shape`` and gives the ``posterior``."""
    makers: dict[str, Callable[[], Prior]] = {
        "standard": Standard,
        "mixture": lambda: Mixture(components, dim),
        "vampprior": lambda: VampPrior(components, shape, posterior),
    }
    return makers[name]()


def _log_normal(z, mean, log_variance):
    squares = ops.square(z - mean) * ops.exp(-log_variance)
    return -0.5 * ops.sum(squares + log_variance + math.log(2 * math.pi), axis=-1)

"""Energy-based model, learned by contrastive divergence from Langevin chains.

Du and Mordatch, *Implicit Generation and Modeling with Energy-Based Models*, https://arxiv.org/abs/1903.08689: a
network gives each image an energy, and learns lower ones for data than for where noisy descent on it leads; these
chains go on from a replay buffer, and some begin anew (algorithm 1, with its weak penalty on the squares of
energies). Where all begin anew it is the short-run model of Nijkamp et al., https://arxiv.org/abs/1904.09770: a
sample is what so many steps make of noise.

Departures: data have Gaussian noise (as in Nijkamp et al., https://arxiv.org/abs/1903.12370) and are kept in [0, 1]
with it, as chains are; steps and their noise stand in the ratio that the parameters give, so that the density is that
of the energy at a temperature. The buffer is no part of the trained model, which samples from noise.

Its likelihood is that of the density ``exp(-E / T) / Z`` on the unit cube, which short chains follow only nearly: the
probability of an image is the density's integral over all that is rounded to it, as samples are.
"""

import math
from functools import cached_property

import keras
import numpy as np
from keras import ops

from components.backend import compiled, filled_batches, fold
from components.models.contract import ImageFamily, Player
from components.networks.annealing import Partition, log_partition
from components.networks.energies import ENERGIES
from components.networks.langevin import langevin, proper_noise
from components.networks.replay import ReplayBuffer
from components.networks.seeds import GivenSeed
from components.networks.two_samples import energy_distance
from components.params import ImageSpec, UserError
from components.params.ebm import EBMConfig

__all__ = ["EBM"]


class EBM(ImageFamily):
    """An energy, and chains.

    Args:
        config: its section of ``params.yaml``.
        spec: an image data set.
    """

    config: EBMConfig

    def __init__(self, config: EBMConfig, spec: ImageSpec):
        super().__init__(config, spec)
        self.network = ENERGIES[config.network](spec.shape, config.widths, config.spectral_norm)
        self.replay = ReplayBuffer(config.replay_size, spec.shape, config.reinitialise)
        self.noise = keras.random.SeedGenerator(name="noise")
        self.built = True

    @property
    def transient(self):
        """The chains that training goes on with."""
        return [self.replay.chains]

    def players(self) -> list[Player]:
        """One: the energy."""
        return [Player("loss", self.trainable_variables, self._loss, self.config.training.optimizer)]

    def validate(self, batch):
        """Energy distance of the buffer's chains from data, and the energies of both."""
        data = self.to_unit(batch["image"])
        _, chains = self.replay.draw(data.shape[0], self.noise)
        return {"loss": energy_distance(chains, data), **_compared(self._energies(data), self._energies(chains))}

    def energy(self, x):
        """Energy ``float32[B]`` of images, in the units of the network: lower is likelier."""
        return self._energies(self.to_unit(x))

    @property
    def temperature(self) -> float:
        """``T`` of the density ``exp(-E / T)`` that small steps sample: ``noise² / 2 step_size``."""
        return self._noise_scale**2 / (2 * self.config.step_size)

    @property
    def normalisable(self) -> bool:
        """Whether the density has an integral: within the unit cube, and not at temperature zero."""
        return self.config.clamp and self.temperature > 0

    def log_mass(self, x, k):
        """Logarithm of the integral of ``exp(-E / T)`` over all that is rounded to an image, ``float[B]``.

        The mean of ``k`` uniform draws: its logarithm is a lower bound on average, the tighter the larger ``k`` is.
        """
        centre, half = self.to_unit(x), 0.5 / (self.spec.levels - 1)
        low = ops.maximum(centre - half, 0.0)
        width = ops.minimum(centre + half, 1.0) - low

        def add(total, seed):
            y = low + width * keras.random.uniform(ops.shape(low), seed=GivenSeed(seed))
            return ops.logaddexp(total, -self._energies(y) / self.temperature)

        seeds = keras.random.randint((k, 2), 0, 2**31 - 1, dtype="int32", seed=self.noise)
        total = fold(add, ops.full(ops.shape(x)[:1], -1e30, "float32"), seeds)
        return total - math.log(k) + ops.sum(ops.log(width), axis=(1, 2, 3))

    def log_partition(self, chains: int, temperatures: int, seed: int) -> Partition:
        """Logarithm of the integral over the unit cube; there are no exact samples, so from above it is an estimate."""
        random = np.random.default_rng(seed)
        return log_partition(
            lambda x: ops.zeros(x.shape[0]),
            lambda x: self._energies(x) / self.temperature,
            lambda: random.random((chains, *self.spec.shape), "float32"),
            temperatures,
            random,
            bounds=(0.0, 1.0),
            variables=self.variables,
        )

    def sample(self, n: int, seed: int, *, steps: int = 0, step_size: float = 0.0, noise: float = -1.0) -> np.ndarray:
        """Images at the end of chains that begin in noise.

        Args:
            n: how many.
            seed: same seed, same images.
            steps: of the chain; 0 for the parameters' ``sample_steps``.
            step_size: factor of the gradient; 0 for that of training.
            noise: standard deviation of a step's noise; negative for that of training.

        Returns:
            ``uint8[n, H, W, C]`` of intensities.

        Raises:
            UserError: steps or step size are negative.
        """
        if steps < 0 or step_size < 0:
            raise UserError(f"steps {steps}, step_size {step_size:g}; allowed: both from 0 on")
        random = np.random.default_rng(seed)
        step_size = step_size or self.config.step_size
        noise = self._noise_scale if noise < 0 else noise
        shape = (steps or self.config.sample_steps, 2)
        images = []
        for (start,), count in filled_batches(random.random((n, *self.spec.shape), "float32"), size=64):
            seeds = random.integers(2**31, size=shape, dtype="int32")
            end, _ = self._chain(start, seeds, np.float32(step_size), np.float32(noise))
            images.append(ops.convert_to_numpy(end)[:count])
        return self.to_intensities(np.concatenate(images))

    @cached_property
    def _chain(self):
        return compiled(self._langevin, self.variables)

    @property
    def _noise_scale(self) -> float:
        config = self.config
        return proper_noise(config.step_size) if config.noise is None else config.noise

    def _energies(self, x, training=False):
        return ops.cast(self.network(x, training=training), "float32")

    def _langevin(self, x, seeds, step_size, noise):
        """Where chains come, and the sizes of the gradients that drive them; the weights have no part in it."""
        bounds = (0.0, 1.0) if self.config.clamp else None
        weights = [ops.stop_gradient(variable.value) for variable in self.network.trainable_variables]
        others = [variable.value for variable in self.network.non_trainable_variables]

        def energy(x):
            return ops.cast(self.network.stateless_call(weights, others, x)[0], "float32")

        return langevin(energy, x, seeds, step_size, noise, clip=self.config.clip, bounds=bounds)

    def _loss(self, batch, step):
        x = self.to_unit(batch["image"])
        x = ops.clip(x + self.config.data_noise * keras.random.normal(x.shape, seed=self.noise), 0.0, 1.0)
        places, chains = self.replay.draw(x.shape[0], self.noise)
        chains = self.replay.begun_anew(chains, self.noise)
        seeds = keras.random.randint((self.config.steps, 2), 0, 2**31 - 1, dtype="int32", seed=self.noise)
        chains, gradients = self._langevin(chains, seeds, self.config.step_size, self._noise_scale)
        chains = ops.stop_gradient(chains)
        self.replay.put(places, chains)
        data, samples = ops.split(self._energies(ops.concatenate([x, chains]), training=True), 2)
        size = ops.mean(ops.square(data) + ops.square(samples))
        logs = {**_compared(data, samples), "chain_gradient": ops.mean(gradients)}
        return logs["energy_gap"] + self.config.energy_penalty * size, logs


def _compared(data, samples):
    """Mean energies, their difference, and the standard deviation of the data's."""
    means = ops.mean(data), ops.mean(samples)
    return {
        "energy_data": means[0],
        "energy_samples": means[1],
        "energy_gap": means[0] - means[1],
        "energy_spread": ops.std(data),
    }

"""Denoising diffusion and flow matching.

Ho, Jain and Abbeel, *Denoising Diffusion Probabilistic Models*, https://arxiv.org/abs/2006.11239: a U-Net sees an image
with Gaussian noise of one of ``T`` strengths and tells the noise in it (their equation 14). Cosine schedule and
modulation by Nichol and Dhariwal, https://arxiv.org/abs/2102.09672; velocity instead of noise by Salimans and Ho,
https://arxiv.org/abs/2202.00512; classes and their guidance by Ho and Salimans, https://arxiv.org/abs/2207.12598. On
the straight path the velocity is what flow matching learns, Lipman et al., https://arxiv.org/abs/2210.02747, equation
23, and the samplers follow its flow; here with times from a grid of ``T``.

The bound is that of the ancestral chain over all ``T`` steps with the posterior's variances (Ho et al., equation 5),
whatever the path (Kingma and Gao, https://arxiv.org/abs/2303.00848). Departures: its last step is a Gaussian around the
network's image, cut into intensities, with the deviation of the first step's noise; and of its terms a random sample,
one from each of ``elbo_timesteps`` strata, stands for all: the value is unbiased, and exact in expectation.
"""

from functools import cache, cached_property

import keras
import numpy as np
from keras import ops

from components.backend import compiled, fold, in_batches
from components.models.contract import ImageFamily, Player
from components.networks.discretized_gaussian import discretized_gaussian
from components.networks.path_samplers import SAMPLERS, descend
from components.networks.probability_paths import PATHS
from components.networks.seeds import GivenSeed
from components.networks.unet import UNet
from components.params import ImageSpec, UserError
from components.params.diffusion import DiffusionConfig

__all__ = ["Diffusion"]


class Diffusion(ImageFamily):
    """A path from data to noise, and a U-Net that tells them apart.

    Args:
        config: its section of ``params.yaml``.
        spec: an image data set.
    """

    config: DiffusionConfig

    def __init__(self, config: DiffusionConfig, spec: ImageSpec):
        super().__init__(config, spec)
        self.probability_path = PATHS[config.path](config.timesteps)
        self.unet = UNet(
            spec.shape[2],
            config.base_width,
            config.multipliers,
            blocks=config.blocks,
            heads=config.heads,
            dropout=config.dropout,
            classes=self.classes,
        )
        self.noise = keras.random.SeedGenerator(name="noise")
        self.built = True

    discrete = True

    def players(self) -> list[Player]:
        """One: everything descends on the squared error of the prediction."""
        return [Player("loss", self.trainable_variables, self._loss, self.config.training.optimizer)]

    def validate(self, batch):
        """The squared error, under the same noise every time."""
        return {"loss": self._error(self._scaled(batch["image"]), self._labels(batch), seed=7, training=False)}

    def elbo(self, x, label=None):
        """Evidence lower bound, nats for each image; without labels, that of the model that is told none."""
        return self._bound(self._scaled(x), label, min(self.config.elbo_timesteps, self.probability_path.timesteps - 1))

    def sample(
        self, n: int, seed: int, *, sampler: str = "heun", steps: int = 20, guidance: float = 0.0, label: int = -1
    ) -> np.ndarray:
        """Images at the end of the path.

        Args:
            n: how many.
            seed: same seed, same images.
            sampler: ``ancestral``, ``ddim``, ``euler`` or ``heun``, which asks the network twice a step.
            steps: from noise to data, at most as many as the model has.
            guidance: how far to go beyond the conditional prediction, away from the unconditional one.
            label: class of all images; -1 draws classes uniformly.

        Returns:
            ``uint8[n, H, W, C]`` of intensities.

        Raises:
            UserError: a knob is out of its range, or the model was not trained for guidance.
        """
        if sampler not in SAMPLERS:
            raise UserError(f"sampler: {sampler}; allowed: {', '.join(SAMPLERS)}")
        if not 1 <= steps <= self.probability_path.timesteps:
            raise UserError(f"steps: {steps}; allowed: 1 to {self.probability_path.timesteps}, the model's timesteps")
        if guidance and not (self.conditional and self.config.label_dropout):
            raise UserError(f"guidance: {guidance:g}; allowed: 0, it was not trained with label_dropout")
        random = np.random.default_rng(seed)
        labels = self.sampled_labels(n, label, random)
        x = random.standard_normal((n, *self.spec.shape), "float32")
        seeds = random.integers(2**31 - 2**16, size=(n, 2), dtype="int32")
        generate = self._generators(sampler, steps, bool(guidance))
        return self.to_intensities(in_batches(generate, x, labels, seeds, np.full(n, guidance, "float32")))

    @cached_property
    def _generators(self):
        """A compiled function for each sampler and number of steps."""

        def generator(sampler, steps, guided):
            times = self.probability_path.descent(steps)

            def generate(x, label, seeds, guidance):
                def denoise(x, point):
                    return self._denoised(x, point, label, guidance[:, None, None, None] if guided else None)

                return (descend(sampler, denoise, self.probability_path, times=times, x=x, seed=seeds[0]) + 1) / 2

            return compiled(generate, self.variables)

        return cache(generator)

    def _loss(self, batch, step):
        label = self._labels(batch)
        if label is not None and self.config.label_dropout:
            hidden = keras.random.uniform(ops.shape(label), seed=self.noise) < self.config.label_dropout
            label = ops.where(hidden, -1, label)
        return self._error(self._scaled(batch["image"]), label, seed=self.noise, training=True), {}

    def _error(self, x, label, *, seed, training):
        """Mean squared error of the prediction, at times that a batch spreads evenly over the path."""
        noise = keras.random.normal(ops.shape(x), seed=seed)
        timesteps = self.probability_path.timesteps
        step = ops.cast(_spread(ops.shape(x)[0], seed) * timesteps, "int32")
        point = self._points(1 + ops.minimum(step, timesteps - 1))
        target = noise
        if self.config.prediction == "velocity":
            target = point["signal_rate"] * x + point["noise_rate"] * noise
        output = self._predicted(point["signal"] * x + point["noise"] * noise, point, label, training)
        return ops.mean(ops.square(output - target))

    def _bound(self, x, label, strata):
        """Evidence lower bound ``float32[B]`` of images in [-1, 1], from one timestep of each of so many strata."""
        last, steps = self.probability_path.at(self.probability_path.timesteps), self.probability_path.timesteps - 1
        signal, noise = float(last["signal"]), float(last["noise"])
        prior = _sum(0.5 * (noise**2 + (signal * x) ** 2 - 1) - np.log(noise))
        seed = self.noise.next()
        later = np.arange(2, self.probability_path.timesteps + 1)
        _, of_clean, variance = self.probability_path.posterior(later - 1, later)
        weights = ops.convert_to_tensor((0.5 * of_clean**2 / variance).astype("float32"))
        offsets = _spread(ops.shape(x)[0], self.noise)

        def add(total, k):
            step = ops.cast((ops.cast(k, "float32") + offsets) * (steps / strata), "int32")
            step = ops.minimum(step, steps - 1)
            clean = self._guess(x, label, step + 2, ops.stack([seed[0] + 1 + k, seed[1]]))
            return total + ops.take(weights, step) * _sum(ops.square(x - clean)) * (steps / strata)

        divergence = fold(add, ops.zeros_like(prior), ops.arange(strata, dtype=seed.dtype))
        guess = self._guess(x, label, ops.ones(ops.shape(x)[:1], "int32"), seed)
        decoded = discretized_gaussian(x, guess, float(self.probability_path.noise[1]), self.spec.levels)
        return _sum(decoded) - divergence - prior

    def _guess(self, x, label, time, seed):
        """What the network makes of ``x`` with noise."""
        point = self._points(time)
        noise = keras.random.normal(ops.shape(x), seed=GivenSeed(seed))
        return self._denoised(point["signal"] * x + point["noise"] * noise, point, label)[0]

    def _denoised(self, x, point, label, guidance=None):
        """Data and noise in ``x``, data kept in [-1, 1]."""
        clean = self._clean(x, point, label)
        if guidance is not None:
            clean = clean + guidance * (clean - self._clean(x, point, None))
        clean = ops.clip(clean, -1.0, 1.0)
        return clean, (x - point["signal"] * clean) / ops.maximum(point["noise"], 1e-8)

    def _clean(self, x, point, label):
        output = self._predicted(x, point, label)
        if self.config.prediction == "velocity":
            return point["noise_rate"] * x - point["noise"] * output
        return (x - point["noise"] * output) / point["signal"]

    def _predicted(self, x, point, label, training=False):
        batch = ops.shape(x)[0]
        time = ops.broadcast_to(ops.reshape(point["time"], (-1,)), (batch,)) * (1000 / self.probability_path.timesteps)
        label = ops.full((batch,), -1) if label is None else label
        return ops.cast(self.unet(x, time, label, training=training), "float32")

    def _points(self, time):
        """The path at ``time``, ``int32[B]``, in the shape of a factor of images."""
        columns = self.probability_path.at(np.arange(self.probability_path.timesteps + 1))
        table = np.stack(list(columns.values()), axis=1).astype("float32")
        rows = ops.reshape(ops.take(table, time, axis=0), (-1, 1, 1, 1, len(columns)))
        return dict(zip(columns, ops.unstack(rows, axis=-1), strict=True))

    def _scaled(self, x):
        return 2 * self.to_unit(x) - 1

    def _labels(self, batch):
        return ops.cast(batch["label"], "int32") if self.conditional else None


def _sum(values):
    return ops.sum(values, axis=(1, 2, 3))


def _spread(batch, seed):
    """Numbers ``float32[B]`` in [0, 1), each uniform, together evenly spread."""
    start = keras.random.uniform((), seed=seed)
    return (start + ops.arange(batch, dtype="float32") / ops.cast(batch, "float32")) % 1.0

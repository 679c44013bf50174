"""Gated PixelCNN.

Van den Oord et al., *Conditional Image Generation with PixelCNN Decoders*, https://arxiv.org/abs/1606.05328: the
probability of an image is the product of those of its pixels, each given the pixels before it in reading order. Two
stacks of gated convolutions read these: a vertical one the rows above, a horizontal one the pixels to the left.
Together they leave no blind spot.

Departures: filters are not masked, the image is shifted once (:mod:`components.networks.causal_convolution` says why);
every layer also skips to the head, as in WaveNet, https://arxiv.org/abs/1609.03499; a channel of ones tells the image
from what is around it; the channels of a pixel follow each other in the head alone; intensities may be a mixture of
logistics, as in PixelCNN++, https://arxiv.org/abs/1701.05517.

Sampling makes a row in two steps. The vertical stack reads the rows above at once, each layer from the few rows that it
keeps; the horizontal one then goes from pixel to pixel, each layer with the few pixels that it keeps (Ramachandran et
al., https://arxiv.org/abs/1704.06001). Beside a compiled pass over the whole image for each pixel, 64 images of 8×8
took about a tenth of the time, of 28×28 about a hundredth (TensorFlow, two cores, kernels of 3, 32 channels).
"""

from functools import cached_property
from typing import Any

import numpy as np
from keras import ops

from components.backend import compiled, in_batches, scan
from components.models.contract import ImageFamily, Player
from components.networks.causal_convolution import GatedLayer, shifted
from components.networks.choosing import choose
from components.networks.intensities import INTENSITIES, ChannelHead
from components.params import ImageSpec, UserError
from components.params.pixelcnn import PixelCNNConfig

__all__ = ["PixelCNN"]


class PixelCNN(ImageFamily):
    """Gated layers of two stacks, and the distribution of a pixel.

    Args:
        config: its section of ``params.yaml``.
        spec: an image data set.
    """

    config: PixelCNNConfig
    discrete = True

    def __init__(self, config: PixelCNNConfig, spec: ImageSpec):
        super().__init__(config, spec)
        width, channels = config.width, spec.shape[2]
        self.gated = []
        for i in range(config.layers + 1):
            inputs, side = (width, config.kernel) if i else (channels + 1, config.first_kernel)
            reach = side // 2 + bool(i)  # the image comes shifted: what was one place back is in place
            layer = GatedLayer(
                inputs, width, reach=reach, side=side, classes=self.classes, dropout=config.dropout, name=f"gated_{i}"
            )
            self.gated.append(layer)
        self.intensity = INTENSITIES[config.likelihood](spec.levels, config.components)
        self.head = ChannelHead(width, config.head_width, channels, self.intensity.outputs)
        self.built = True

    def players(self) -> list[Player]:
        """One: everything descends on the nats of an image."""
        return [Player("loss", self.trainable_variables, self._loss, self.config.training.optimizer)]

    def validate(self, batch):
        """Nats of an image."""
        return {"loss": -ops.mean(self.log_likelihood(batch["image"], batch.get("label")))}

    def log_likelihood(self, x, label=None):
        """Exact log-probability of images ``uint8[B, H, W, C]``, nats for each.

        Args:
            x: images.
            label: their classes ``int[B]``, where the model is conditional.
        """
        return self._log_likelihood(x, label, training=False)

    def outputs(self, x, label=None, training: bool = False):
        """What is said of each channel of each pixel from those before it.

        Args:
            x: images ``float[B, H, W, C]`` in [0, 1].
            label: their classes ``int[B]``, where the model is conditional.
            training: whether to drop.

        Returns:
            ``float[B, H, W, C, outputs]`` for the distribution of its intensity.
        """
        batch, (height, width, _) = ops.shape(x)[0], self.spec.shape
        image = _framed(x)
        down, right, skips = shifted(image, axis=1), shifted(image, axis=2), 0.0
        for layer, (vertical, horizontal) in zip(self.gated, self._biases(label), strict=True):
            down, told, _ = layer.vertical(down, layer.above(batch, width), vertical, training)
            right, skip, _ = layer.horizontal(right, layer.before(batch, height), told, horizontal, training)
            skips += skip
        return self.head(skips, x)

    def sample(self, n: int, seed: int, *, label: int = -1, temperature: float = 1.0) -> np.ndarray:
        """Images drawn pixel by pixel.

        Args:
            n: how many.
            seed: same seed, same images.
            label: their class, where the model is conditional; -1 draws classes, all equally likely.
            temperature: below 1 likelier pixels, above 1 stranger ones; 0 takes the likeliest always.

        Returns:
            ``uint8[n, H, W, C]`` of intensities.

        Raises:
            UserError: the temperature is negative, or there is no such class.
        """
        if temperature < 0:
            raise UserError(f"temperature: {temperature:g}; allowed: a number from 0 on")
        random = np.random.default_rng(seed)
        labels = self.sampled_labels(n, label, random)
        u = random.random((n, *self.spec.shape), "float32")
        heat = np.float32(temperature)
        return in_batches(lambda u, labels: self._generate(u, labels, heat), u, labels)

    @cached_property
    def _generate(self):
        return compiled(self._generated, self.variables)

    def _loss(self, batch, step):
        return -ops.mean(self._log_likelihood(batch["image"], batch.get("label"), training=True)), {}

    def _log_likelihood(self, x, label, training):
        output = self.outputs(self.to_unit(x), label, training)
        return ops.sum(self.intensity.log_prob(output, x), axis=(1, 2, 3))

    def _generated(self, u, label, temperature):
        """Images ``uint8[B, H, W, C]`` at the quantiles ``u``, row by row and pixel by pixel."""
        batch, (_, width, channels) = ops.shape(u)[0], self.spec.shape
        biases = self._biases(label)

        def pixel(carry, xs):
            kept, right = carry
            told, u = xs
            after: list[Any] = []
            skips: Any = 0.0
            for layer, before, link, (_, bias) in zip(self.gated, kept, told, biases, strict=True):
                right, skip, known = layer.horizontal(right, before, link, bias)
                after.append(known)
                skips += skip
            x = self._drawn(skips[:, 0, 0], u, temperature)
            return (tuple(after), _framed(x)[:, None, None]), x

        def row(carry, u):
            kept, down = carry
            after: list[Any] = []
            told: list[Any] = []
            for layer, above, (bias, _) in zip(self.gated, kept, biases, strict=True):
                down, link, known = layer.vertical(down, above, bias)
                after.append(known)
                told.append(ops.transpose(link, (2, 0, 1, 3))[:, :, :, None])
            before = tuple(layer.before(batch, 1) for layer in self.gated)
            _, x = scan(pixel, (before, ops.zeros((batch, 1, 1, channels + 1))), (tuple(told), u))
            return (tuple(after), _framed(ops.transpose(x, (1, 0, 2)))[:, None]), x

        above = tuple(layer.above(batch, width) for layer in self.gated)
        nothing = ops.zeros((batch, 1, width, channels + 1))
        _, rows = scan(row, (above, nothing), ops.transpose(u, (1, 2, 0, 3)))
        return ops.cast(ops.round(ops.transpose(rows, (2, 0, 1, 3)) * (self.spec.levels - 1)), "uint8")

    def _drawn(self, features, u, temperature):
        """A pixel ``float[B, C]`` in [0, 1], one channel after the other."""
        hidden, channels = self.head.read(features), u[:, :0]
        for i in range(self.spec.shape[2]):
            logits = self.intensity.logits(self.head.say(i, hidden, channels))
            drawn = self.to_unit(choose(logits, u[:, i], temperature))
            channels = ops.concatenate([channels, drawn[:, None]], axis=1)
        return channels

    def _biases(self, label):
        """What a class adds to the gates of each layer's two stacks."""
        if self.conditional and label is None:
            raise UserError("label: none given; allowed: the classes of the images, the model is conditional")
        known = ops.one_hot(ops.cast(label, "int32"), self.classes) if self.conditional else None
        return [layer.biases(known) for layer in self.gated]


def _framed(x):
    """Intensities ``[…, C]`` in [0, 1] as the stacks read them: around zero, with ones where the image is."""
    return ops.concatenate([2 * x - 1, ops.ones_like(x[..., :1])], axis=-1)

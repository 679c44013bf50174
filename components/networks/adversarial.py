"""The two networks of an adversarial model, for images of any size.

Radford, Metz and Chintala, *Unsupervised Representation Learning with Deep Convolutional Generative Adversarial
Networks*, https://arxiv.org/abs/1511.06434: convolutions of stride 2 down, transposed ones up, leaky rectifiers in the
network that judges. Images are in [0, 1].

Departures: the generator ends with a sigmoid on [0, 1], which is the paper's tangent on [-1, 1] with half the slope. A
class comes to the generator as a one-hot vector beside the noise, and to the other network by projection (Miyato and
Koyama, *cGANs with Projection Discriminator*, https://arxiv.org/abs/1802.05637).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from components.networks.convolutional import halvings
from components.networks.normalization import NORMALIZATION
from components.networks.spectral import SpectralNormalization
from components.networks.style import Shape
from components.networks.upsampling import UPSAMPLING
from components.params import UserError
from components.params.adversarial import CriticNetwork, DiscriminatorNetwork, GeneratorNetwork

__all__ = ["Critic", "Generator", "MinibatchStddev", "latents"]

# Layer normalization is over the features of a whole image, as in Gulrajani et al., https://arxiv.org/abs/1704.00028.
ADVERSARIAL = NORMALIZATION | {"layer": lambda name: [layers.GroupNormalization(groups=1, name=name)]}


class Generator(layers.Layer):
    """Noise to images.

    Args:
        config: its section of ``params.yaml``.
        latent_dim: dimensions of the noise.
        shape: of an image. Where a side is no multiple of a power of two, a doubling's excess is cut off at once.
        classes: how many it is told apart; 0 for none.
        initializer: of the kernels.
    """

    def __init__(self, config: GeneratorNetwork, latent_dim: int, shape: Shape, classes: int, initializer: Any):
        super().__init__(name="generator")
        self.latent_dim = latent_dim
        with keras.name_scope("generator"):
            self.network = _generator(config, latent_dim, shape, classes, initializer)
        self.chance = keras.random.SeedGenerator(name="chance")
        self.built = True

    def call(self, z, label=None, training=False):
        """``float[B, latent_dim]``, and ``int[B]`` if there are classes, → ``float32[B, H, W, C]`` in [0, 1]."""
        return self.network(_told(z, label), training=training)

    def draw(self, n: Any, label: Any, training: bool) -> Any:
        """``n`` images, of the classes ``int[n]`` if there are any, of noise that is drawn here."""
        return self(keras.random.normal((n, self.latent_dim), seed=self.chance), label, training=training)


class Critic(layers.Layer):
    """Images to numbers without bounds, be it scores or logits.

    Args:
        config: its section of ``params.yaml``.
        shape: of an image.
        classes: how many it is told apart; 0 for none.
        initializer: of the kernels.
        name: ``critic`` or ``discriminator``.
    """

    def __init__(
        self, config: CriticNetwork | DiscriminatorNetwork, shape: Shape, classes: int, initializer: Any, name: str
    ):
        super().__init__(name=name)
        with keras.name_scope(name):
            self.network = _critic(config, shape, classes, initializer)
        self.built = True

    def call(self, x, label=None, training=False):
        """``float[B, H, W, C]`` in [0, 1], and ``int[B]`` if there are classes, → ``float32[B]``."""
        return self.network(_told(x, label), training=training)

    @contextmanager
    def unmoved(self) -> Iterator[None]:
        """What calls write to weights is forgotten with the block; random state goes on.

        So the generator can be judged as in the discriminator's training, by the statistics of a batch, without moving
        what the discriminator keeps for inference.
        """
        weights = {id(variable) for variable in self.weights}
        with keras.StatelessScope([(variable, variable.value) for variable in self.variables]) as scope:
            yield
        for variable in self.variables:
            if id(variable) not in weights:
                variable.assign(scope.get_current_value(variable))


class MinibatchStddev(layers.Layer):
    """A further channel that says how much a batch's feature maps differ: ``float[B, H, W, C]`` → ``[B, H, W, C + 1]``.

    Karras et al., *Progressive Growing of GANs*, section 3, https://arxiv.org/abs/1710.10196: the standard deviation of
    each feature over the batch, averaged over features and places.
    """

    def call(self, x):
        """The same number everywhere."""
        deviation = ops.mean(ops.sqrt(ops.var(ops.cast(x, "float32"), axis=0) + 1e-8))
        return ops.concatenate([x, ops.cast(deviation, x.dtype) * ops.ones_like(x[..., :1])], axis=-1)

    def compute_output_shape(self, input_shape):
        """One channel more."""
        return (*input_shape[:-1], input_shape[-1] + 1)


def latents(n: int, dim: int, random: np.random.Generator, truncation: float) -> np.ndarray:
    """Standard normal ``float32[n, dim]``; what is farther out than ``truncation`` is drawn again, if that is not 0.

    Brock, Donahue and Simonyan, *Large Scale GAN Training*, section 3.1, https://arxiv.org/abs/1809.11096.

    Raises:
        UserError: the truncation is negative, or so small that drawing again would take too long.
    """
    if truncation and truncation < 0.1:
        raise UserError(f"truncation: {truncation:g}; allowed: 0 for none, or a number from 0.1 on")
    z = random.standard_normal((n, dim), "float32")
    while truncation and (outside := np.abs(z) > truncation).any():
        z[outside] = random.standard_normal(outside.sum(), "float32")
    return z


def _leaky_relu(x):
    """Of slope 0.2; TensorFlow's optimiser stumbles over the gradient's gradient of its own kernel."""
    return ops.maximum(0.2 * x, x)


def _told(x, label):
    return x if label is None else [x, ops.cast(label, "int32")]


def _generator(config: GeneratorNetwork, latent_dim: int, shape: Shape, classes: int, initializer: Any) -> keras.Model:
    *inner, (height, width) = halvings(shape, len(config.widths))
    z = keras.Input((latent_dim,), name="noise")
    inputs = [z]
    if classes:
        inputs.append(keras.Input((), dtype="int32", name="label"))
        z = layers.Concatenate()([z, layers.CategoryEncoding(classes, output_mode="one_hot")(inputs[1])])
    normal, up = ADVERSARIAL[config.normalization], UPSAMPLING[config.upsampling]
    biased = not normal("")
    start = config.widths[-1]
    x = layers.Dense(height * width * start, use_bias=biased, kernel_initializer=initializer, name="dense")(z)
    x = layers.Reshape((height, width, start))(x)
    for i, (size, filters) in enumerate(zip(reversed(inner), [*config.widths[-2::-1], shape[2]], strict=True)):
        for layer in [*normal(f"normal_{i}"), layers.ReLU()]:
            x = layer(x)
        last = i == len(inner) - 1
        options = {"use_bias": biased or last, "kernel_initializer": initializer}
        for layer in up(filters, config.kernel, "out" if last else f"up_{i}", **options):
            x = layer(x)
        if (excess := (x.shape[1] - size[0], x.shape[2] - size[1])) != (0, 0):
            x = layers.Cropping2D(((0, excess[0]), (0, excess[1])))(x)
    return keras.Model(inputs, layers.Activation("sigmoid", dtype="float32")(x), name="network")


def _critic(config: CriticNetwork | DiscriminatorNetwork, shape: Shape, classes: int, initializer: Any) -> keras.Model:
    inputs = [keras.Input(shape, name="image")]
    x = layers.Rescaling(2.0, -1.0)(inputs[0])
    normal = ADVERSARIAL[config.normalization]
    wrapped = SpectralNormalization if config.spectral_normalization else lambda layer: layer
    options = {"kernel_initializer": initializer}
    for i, filters in enumerate(config.widths):
        x = wrapped(layers.Conv2D(filters, config.kernel, 2, padding="same", name=f"conv_{i}", **options))(x)
        for layer in [*(normal(f"normal_{i}") if i else []), layers.Activation(_leaky_relu)]:
            x = layer(x)
        if config.dropout:
            x = layers.Dropout(config.dropout)(x)
    if config.minibatch_stddev:
        x = MinibatchStddev()(x)
    x = layers.Flatten()(x)
    score = wrapped(layers.Dense(1, name="out", **options))(x)
    if classes:
        inputs.append(keras.Input((), dtype="int32", name="label"))
        told = layers.CategoryEncoding(classes, output_mode="one_hot")(inputs[1])
        projected = wrapped(layers.Dense(x.shape[1], use_bias=False, name="classes", **options))(told)
        score = layers.Add()([score, layers.Dot(axes=1)([projected, x])])
    score = layers.Activation("linear", dtype="float32")(layers.Reshape(())(score))
    return keras.Model(inputs, score, name="network")

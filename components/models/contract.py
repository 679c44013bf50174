"""What a family answers: the questions that the rest of the program may ask of a model.

What is asked of a batch of examples takes and returns backend tensors and can be compiled; a conditional model's
questions take the labels of the examples last. Images come and go in data space, ``uint8[B, H, W, C]`` of
``spec.levels`` intensities, text as token ids.
"""

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, Protocol, runtime_checkable

import keras
import numpy as np
from keras import ops

from components.networks.annealing import Partition
from components.params import ImageSpec, Optimizer, Spec, UserError

__all__ = [
    "Autoencodes",
    "Batch",
    "Denoises",
    "Family",
    "HasBounds",
    "HasEnergy",
    "HasGates",
    "HasImportanceBound",
    "HasLikelihood",
    "HasPartition",
    "ImageFamily",
    "Inverts",
    "Player",
    "ReadsWindows",
    "Samples",
]

Batch = dict[str, Any]


@dataclass(frozen=True)
class Player:
    """One of the networks that take turns.

    Args:
        name: what its losses are called, ``loss`` where it is the only player.
        variables: the trainable variables that it moves, from the input to the output.
        loss: ``loss(batch, step)`` gives the scalar to minimise and named scalars to record.
        optimizer: how it moves.
        updates: how many updates it makes a turn, each on a batch of its own.
    """

    name: str
    variables: list[keras.Variable]
    loss: Callable[[Batch, Any], tuple[Any, dict[str, Any]]]
    optimizer: Optimizer
    updates: int = 1


class Family(keras.Model):
    """A generative model, built whole from its parameters and the description of its data.

    Args:
        config: its section of ``params.yaml``.
        spec: its data set.
    """

    @property
    def feed(self) -> Literal["examples", "streams", "windows"]:
        """How it is fed: with examples one by one, a text in streams side by side, or windows of it."""
        return "examples"

    @property
    def conditional(self) -> bool:
        """Whether it models examples given their classes; its questions then take ``label``, ``int[B]``, last."""
        return False

    def __init__(self, config: Any, spec: Spec):
        super().__init__(name=config.family)
        self.config, self.spec = config, spec

    @abstractmethod
    def players(self) -> list[Player]:
        """The networks that take turns, in order."""

    @abstractmethod
    def validate(self, batch: Batch) -> dict[str, Any]:
        """Named scalars of a held-out batch, ``loss`` among them: the one to choose by."""

    def begin_epoch(self) -> None:
        """Forget what must not be carried into a pass over the data."""

    def conclude(self, train: np.ndarray, seed: int) -> None:
        """Fit what is fitted once the networks are trained, from the training array."""

    def preview(self, examples: np.ndarray, seed: int) -> np.ndarray:
        """What the sample series shows: samples, or what it makes of held-out ``examples``, in data space."""
        return self.sample(len(examples), seed)

    @property
    def transient(self) -> list[keras.Variable]:
        """Variables that shape training and are no part of the trained model."""
        return []


class ImageFamily(Family):
    """A model of images.

    Raises:
        UserError: its parameters want it conditional, and its data have no classes.
    """

    spec: ImageSpec

    def __init__(self, config: Any, spec: ImageSpec):
        super().__init__(config, spec)
        if self.conditional and not spec.classes:
            raise UserError(f"{config.family}: conditional: true, but data set {spec.name} has no classes")

    @property
    def conditional(self) -> bool:
        """Whether its parameters say so."""
        return getattr(self.config, "conditional", False)

    @property
    def classes(self) -> int:
        """Classes that it tells apart: none where it is not conditional."""
        return len(self.spec.classes or ()) if self.conditional else 0

    def sampled_labels(self, n: int, label: int | np.ndarray, random: np.random.Generator) -> np.ndarray:
        """The classes ``int32[n]`` of samples: ``label`` for all or one for each, drawn uniformly where that is -1.

        Raises:
            UserError: there is no such class.
        """
        wanted = np.broadcast_to(label, n)
        if wrong := sorted(set(wanted[(wanted < -1) | (wanted >= self.classes)].tolist())):
            allowed = f"-1 or a class from 0 to {self.classes - 1}" if self.conditional else "-1, it is not conditional"
            raise UserError(f"label: {wrong[0]}; allowed: {allowed}")
        drawn = random.integers(max(self.classes, 1), size=n, dtype="int32")
        return np.where(wanted < 0, drawn, wanted).astype("int32")

    def to_unit(self, x: Any) -> Any:
        """Intensities ``uint8[B, H, W, C]`` as ``float32`` in [0, 1]."""
        return ops.cast(x, "float32") / (self.spec.levels - 1)

    def to_intensities(self, x: np.ndarray) -> np.ndarray:
        """Values in [0, 1] as the nearest intensities, ``uint8``."""
        return np.rint(np.clip(x, 0, 1) * (self.spec.levels - 1)).astype("uint8")


@runtime_checkable
class Samples(Protocol):
    """A model that generates."""

    def sample(self, n: int, seed: int, **knobs: Any) -> np.ndarray:
        """``n`` samples in data space; same seed, same samples. Keyword-only knobs have defaults."""


@runtime_checkable
class Autoencodes(Protocol):
    """A model with a latent space."""

    def encode(self, x: Any) -> Any:
        """Latents ``float32[B, D]`` of examples."""

    def decode(self, z: Any) -> Any:
        """Examples of latents, as intensities ``float32[B, H, W, C]`` in [0, 1]."""


@runtime_checkable
class Denoises(Protocol):
    """A model that can be trained to undo a corruption."""

    @property
    def corrupts(self) -> bool:
        """Whether it was: otherwise ``corrupt`` changes nothing."""

    def corrupt(self, x: Any) -> Any:
        """Images in [0, 1], ``float32[B, H, W, C]``, as the model is given them in training."""

    def denoise(self, x: Any) -> Any:
        """Clean images of corrupted ones, both ``float32[B, H, W, C]``."""


@runtime_checkable
class HasLikelihood(Protocol):
    """A model that knows the probability of an example."""

    @property
    def discrete(self) -> bool:
        """Whether it is a probability of discrete values, and so a matter of bits, not of a density."""

    def log_likelihood(self, x: Any) -> Any:
        """Exact, in nats for each example."""


@runtime_checkable
class HasBounds(Protocol):
    """A model that bounds the probability of an example from below."""

    @property
    def discrete(self) -> bool:
        """Whether it is a probability of discrete values, and so a matter of bits, not of a density."""

    def elbo(self, x: Any) -> Any:
        """Evidence lower bound, in nats for each example."""


@runtime_checkable
class HasImportanceBound(Protocol):
    """A model whose bound is the tighter, the more samples it is estimated from."""

    def importance_bound(self, x: Any, k: int) -> Any:
        """Importance-weighted bound of ``k`` samples, in nats for each example."""


@runtime_checkable
class HasEnergy(Protocol):
    """A model of an unnormalised density."""

    def energy(self, x: Any) -> Any:
        """Energy of each example, lower where it is likelier."""


@runtime_checkable
class HasPartition(Protocol):
    """A model whose probabilities of intensities are known but for one factor, which can be bounded."""

    @property
    def normalisable(self) -> bool:
        """Whether that factor is sure to exist: otherwise it is not asked for."""

    def log_mass(self, x: Any, k: int) -> Any:
        """Log-probability of each example plus ``log Z``, in nats: a lower bound of it from ``k`` draws."""

    def log_partition(self, chains: int, temperatures: int, seed: int) -> Partition:
        """``log Z`` from below and from above; it compiles itself, and is the same for the same seed."""


@runtime_checkable
class ReadsWindows(Protocol):
    """A model that sees so many tokens at once, and nothing of what came before them."""

    context: int
    """How many."""

    def window_nats(self, tokens: Any) -> Any:
        """Nats of each token but the first of windows ``int[B, T + 1]``, from those before it: ``float32[B, T]``."""


@runtime_checkable
class Inverts(Protocol):
    """A model whose ``decode`` is the inverse of its ``encode``, but for rounding."""

    def inverse_error(self, x: Any) -> Any:
        """How far the worst pixel of each image is from where it comes back, in steps between two intensities."""


@runtime_checkable
class HasGates(Protocol):
    """A recurrent model, whose memory can be watched."""

    def gates(self, x: Any) -> dict[str, Any]:
        """How far each gate is open as each token is read: name → ``float32[B, T, layers, units]`` in (0, 1)."""

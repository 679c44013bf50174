"""Small models of every family, and their training as components.train puts it together."""

from functools import cache
from typing import Any

import keras
import numpy as np
from pydantic import TypeAdapter

from components import models
from components.backend import compiled
from components.models.contract import Family
from components.params import UNKNOWN, ClassifierConfig, ImageSpec, ModelConfig, Spec, TextSpec
from components.training.feeds import Examples, Streams, Windows
from components.training.loop import Trainer
from components.training.validation import Validation

FAMILIES: dict[str, dict[str, Any]] = {
    "autoencoder": {"encoder": "dense", "widths": (8,), "latent_dim": 3, "noise": 0.1, "mixture_components": 2},
    "vae": {
        "encoder": "dense",
        "widths": (8,),
        "latent_dim": 3,
        "likelihood": "gaussian",
        "beta": 1.0,
        "kl_warmup_steps": 0,
        "free_bits": 0.0,
    },
    "ebm": {
        "network": "dense",
        "widths": (8,),
        "data_noise": 0.03,
        "steps": 3,
        "step_size": 0.03,
        "noise": 0.03,
        "replay_size": 8,
        "reinitialise": 0.1,
        "energy_penalty": 0.01,
        "sample_steps": 5,
    },
    "lstm": {
        "cell": "lstm",
        "layers": 2,
        "units": 5,
        "embedding_dim": 3,
        "dropout": 0.0,
        "tie_embeddings": False,
        "sequence_length": 8,
    },
    "transformer": {"layers": 2, "heads": 2, "width": 4, "dropout": 0.0, "tie_embeddings": False, "context": 8},
    "pixelcnn": {
        "first_kernel": 5,
        "kernel": 3,
        "layers": 2,
        "width": 4,
        "head_width": 4,
        "likelihood": "softmax",
        "components": 2,
    },
    "gan": {
        "loss": "non_saturating",
        "latent_dim": 3,
        "generator": {"widths": (4, 4), "kernel": 3, "normalization": "batch"},
        "discriminator": {"widths": (4, 4), "kernel": 3, "normalization": "batch"},
    },
    "wgan_gp": {
        "latent_dim": 3,
        "generator": {"widths": (4, 4), "kernel": 3, "normalization": "batch"},
        "critic": {"widths": (4, 4), "kernel": 3},
        "n_critic": 2,
        "penalty": 10.0,
    },
    "realnvp": {
        "scales": 2,
        "couplings": 1,
        "width": 4,
        "blocks": 1,
        "alpha": 0.05,
        "dequantization": "uniform",
    },
    "diffusion": {
        "path": "cosine",
        "prediction": "velocity",
        "timesteps": 20,
        "base_width": 4,
        "multipliers": (1, 2),
        "blocks": 1,
        "heads": 2,
        "elbo_timesteps": 5,
    },
}
TRAINING = {"epochs": 1, "batch_size": 2, "optimizer": {"learning_rate": 0.01}, "sample_every": 1}


def image_spec(shape: tuple[int, int, int] = (8, 8, 1), levels: int = 17, classes: int = 10) -> ImageSpec:
    names = tuple(map(str, range(classes))) or None
    return ImageSpec(
        name="i", source="i", shape=shape, levels=levels, classes=names, counts={}, duplicates={}, arrays={}
    )


def text_spec(characters: str = "\nab") -> TextSpec:
    vocabulary = (UNKNOWN, *characters)
    return TextSpec(name="t", source="t", vocabulary=vocabulary, counts={}, duplicates={}, arrays={})


def build(family: str, spec: Spec | None = None, training: dict[str, Any] | None = None, **changes: Any) -> Family:
    """A fresh model, small unless ``changes`` say otherwise; always with the same initial weights.

    Without ``widths`` the dense networks are linear, which params.yaml has no word for.
    """
    content = {"family": family, "dataset": "x", "training": TRAINING | (training or {}), **FAMILIES[family], **changes}
    linear = content.get("widths") == ()
    config = TypeAdapter(ModelConfig).validate_python(content | ({"widths": (1,)} if linear else {}))
    fitting = text_spec() if family in {"lstm", "transformer"} else image_spec()
    return new(config.model_copy(update={"widths": ()}) if linear else config, spec or fitting)


def new(config: ModelConfig | ClassifierConfig, spec: Spec) -> Family:
    """A fresh model; always with the same initial weights."""
    keras.utils.set_random_seed(7)
    return models.build(config, spec)


def answer(model: Family, question: str, *args: Any) -> Any:
    """What a method of the model gives, compiled, as NumPy; arguments that are no arrays are part of the question."""
    constants = tuple(arg for arg in args if not isinstance(arg, np.ndarray))
    return _asked(model, question, constants)(*(arg for arg in args if isinstance(arg, np.ndarray)))


def loss(model: Family, batch: dict[str, np.ndarray], step: int = 0, player: int = 0) -> tuple[float, dict[str, float]]:
    """Loss and logs of a player, nothing moved."""
    value, logs = _asked(model, "loss", (player,))(batch, np.int32(step))
    return float(value), {name: float(log) for name, log in logs.items()}


def validate(model: Family, batch: dict[str, np.ndarray]) -> dict[str, float]:
    """What is said of a held-out batch."""
    return {name: float(value) for name, value in _asked(model, "validate", ())(batch).items()}


@cache
def _asked(model: Family, question: str, constants: tuple):
    if question == "loss":
        (player,), constants = constants, ()
        method = model.players()[player].loss
    else:
        method = getattr(model, question)
    run = compiled(lambda *args: method(*args, *constants), model.variables)
    return lambda *args: keras.tree.map_structure(keras.ops.convert_to_numpy, run(*args))


def fit(
    model: Family, train: np.ndarray, validation: np.ndarray, labels: tuple | None = None
) -> list[dict[str, float]]:
    """Train, and conclude; gives the rows of the curves. ``labels`` are those of both splits."""
    training, steps = model.config.training, 64
    updates = max(player.updates for player in model.players())

    def feed(split: int, seed: int | None):
        data, size = (train, validation)[split], training.batch_size
        if model.feed == "streams":
            return Streams(data, size, model.config.sequence_length, seed)
        if model.feed == "windows":
            return Windows(data, size, model.config.context, seed)
        named = {"image": data} | ({"label": labels[split]} if labels else {})
        return Examples(named, size, 1 if seed is None else updates, seed)

    history = Trainer(model, training, feed(0, 7), Validation(model, feed(1, None), steps), steps_per_call=steps).run()
    model.conclude(train, 7)
    return history

"""Small trainings on JAX: ``python -m tests.training.train_families FAMILY…`` prints what became of them as JSON.

``FAMILY:loop`` runs its turns in XLA's own loop, as an accelerator does.
"""

import json
import sys
from typing import Any

import numpy as np

from components.backend import device, jax
from components.backend.devices_jax import cut
from components.params import UserError
from tests.models.building import build, fit

TRAINING = {"epochs": 2, "batch_size": 8, "optimizer": {"learning_rate": 0.003, "clip_norm": 1.0}, "ema": 0.9}
GENERATOR = {"widths": (4,), "kernel": 3, "normalization": "batch"}
CHANGES: dict[str, dict[str, Any]] = {
    "gan": {"generator": GENERATOR, "discriminator": GENERATOR | {"minibatch_stddev": True}},
    "wgan_gp": {"generator": GENERATOR, "critic": {"widths": (4,), "kernel": 3}},
    "lstm": {"layers": 1, "dropout": 0.2},
    "diffusion": {"multipliers": (1,), "dropout": 0.2},
}
HELD_OUT = {"vae": 13, "lstm": 100}  # examples; 13 leave a batch of 5, which no devices share


def main() -> None:
    images = np.random.default_rng(0).integers(17, size=(48, 8, 8, 1), dtype="uint8")
    tokens = np.random.default_rng(1).integers(1, 4, 400, "uint8")
    curves = {}
    for name in sys.argv[1:]:
        family, _, loop = name.partition(":")
        jax._unrolls = lambda loop=loop: not loop
        model = build(family, training=TRAINING, **CHANGES.get(family, {}))
        held_out, train = np.split(tokens if family == "lstm" else images, [HELD_OUT.get(family, 8)])
        curves[name] = fit(model, train, held_out)
    told = {"device": device(), "curves": curves, "shards": shards(images[None, :8]), "refusal": refusal(images)}
    print(json.dumps(told))


def shards(images: np.ndarray) -> list[tuple[int, ...]]:
    """Shapes of the parts that the devices get of images."""
    image = cut({"image": images}, axis=1)["image"]
    return [image.shape] if image is images else [shard.data.shape for shard in image.addressable_shards]


def refusal(images: np.ndarray) -> str | None:
    """What is said to batches of 6."""
    try:
        fit(build("vae", training={"batch_size": 6, "epochs": 1}), images, images)
    except UserError as error:
        return str(error)
    return None


if __name__ == "__main__":
    main()

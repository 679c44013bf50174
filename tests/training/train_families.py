"""Small trainings of several families: ``python -m tests.training.train_families CASE…`` prints their histories."""

import json
import sys
from typing import Any

import numpy as np

from components.backend import device, device_count
from tests.models.building import build, fit

TRAINING = {"epochs": 2, "batch_size": 8, "optimizer": {"learning_rate": 0.003, "clip_norm": 1.0}, "ema": 0.9}
ADVERSARIAL = {"discriminator": {"widths": (4, 4), "kernel": 3, "normalization": "batch", "minibatch_deviation": True}}

CASES: dict[str, dict[str, Any]] = {
    "vae": {},
    "gan": ADVERSARIAL,
    "wgan_gp": {},
    "lstm": {"dropout": 0.2},
    "diffusion": {"dropout": 0.2},
    "ebm": {},
}


def main() -> None:
    random = np.random.default_rng(0)
    images, tokens = random.integers(17, size=(52, 8, 8, 1), dtype="uint8"), random.integers(1, 4, 400, "uint8")
    told: dict[str, Any] = {"device": device(), "devices": device_count()}
    for name in sys.argv[1:]:
        model = build(name, training=TRAINING, **CASES[name])
        data = tokens if model.feed == "streams" else images
        told[name] = fit(model, data[: -len(data) // 4], data[-len(data) // 4 :])
    print(json.dumps(told))


if __name__ == "__main__":
    main()

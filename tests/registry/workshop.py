"""What the steps before registering leave, for models that nobody trained."""

import csv
from pathlib import Path

import numpy as np
from mlflow.entities.model_registry import ModelVersion

from components import pictures
from components.costs import record_costs
from components.files import sha256, write_json
from components.params import Params, load
from tests.workplace import make_workplace, save_models

__all__ = ["EPOCHS", "METRICS", "change_weights", "make_workshop", "register_model"]

EPOCHS = 3
METRICS = {"elbo_nats": {"mean": -80.5, "standard_error": 0.25}, "parameters": 1234}


def make_workshop(folder: Path, more: str = "") -> Params:
    """Write into the current folder, ``folder``, all that is registered of every model; give the parameters.

    Args:
        folder: where.
        more: lines of ``params.yaml`` of further models.
    """
    params = make_workplace(folder, more)
    save_models(folder, params)
    for name, config in params.models.items():
        kind = params.datasets[config.dataset].kind
        _write_series(folder / "artifacts/progress" / name, kind)
        _write_curves(folder / "artifacts/curves" / f"{name}.csv")
        write_json(folder / "artifacts/metrics" / f"{name}.json", METRICS)
        evaluation = folder / "artifacts/evaluation" / name
        evaluation.mkdir(parents=True)
        if kind == "image":
            pictures.save(picture(0), evaluation / "samples.png")
        else:
            (evaluation / "samples.txt").write_text("a text\n", "utf-8")
        record_training(name)
    return params


def change_weights(name: str, by: float = 1.0) -> str:
    """Another model under the same name; gives the hash of its weights."""
    from components.models import storage

    folder = Path("artifacts/models") / name
    model = storage.load(folder)
    variable = model.trainable_variables[0]
    variable.assign(np.asarray(variable) + by)
    storage.save(model, folder)
    return record_training(name)


def register_model(name: str) -> ModelVersion:
    """Register a model of the current folder, as the step does."""
    from components.registry.trained import read_trained
    from components.registry.versions import register

    params = load()
    return register(read_trained(name, params.seed), params.gate)


def record_training(name: str) -> str:
    """Say what training cost; gives the hash of the weights."""
    weights = sha256(Path("artifacts/models") / name / "model.safetensors")
    record_costs(name, weights, "training", {"seconds": 41.5, "backend": "tensorflow", "device": "CPU"})
    return weights


def picture(seed: int):
    """A grid of images."""
    return pictures.grid(np.random.default_rng(seed).integers(0, 17, (4, 4, 4, 1), np.uint8), levels=17)


def _write_series(folder: Path, kind: str) -> None:
    folder.mkdir(parents=True)
    for epoch in range(1, EPOCHS + 1):
        if kind == "image":
            pictures.save(picture(epoch), folder / f"epoch-{epoch:04}.png")
        else:
            (folder / f"epoch-{epoch:04}.txt").write_text(f"text {epoch}\n", "utf-8")


def _write_curves(path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["epoch", "step", "loss", "val_loss", "learning_rate"])
        writer.writerows([epoch, 10 * epoch, 100 / epoch, 110 / epoch, 0.01] for epoch in range(1, EPOCHS + 1))

"""What the registry needs to know of a trained model."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from components.costs import read_costs
from components.files import sha256
from components.params import ClassifierConfig, Description, ModelConfig, Spec, UserError

__all__ = ["Trained", "read_trained"]

ARTIFACTS = Path("artifacts")


@dataclass(frozen=True)
class Trained:
    """All that is known of a trained model, as files and what was read from them.

    Args:
        name: the model's in ``params.yaml``.
        config: its parameters.
        spec: its data.
        seed: of the whole program.
        weights: SHA-256 of its weights.
        folder: the trained model.
        curves: CSV of the records of each epoch.
        progress: the series of samples.
        evaluation: pictures and texts of the evaluation.
        metrics: numbers of the evaluation, nested.
        costs: what the work cost, nested; empty where it was not done here.
    """

    name: str
    config: ModelConfig
    spec: Spec
    seed: int
    weights: str
    folder: Path
    curves: Path
    progress: Path
    evaluation: Path
    metrics: dict[str, Any]
    costs: dict[str, Any]

    @property
    def diagnosis(self) -> Path:
        """What is wrong with it, as far as that was looked for."""
        return self.evaluation / "diagnosis.json"

    @property
    def fingerprint(self) -> Path:
        """What its samples are known by."""
        return self.evaluation / "fingerprint.json"

    @property
    def judge(self) -> Path:
        """Hashes of what its numbers rest on beside the data."""
        return self.evaluation / "judge.json"


def read_trained(name: str, seed: int) -> Trained:
    """All that the stages before left of the model ``name``; imports no Keras.

    Raises:
        UserError: something is missing, each thing on a line.
    """
    folder = ARTIFACTS / "models" / name
    weights, description = folder / "model.safetensors", folder / "config.json"
    curves, progress = ARTIFACTS / "curves" / f"{name}.csv", ARTIFACTS / "progress" / name
    metrics, evaluation = ARTIFACTS / "metrics" / f"{name}.json", ARTIFACTS / "evaluation" / name
    missing = [path for path in (weights, description, curves, progress, metrics, evaluation) if not path.exists()]
    if missing:
        cure = f"`dvc checkout` or `dvc pull` brings back what DVC holds, `dvc repro register@{name}` makes it"
        raise UserError(*(f"{path} does not exist; {cure}" for path in missing))
    described, digest = Description.read(description), sha256(weights)
    config = described.config
    if isinstance(config, ClassifierConfig):
        raise UserError(f"{description}: describes a {config.family}; allowed: a generative model")
    return Trained(
        name=name,
        config=config,
        spec=described.spec,
        seed=seed,
        weights=digest,
        folder=folder,
        curves=curves,
        progress=progress,
        evaluation=evaluation,
        metrics=json.loads(metrics.read_text("utf-8")),
        costs=read_costs(name, digest),
    )

"""Runs written out by hand, ill and healthy, and the sections of params.yaml that they are of."""

from pathlib import Path
from typing import Any

from components.diagnosis import Evidence
from components.params import ModelConfig, load

__all__ = ["ROOT", "evidence", "section"]

ROOT = Path(__file__).parents[2]
SECTIONS = load(ROOT / "params.yaml").models


def section(name: str, **training: Any) -> ModelConfig:
    """A section of the repository's own params.yaml, with changes to how it is trained."""
    config = SECTIONS[name]
    return config.model_copy(update={"training": config.training.model_copy(update=training)})


def evidence(name: str, *, training: dict[str, Any] | None = None, **known: Any) -> Evidence:
    """What is known of a run of a model of params.yaml; curves begin at epoch 1."""
    curves = known.pop("curves", {})
    epochs = max(map(len, curves.values()), default=0)
    numbered = {"epoch": [float(epoch) for epoch in range(1, epochs + 1)], **curves} if epochs else {}
    return Evidence(section(name, **training or {}), numbered, **known)

"""A trained model on disk: ``config.json`` and ``model.safetensors``. No pickle, no code, same bytes for the same weights."""

import json
from pathlib import Path

import numpy as np
from keras import ops
from pydantic import TypeAdapter
from safetensors.numpy import load_file, save_file

from components.files import write_json
from components.models import build
from components.models.contract import Family
from components.params import ModelConfig, Spec, UserError

__all__ = ["load", "save"]


def save(model: Family, folder: Path) -> None:
    """Write a model to an existing folder."""
    content = {"config": model.config.model_dump(mode="json"), "spec": model.spec.model_dump(mode="json")}
    write_json(folder / "config.json", content)
    weights = {variable.path: np.ascontiguousarray(ops.convert_to_numpy(variable.value)) for variable in kept(model)}
    save_file(weights, folder / "model.safetensors")


def load(folder: Path) -> Family:
    """Read a model.

    Raises:
        UserError: a file is missing, or the weights are not those of the configuration.
    """
    for name in ("config.json", "model.safetensors"):
        if not (folder / name).exists():
            raise UserError(f"{folder / name} does not exist; a trained model is a folder with this file")
    content = json.loads((folder / "config.json").read_text("utf-8"))
    config: ModelConfig = TypeAdapter(ModelConfig).validate_json(json.dumps(content["config"]))
    model = build(config, Spec.model_validate_json(json.dumps(content["spec"])))
    weights = load_file(folder / "model.safetensors")
    wanted = {variable.path: variable for variable in kept(model)}
    if wrong := sorted(wanted.keys() ^ weights.keys()):
        raise UserError(f"{folder / 'model.safetensors'} does not fit its config.json: {', '.join(wrong)}")
    for path, variable in wanted.items():
        variable.assign(weights[path])
    return model


def kept(model: Family) -> list:
    """The weights that make the trained model."""
    transient = {id(variable) for variable in model.transient}
    return [variable for variable in model.weights if id(variable) not in transient]

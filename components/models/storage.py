"""A trained model on disk: ``config.json`` and ``model.safetensors``, no pickle, no code.

Same weights, same bytes.
"""

from pathlib import Path

import numpy as np
from keras import ops
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from components.files import write_json
from components.models import build
from components.models.contract import Family
from components.params import Description, UserError

__all__ = ["load", "save"]


def save(model: Family, folder: Path) -> None:
    """Write a model to an existing folder."""
    write_json(folder / "config.json", Description(config=model.config, spec=model.spec).model_dump(mode="json"))
    weights = {variable.path: np.array(ops.convert_to_numpy(variable.value), order="C") for variable in kept(model)}
    save_file(weights, folder / "model.safetensors")


def load(folder: Path) -> Family:
    """Read a model.

    Raises:
        UserError: a file is missing or broken, or the weights are not those of the configuration.
    """
    config, safetensors = folder / "config.json", folder / "model.safetensors"
    for path in (config, safetensors):
        if not path.exists():
            raise UserError(f"{path} does not exist; a trained model is a folder with this file")
    description = Description.read(config)
    try:
        weights = load_file(safetensors)
    except SafetensorError as error:
        raise UserError(f"{safetensors} does not hold a model's weights: {error}") from None
    model = build(description.config, description.spec)
    wanted = {variable.path: variable for variable in kept(model)}
    shapes = {path: tuple(variable.shape) for path, variable in wanted.items()}
    found = {path: array.shape for path, array in weights.items()}
    if wrong := sorted(path for path in shapes.keys() | found.keys() if shapes.get(path) != found.get(path)):
        raise UserError(f"{safetensors} does not fit its config.json: {', '.join(wrong)}")
    for path, variable in wanted.items():
        variable.assign(weights[path])
    return model


def kept(model: Family) -> list:
    """The weights that make the trained model."""
    transient = {id(variable) for variable in model.transient}
    return [variable for variable in model.weights if id(variable) not in transient]

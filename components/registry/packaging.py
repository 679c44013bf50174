"""A trained model as an MLflow model: the sampler, the code that it needs, the weights, and what may be asked of it."""

import ast
import logging
import os
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import mlflow
import numpy as np
from mlflow.models import Model, ModelSignature
from mlflow.types import ColSpec, DataType, ParamSchema, ParamSpec, Schema, TensorSpec

from components.params import ImageSpec, ModelConfig, Spec

__all__ = ["knobs", "log_model", "package", "signature"]

COMPONENTS = Path(__file__).parents[1]
TRAVELS = ("__init__.py", "imports.py", "files.py", "params", "models", "networks", "backend")
REQUIRES = ("mlflow", "keras", "numpy", "pydantic", "ruamel.yaml", "safetensors")
TYPES = {"bool": DataType.boolean, "int": DataType.long, "float": DataType.double, "str": DataType.string}


def package(run_id: str, folder: Path, config: ModelConfig, spec: Spec, model_id: str | None = None) -> str:
    """Log a trained generative model to a run; gives the id of the logged model.

    Args:
        run_id: the run that it belongs to.
        folder: the trained model.
        config: its parameters.
        spec: its data.
        model_id: a logged model whose files were lost, to be filled again.
    """
    return log_model(run_id, folder, "sampler", signature(config, spec), model_id)


def log_model(run_id: str, folder: Path, kind: str, signature: ModelSignature, model_id: str | None = None) -> str:
    """Log what lies in a folder with the code that it needs; ``kind`` is the file of this room that runs it."""
    with TemporaryDirectory() as temporary, _without_advice():
        code = Path(temporary, COMPONENTS.name)
        _copy_code(code)
        info = Model.log(
            artifact_path=None,
            name=kind,
            flavor=mlflow.pyfunc,
            run_id=None if model_id else run_id,  # a run can have a model as its output once
            model_id=model_id,
            python_model=str(Path(__file__).with_name(f"{kind}.py")),
            artifacts={"model": str(folder)},
            code_paths=[str(code)],
            pip_requirements=_requirements(),
            signature=signature,
        )
    return info.model_id


def signature(config: ModelConfig, spec: Spec) -> ModelSignature:
    """No input; as parameters ``n``, ``seed`` and the knobs of the family's ``sample``; images or texts as output."""
    params = [ParamSpec("n", DataType.long, 16), ParamSpec("seed", DataType.long, 0)]
    params += [ParamSpec(name, dtype, default) for name, (dtype, default) in knobs(config.family).items()]
    if isinstance(spec, ImageSpec):
        outputs = Schema([TensorSpec(np.dtype("uint8"), (-1, *spec.shape))])
    else:
        outputs = Schema([ColSpec(DataType.string)])
    return ModelSignature(outputs=outputs, params=ParamSchema(params))


def knobs(family: str) -> dict[str, tuple[DataType, Any]]:
    """Type and default of each keyword-only parameter of a family's ``sample``.

    They are read from the source, for Keras takes longer to import than all of the registering takes.
    """
    arguments = _sample(family).args
    return {
        knob.arg: (_type(knob.annotation), ast.literal_eval(default))
        for knob, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        if default is not None
    }


def _sample(module: str) -> ast.FunctionDef:
    """The method ``sample`` of the class in a file of ``models/``, or of the class in another that it extends."""
    tree = ast.parse((COMPONENTS / "models" / f"{module}.py").read_text("utf-8"))
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    for function in (node for family in classes for node in family.body if isinstance(node, ast.FunctionDef)):
        if function.name == "sample":
            return function
    bases = {base.id for family in classes for base in family.bases if isinstance(base, ast.Name)}
    imports = (node for node in tree.body if isinstance(node, ast.ImportFrom))
    parents = (node.module for node in imports if bases & {alias.name for alias in node.names} and node.module)
    return _sample(next(parents).rpartition(".")[2])


def _type(hint: ast.expr | None) -> DataType:
    """MLflow's type of a hint such as ``float`` or ``int | None``."""
    return TYPES[ast.unparse(hint).removesuffix(" | None")] if hint else DataType.string


@contextmanager
def _without_advice() -> Iterator[None]:
    """MLflow advises an input example and misses pip in the environment: there is no input, and uv needs no pip."""
    environment = logging.getLogger("mlflow.utils.environment")
    level = environment.level
    environment.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(action="ignore", category=UserWarning):
            yield
    finally:
        environment.setLevel(level)


def _copy_code(target: Path) -> None:
    target.mkdir()
    for name in TRAVELS:
        source = COMPONENTS / name
        if source.is_dir():
            shutil.copytree(source, target / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(source, target / name)


def _requirements() -> list[str]:
    """What the sampler imports, at the versions installed here: TensorFlow, and the backend in use if it is another."""
    backends = {"tensorflow", os.environ.get("KERAS_BACKEND", "tensorflow")}
    installed = {name: _version(name) for name in (*REQUIRES, *sorted(backends))}
    return [f"{name}=={version}" for name, version in installed.items() if version]


def _version(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None

"""A trained model as an MLflow model: the sampler, the code that it needs, the weights, and what may be asked of it."""

import inspect
import shutil
import typing
from importlib import import_module, metadata
from pathlib import Path
from tempfile import TemporaryDirectory
from types import NoneType

import mlflow
import numpy as np
from mlflow.models import Model, ModelSignature
from mlflow.types import ColSpec, DataType, ParamSchema, ParamSpec, Schema, TensorSpec

from components.params import ModelConfig, Spec

__all__ = ["package", "signature"]

COMPONENTS = Path(__file__).parents[1]
TRAVELS = ("__init__.py", "files.py", "params", "models", "networks", "backend")
REQUIRES = ("mlflow", "keras", "numpy", "pydantic", "ruamel.yaml", "safetensors")
BACKENDS = ("tensorflow", "jax")
TYPES = {bool: DataType.boolean, int: DataType.long, float: DataType.double, str: DataType.string}


def package(run_id: str, folder: Path, config: ModelConfig, spec: Spec, model_id: str | None = None) -> str:
    """Log a trained model to a run; gives the id of the logged model.

    Args:
        run_id: the run that it belongs to.
        folder: the trained model.
        config: its parameters.
        spec: its data.
        model_id: a logged model whose files were lost, to be filled again.
    """
    with TemporaryDirectory() as temporary:
        code = Path(temporary, COMPONENTS.name)
        _copy_code(code)
        info = Model.log(
            artifact_path=None,
            name="sampler",
            flavor=mlflow.pyfunc,
            run_id=run_id,
            model_id=model_id,
            python_model=str(Path(__file__).with_name("sampler.py")),
            artifacts={"model": str(folder)},
            code_paths=[str(code)],
            pip_requirements=_requirements(),
            signature=signature(config, spec),
        )
    return info.model_id


def signature(config: ModelConfig, spec: Spec) -> ModelSignature:
    """No input; as parameters ``n``, ``seed`` and the knobs of the family's ``sample``; images or texts as output."""
    params = [ParamSpec("n", DataType.long, 16), ParamSpec("seed", DataType.long, 0)]
    params += [ParamSpec(name, dtype, default) for name, (dtype, default) in _knobs(config).items()]
    if spec.kind == "image":
        outputs = Schema([TensorSpec(np.dtype("uint8"), (-1, *(spec.shape or ())))])
    else:
        outputs = Schema([ColSpec(DataType.string)])
    return ModelSignature(outputs=outputs, params=ParamSchema(params))


def _knobs(config: ModelConfig) -> dict[str, tuple[DataType, typing.Any]]:
    """Type and default of each keyword-only parameter of the family's ``sample``."""
    from components.models import FAMILIES

    family = getattr(import_module(f"components.models.{config.family}"), FAMILIES[config.family])
    hints = typing.get_type_hints(family.sample)
    knobs = inspect.signature(family.sample).parameters.values()
    return {knob.name: (_type(hints[knob.name]), knob.default) for knob in knobs if knob.kind is knob.KEYWORD_ONLY}


def _type(hint: typing.Any) -> DataType:
    """MLflow's type of a hint such as ``float`` or ``int | None``."""
    (kind,) = [kind for kind in typing.get_args(hint) or (hint,) if kind is not NoneType]
    return TYPES[kind]


def _copy_code(target: Path) -> None:
    target.mkdir()
    for name in TRAVELS:
        source = COMPONENTS / name
        if source.is_dir():
            shutil.copytree(source, target / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(source, target / name)


def _requirements() -> list[str]:
    installed = {name: _version(name) for name in (*REQUIRES, *BACKENDS)}
    return [f"{name}=={version}" for name, version in installed.items() if version]


def _version(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None

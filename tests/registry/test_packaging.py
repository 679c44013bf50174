"""What travels with a model."""

import ast
import inspect
from importlib import import_module
from pathlib import Path
from typing import get_args, get_type_hints

import pytest
from mlflow.types import DataType

from components.params import ModelConfig
from components.registry.packaging import REQUIRES, TRAVELS, knobs

COMPONENTS = Path(__file__).parents[2] / "components"
LEFT_OUT = {"sklearn"}  # fits the latents' mixture, at the end of training only


FAMILIES = get_args(get_args(ModelConfig)[0])


@pytest.mark.parametrize("config", FAMILIES)
def test_the_knobs_read_from_the_source_are_those_of_sample(config):
    (family,) = get_args(config.model_fields["family"].annotation)
    sample = getattr(import_module(f"components.models.{family}"), config.__name__.removesuffix("Config")).sample
    assert "label" in knobs(family) or "conditional" not in config.model_fields
    parameters = [p for p in inspect.signature(sample).parameters.values() if p.kind is p.KEYWORD_ONLY]
    read = knobs(family)
    assert {name: default for name, (_, default) in read.items()} == {p.name: p.default for p in parameters}
    types = {int: DataType.long, float: DataType.double, bool: DataType.boolean, str: DataType.string}
    hints = {name: get_type_hints(sample)[name] for name in read}
    assert {name: dtype for name, (dtype, _) in read.items()} == {
        name: types[next(iter(get_args(hint)), hint)] for name, hint in hints.items()
    }


def test_the_code_that_travels_needs_only_what_is_required():
    files = [path for name in TRAVELS for path in [COMPONENTS / name, *(COMPONENTS / name).rglob("*.py")]]
    imported = set()
    for path in files:
        if path.is_file():
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Import):
                    imported |= {alias.name for alias in node.names}
                elif isinstance(node, ast.ImportFrom):
                    imported.add(str(node.module))
    rooms = {f"components.{name.removesuffix('.py')}" for name in TRAVELS} | {"components"}
    own = {name for name in imported if name.split(".")[0] == "components"}
    assert {name for name in own if ".".join(name.split(".")[:2]) not in rooms} == set()
    libraries = {name.split(".")[0] for name in imported - own} - LEFT_OUT
    known = {name.split(".")[0] for name in REQUIRES} | {"tensorflow", "jax", "pydantic_core"}
    assert libraries - known - set(__import__("sys").stdlib_module_names) == set()

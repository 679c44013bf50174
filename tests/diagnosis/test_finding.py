"""Cures are keys that params.yaml has, and that the model has."""

from importlib import import_module
from pkgutil import iter_modules
from types import UnionType
from typing import Union, get_args, get_origin

import pytest
from pydantic import BaseModel

import components.diagnosis
from components.diagnosis import Finding, paragraph
from components.diagnosis.finding import cures
from components.params import ModelConfig
from tests.diagnosis.cases import section

CONFIGS = get_args(get_args(ModelConfig)[0])
MODULES = [
    import_module(f"components.diagnosis.{module.name}") for module in iter_modules(components.diagnosis.__path__)
]
KEYS = sorted(
    {
        key
        for module in MODULES
        for name, advice in vars(module).items()
        if name.isupper() and isinstance(advice, dict)
        for key in advice
        if key not in {"error", "warning"}
    }
)


def holds(config: type[BaseModel], key: str) -> bool:
    """Whether a section's schema has a dotted key."""
    head, _, rest = key.partition(".")
    if head not in config.model_fields:
        return False
    kind = config.model_fields[head].annotation
    kinds = get_args(kind) if get_origin(kind) in (Union, UnionType) else (kind,)
    return not rest or any(holds(inner, rest) for inner in kinds if hasattr(inner, "model_fields"))


@pytest.mark.parametrize("key", KEYS)
def test_every_cure_is_a_parameter_of_some_family(key):
    assert any(holds(config, key) for config in CONFIGS)


def test_a_model_is_advised_what_it_may_hold_and_does_not_hold_yet():
    advice = {
        "n_critic": "more",
        "label_smoothing": "0.1",
        "label_flips": "0.1",
        "discriminator.optimizer.learning_rate": "lower",
        "discriminator.minibatch_stddev": "true",
        "training.best_weights": "true",
        "conditional": "true",
    }
    assert cures(section("gan"), advice) == (
        "label_flips: 0.1",
        "discriminator.optimizer.learning_rate: lower",
        "discriminator.minibatch_stddev: true",
        "training.best_weights: true",
    )


def test_a_paragraph_says_all_of_it():
    assert paragraph([]) == "Nothing is wrong with this run that is known to go wrong."
    findings = [
        Finding("a", "error", "it broke.", {"x": 1.0}, ("beta: 1.0", "latent_dim: fewer")),
        Finding("b", "note", "it is.", {}),
    ]
    assert paragraph(findings) == "Error: it broke. What helps: beta: 1.0, latent_dim: fewer. Note: it is."

"""What every family keeps of the contract."""

import numpy as np
import pytest

from components import models
from components.models.contract import Autoencodes, HasBounds, HasLikelihood, Samples
from components.params import ModelConfig
from tests.models.building import FAMILIES, build

ANSWERS = {
    "autoencoder": {Samples, Autoencodes},
    "vae": {Samples, Autoencodes, HasBounds},
    "lstm": {Samples, HasLikelihood},
}


def test_every_family_of_the_parameters_has_its_model():
    classes = ModelConfig.__origin__.__args__
    assert {kind.model_fields["family"].annotation.__args__[0] for kind in classes} == models.FAMILIES.keys()
    assert FAMILIES.keys() == ANSWERS.keys() == models.FAMILIES.keys()


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_answers_its_questions_and_no_others(family):
    model = build(family)
    questions = {Samples, Autoencodes, HasBounds, HasLikelihood}
    assert {question for question in questions if isinstance(model, question)} == ANSWERS[family]


@pytest.mark.parametrize("family", FAMILIES)
def test_players_move_exactly_the_trainable_variables_from_the_input_to_the_output(family):
    model = build(family)
    moved = [variable for player in model.players() for variable in player.variables]
    assert len(moved) == len({id(variable) for variable in moved})
    assert {id(variable) for variable in moved} == {id(variable) for variable in model.trainable_variables}
    first, last = {"lstm": ("embedding/", "out/")}.get(family, ("encoder/", ("decoder/", "likelihood/")))
    assert moved[0].path.startswith(first)
    assert moved[-1].path.startswith(last)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_model_built_twice_has_the_same_paths_and_the_same_weights(family):
    first, second = build(family), build(family)
    paths = [variable.path for variable in first.weights]
    assert paths == [variable.path for variable in second.weights]
    assert len(set(paths)) == len(paths)
    for one, other in zip(first.get_weights(), second.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("family", FAMILIES)
def test_transient_variables_are_the_models_own_and_not_trained(family):
    model = build(family)
    ours = {id(variable) for variable in model.non_trainable_variables}
    assert {id(variable) for variable in model.transient} <= ours
    assert bool(model.transient) == (family == "lstm")

"""What every family keeps of the contract."""

from importlib import import_module
from typing import get_args

import numpy as np
import pytest

from components.models.contract import (
    Autoencodes,
    Denoises,
    Family,
    HasBounds,
    HasEnergy,
    HasGates,
    HasImportanceBound,
    HasLikelihood,
    HasPartition,
    Inverts,
    ReadsWindows,
    Samples,
)
from components.params import ModelConfig
from tests.models.building import FAMILIES, build, image_spec, loss

ANSWERS = {
    "autoencoder": {Samples, Autoencodes, Denoises},
    "vae": {Samples, Autoencodes, HasBounds, HasImportanceBound},
    "ebm": {Samples, HasEnergy, HasPartition},
    "lstm": {Samples, HasLikelihood, HasGates},
    "transformer": {Samples, HasLikelihood, ReadsWindows},
    "pixelcnn": {Samples, HasLikelihood},
    "gan": {Samples},
    "wgan_gp": {Samples},
    "realnvp": {Samples, Autoencodes, HasBounds, HasImportanceBound, Inverts},
    "diffusion": {Samples, HasBounds},
}
# Where the first and the last variable of each player are, for the norms of gradients by depth.
ENDS = {
    "autoencoder": [("encoder/", "decoder/")],
    "vae": [("encoder/", "likelihood/")],
    "ebm": [("energy/dense_0/", "energy/out/")],
    "lstm": [("embedding/", "out/")],
    "transformer": [("embedding/", "out/")],
    "pixelcnn": [("gated_0/", "head/")],
    "gan": [("discriminator/conv_0", "discriminator/out"), ("generator/dense", "generator/out")],
    "wgan_gp": [("critic/conv_0", "critic/out"), ("generator/dense", "generator/out")],
    "realnvp": [("flow/checkerboard_norm_0/", "flow/next/last_norm/")],
    "diffusion": [("unet/time_0", "unet/leave")],
}
CARRY = {"ebm", "lstm"}  # something from batch to batch that is no part of the trained model


def test_every_family_of_the_parameters_has_its_model():
    configs = get_args(get_args(ModelConfig)[0])
    names = {get_args(config.model_fields["family"].annotation)[0]: config.__name__ for config in configs}
    assert FAMILIES.keys() == ANSWERS.keys() == ENDS.keys() == names.keys()
    for name, config in names.items():
        module = import_module(f"components.models.{name}")
        assert issubclass(getattr(module, config.removesuffix("Config")), Family)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_answers_its_questions_and_no_others(family):
    model = build(family)
    questions = set().union(*ANSWERS.values())
    assert {question for question in questions if isinstance(model, question)} == ANSWERS[family]


@pytest.mark.parametrize("family", FAMILIES)
def test_players_move_exactly_the_trainable_variables_from_the_input_to_the_output(family):
    model = build(family)
    moved = [variable for player in model.players() for variable in player.variables]
    assert len(moved) == len({id(variable) for variable in moved})
    assert {id(variable) for variable in moved} == {id(variable) for variable in model.trainable_variables}
    for player, (first, last) in zip(model.players(), ENDS[family], strict=True):
        assert player.variables[0].path.startswith(first)
        assert player.variables[-1].path.startswith(last)


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
    assert bool(model.transient) == (family in CARRY)


@pytest.mark.parametrize("family", FAMILIES)
def test_images_of_the_size_of_mnist_can_be_learned(family):
    whole = dict.fromkeys({"sequence_length", "context"} & FAMILIES[family].keys())
    model = build(family, image_spec((28, 28, 1), 256), **whole)
    images = np.random.default_rng(1).integers(0, 256, (2, 28, 28, 1), np.uint8)
    assert np.isfinite(loss(model, {"image": images})[0])

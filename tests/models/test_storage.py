"""A trained model on disk."""

import json
from functools import cache

import keras
import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from components.models import storage
from components.params import UserError
from tests.models.building import FAMILIES, answer, build


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "model").mkdir()
    return tmp_path / "model"


def train(family):
    """A model whose weights are not those that it is built with, as if it had been trained."""
    model = build(family)
    random = np.random.default_rng(1)
    model.set_weights([random.normal(0, 0.5, weight.shape) for weight in model.weights])
    model.conclude(random.integers(0, 17, (100, 8, 8, 1), np.uint8), 3)
    return model


trained = cache(train)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_loaded_model_answers_as_the_saved_one(family, folder):
    model = trained(family)
    storage.save(model, folder)
    keras.utils.set_random_seed(99)
    loaded = storage.load(folder)
    assert (loaded.config, loaded.spec) == (model.config, model.spec)
    np.testing.assert_array_equal(loaded.sample(5, 3), model.sample(5, 3))
    if family == "lstm":
        x = np.array([[1, 2, 3], [3, 3, 0]], "int32")
        np.testing.assert_array_equal(answer(loaded, "log_likelihood", x), answer(model, "log_likelihood", x))


@pytest.mark.parametrize("family", FAMILIES)
def test_the_same_weights_are_the_same_bytes_and_what_is_loaded_saves_alike(family, folder, tmp_path):
    model = trained(family)
    storage.save(model, folder)
    for name, other in [("again", train(family)), ("loaded", storage.load(folder))]:
        (tmp_path / name).mkdir()
        storage.save(other, tmp_path / name)
        for file in ("config.json", "model.safetensors"):
            assert (tmp_path / name / file).read_bytes() == (folder / file).read_bytes()


@pytest.mark.parametrize("family", FAMILIES)
def test_every_weight_is_there_once_and_nothing_that_only_training_needs(family, folder):
    model = trained(family)
    storage.save(model, folder)
    saved = load_file(folder / "model.safetensors")
    transient = {id(variable) for variable in model.transient}
    kept = [weight for weight in model.weights if id(weight) not in transient]
    assert {weight.path: tuple(weight.shape) for weight in kept} == {name: array.shape for name, array in saved.items()}
    assert len(saved) == len(kept)
    assert not [name for name in saved if "seed" in name]


def test_the_state_carried_by_training_does_not_matter(folder, tmp_path):
    model = trained("lstm")
    storage.save(model, folder)
    model.validate({"tokens": np.ones((2, 5), "uint8")})
    (tmp_path / "later").mkdir()
    storage.save(model, tmp_path / "later")
    assert (tmp_path / "later/model.safetensors").read_bytes() == (folder / "model.safetensors").read_bytes()


def renamed(weights):
    return {name.replace("encoder/", "coder/"): array for name, array in weights.items()}


def widened(weights):
    return {
        name: np.zeros((*array.shape[:-1], 9), "float32") if "out/" in name else array
        for name, array in weights.items()
    }


@pytest.mark.parametrize(("change", "named"), [(renamed, "coder/dense_0/bias"), (widened, "encoder/out/kernel")])
def test_weights_that_do_not_fit_are_answered_by_one_line(change, named, folder):
    storage.save(trained("vae"), folder)
    path = folder / "model.safetensors"
    save_file(change(load_file(path)), path)
    with pytest.raises(UserError, match=f"model.safetensors does not fit its config.json: .*{named}") as raised:
        storage.load(folder)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("name", ["config.json", "model.safetensors"])
@pytest.mark.parametrize("content", [None, b"", b"{}", b"\x10\x00\x00\x00\x00\x00\x00\x00{not json at all"])
def test_a_file_that_is_missing_or_broken_is_answered_by_one_line(name, content, folder):
    storage.save(trained("vae"), folder)
    (folder / name).unlink()
    if content is not None:
        (folder / name).write_bytes(content)
    with pytest.raises(UserError, match=name) as raised:
        storage.load(folder)
    assert "\n" not in str(raised.value)


def test_the_configuration_is_readable(folder):
    storage.save(trained("vae"), folder)
    content = json.loads((folder / "config.json").read_text("utf-8"))
    assert content["config"]["likelihood"] == "gaussian"
    assert content["spec"]["shape"] == [8, 8, 1]

"""A trained model on disk."""

import json

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


def trained(family, digits):
    """A model whose weights are not those that it is built with."""
    model = build(family)
    random = np.random.default_rng(1)
    model.set_weights([random.normal(0, 0.5, weight.shape) for weight in model.weights])
    if family != "lstm":
        model.conclude(digits[:100], 3)
    return model


@pytest.mark.parametrize("family", FAMILIES)
def test_a_loaded_model_answers_as_the_saved_one(family, folder, digits):
    model = trained(family, digits)
    storage.save(model, folder)
    keras.utils.set_random_seed(99)
    loaded = storage.load(folder)
    assert (loaded.config, loaded.spec) == (model.config, model.spec)
    np.testing.assert_array_equal(loaded.sample(5, 3), model.sample(5, 3))
    if family == "lstm":
        question, x = "log_likelihood", np.array([[1, 2, 3], [3, 3, 0]], "int32")
    else:
        question, x = "encode", digits[:4]
    np.testing.assert_array_equal(answer(loaded, question, x), answer(model, question, x))


@pytest.mark.parametrize("family", FAMILIES)
def test_the_same_weights_are_the_same_bytes_and_what_is_loaded_saves_alike(family, folder, tmp_path, digits):
    model = trained(family, digits)
    storage.save(model, folder)
    for name, other in [("again", trained(family, digits)), ("loaded", storage.load(folder))]:
        (tmp_path / name).mkdir()
        storage.save(other, tmp_path / name)
        for file in ("config.json", "model.safetensors"):
            assert (tmp_path / name / file).read_bytes() == (folder / file).read_bytes()


@pytest.mark.parametrize("family", FAMILIES)
def test_every_weight_is_there_once_and_nothing_that_only_training_needs(family, folder, digits):
    model = trained(family, digits)
    storage.save(model, folder)
    saved = load_file(folder / "model.safetensors")
    kept = [weight for weight in model.weights if "carried" not in weight.name]
    assert {weight.path: tuple(weight.shape) for weight in kept} == {name: array.shape for name, array in saved.items()}
    assert len(saved) == len(kept)
    assert not [name for name in saved if "carried" in name or "seed" in name]


def test_the_state_carried_by_training_does_not_matter(folder, tmp_path, digits):
    model = trained("lstm", digits)
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
def test_weights_that_do_not_fit_are_answered_by_one_line(change, named, folder, digits):
    storage.save(trained("vae", digits), folder)
    path = folder / "model.safetensors"
    save_file(change(load_file(path)), path)
    with pytest.raises(UserError, match=f"model.safetensors does not fit its config.json: .*{named}") as raised:
        storage.load(folder)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("name", ["config.json", "model.safetensors"])
@pytest.mark.parametrize("content", [None, b"", b"{}", b"\x10\x00\x00\x00\x00\x00\x00\x00{not json at all"])
def test_a_file_that_is_missing_or_broken_is_answered_by_one_line(name, content, folder, digits):
    storage.save(trained("vae", digits), folder)
    (folder / name).unlink()
    if content is not None:
        (folder / name).write_bytes(content)
    with pytest.raises(UserError, match=name) as raised:
        storage.load(folder)
    assert "\n" not in str(raised.value)


def test_the_configuration_is_readable(folder, digits):
    storage.save(trained("vae", digits), folder)
    content = json.loads((folder / "config.json").read_text("utf-8"))
    assert content["config"]["likelihood"] == "gaussian"
    assert content["spec"]["shape"] == [8, 8, 1]

from collections.abc import Callable, Iterator
from functools import cache
from itertools import product
from pathlib import Path

import pytest
from dvc.utils.hydra import compose_and_dump
from hydra.core.global_hydra import GlobalHydra

from components.params import Params, load

ROOT = Path(__file__).parents[2]
IMAGES, TEXT, PRESETS = (
    sorted(path.stem for path in (ROOT / "conf" / group).glob("*.yaml")) for group in ("images", "text", "preset")
)

Compose = Callable[..., Params]


@pytest.fixture(scope="module")
def compose(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Compose]:
    """Parameters composed as `dvc exp run -S …` composes them, read by the reader of every step."""

    @cache
    def composed(*overrides: str) -> Params:
        output = tmp_path_factory.mktemp("composed") / "params.yaml"
        compose_and_dump(output, str(ROOT / "conf"), None, "config", str(ROOT), list(overrides))
        return load(output)

    yield composed
    GlobalHydra.instance().clear()


def test_defaults_are_the_committed_parameters(compose: Compose) -> None:
    assert compose().model_dump() == load(ROOT / "params.yaml").model_dump()


@pytest.mark.parametrize(("images", "text"), product(IMAGES, TEXT))
def test_every_choice_is_valid_and_holds_the_data_it_uses(compose: Compose, images: str, text: str) -> None:
    usual, params = compose(), compose(f"images={images}", f"text={text}")
    assert set(params.datasets) == {images, text}
    chosen = {"digits": images, "pydocs": text}
    assert {name: model.dataset for name, model in params.models.items()} == {
        name: chosen[model.dataset] for name, model in usual.models.items()
    }


def test_mnist_is_one_choice_for_all_image_models(compose: Compose) -> None:
    params = compose("images=mnist")
    assert params.models["vae"].likelihood == "bernoulli"
    assert (params.reference.training.epochs, params.evaluation.samples) == (4, 1000)
    assert params.models["lstm"] == compose().models["lstm"]


def test_the_defaults_can_be_chosen(compose: Compose) -> None:
    assert compose("images=digits", "text=pydocs") == compose()


def test_a_path_of_ones_own_is_given_once(compose: Compose) -> None:
    params = compose("images=folder", "datasets.folder.source=/home/me/pictures")
    assert params.datasets["folder"].watch == "/home/me/pictures"


def test_a_number_is_changed_in_passing(compose: Compose) -> None:
    assert compose("models.vae.beta=2").models["vae"].beta == 2.0


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_is_valid_brings_its_data_and_gives_way_to_the_command_line(compose: Compose, preset: str) -> None:
    params, usual = compose(f"preset={preset}"), compose()
    changed = {name for name, model in params.models.items() if model != usual.models[name]}
    assert changed
    assert {params.models[name].dataset for name in changed} <= params.datasets.keys()
    name = sorted(changed)[0]
    assert compose(f"preset={preset}", f"models.{name}.training.epochs=1").models[name].training.epochs == 1

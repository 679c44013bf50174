"""The baseline step: real examples and noise, judged as models are."""

import json
import shutil

import pytest

from tests.test_evaluate import SAMPLES
from tests.workplace import run_step


@pytest.fixture
def baselines(judges):
    return {
        name: json.loads((judges / f"artifacts/metrics/baselines/{name}.json").read_text())
        for name in ("squares", "prose")
    }


def test_real_images_are_nearer_to_test_images_than_noise(baselines):
    floor, ceiling = (baselines["squares"][name] for name in ("training images", "noise"))
    for name in ("frechet_distance", "frechet_distance_infinite", "kernel_distance", "energy_distance"):
        assert floor[name]["mean"] < ceiling[name]["mean"]
    assert floor["diversity"]["mean"] == pytest.approx(1, abs=0.2)


def test_they_have_the_numbers_of_models(baselines):
    """Training images are not compared with themselves."""
    itself = {"nearest_training_feature", "nearest_training_pixel", "copies_feature", "copies_pixel"}
    assert baselines["squares"]["noise"].keys() == SAMPLES
    assert baselines["squares"]["training images"].keys() == SAMPLES - itself
    for judged in baselines["squares"].values():
        assert (judged["samples"], judged["sample_seeds"]) == (8, 2)
    assert baselines["prose"].keys() == {"test text", "random characters"}


def test_two_runs_give_the_same_bytes(judges, tmp_path, monkeypatch):
    shutil.copytree(judges, tmp_path, dirs_exist_ok=True)
    shutil.rmtree(tmp_path / "artifacts/metrics")
    monkeypatch.chdir(tmp_path)
    for name in ("squares", "prose"):
        run_step("baseline", name)
        path = f"artifacts/metrics/baselines/{name}.json"
        assert (tmp_path / path).read_bytes() == (judges / path).read_bytes()

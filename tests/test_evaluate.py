"""Evaluation of whole models that nobody trained: what they are asked, and that the answers are right."""

import json
import sys

import numpy as np
import pytest
from PIL import Image

from components import evaluate
from components.costs import read_costs
from components.files import sha256
from components.params import UserError
from tests.workplace import CONDITIONAL, make_workplace, save_models

SAMPLES = {"energy_distance", "energy_distance_of_training_images"}


@pytest.fixture(scope="module")
def workplace(tmp_path_factory):
    folder = tmp_path_factory.mktemp("workplace")
    save_models(folder, make_workplace(folder, CONDITIONAL))
    return folder


@pytest.fixture
def run(workplace, monkeypatch):
    """Evaluate a model of the workplace, and give its metrics."""
    monkeypatch.chdir(workplace)

    def run(name: str) -> dict:
        monkeypatch.setattr(sys, "argv", ["evaluate", name])
        evaluate.main()
        return json.loads((workplace / f"artifacts/metrics/{name}.json").read_text())

    return run


def loaded(workplace, name: str):
    import keras

    from components.models import storage

    keras.utils.set_random_seed(7)
    return storage.load(workplace / "artifacts/models" / name)


def names(folder) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_vae_answers_for_every_test_image_once(workplace, run):
    metrics = run("vae")
    assert metrics.keys() == {
        "parameters",
        "examples",
        "reconstruction_error",
        "elbo_nats",
        "elbo_bits_per_dim",
        "importance_bound_nats",
        "importance_bound_bits_per_dim",
        *SAMPLES,
    }
    assert metrics["examples"] == 10  # two batches of four and a rest of two
    assert metrics["importance_bound_nats"]["k"] == 2
    assert metrics["elbo_bits_per_dim"]["mean"] == pytest.approx(-metrics["elbo_nats"]["mean"] / 16 / np.log(2))
    assert names(workplace / "artifacts/evaluation/vae") == {"samples.png", "reconstructions.png", "walk.png"}
    assert metrics["energy_distance"]["samples"] == 4 + 2  # those of the picture, and those that were timed

    images = np.load(workplace / "data/arrays/squares/test.npy")
    model = loaded(workplace, "vae")
    errors = ((np.asarray(model.decode(model.encode(images))) - images / 16) ** 2).mean(axis=(1, 2, 3))
    assert metrics["reconstruction_error"] == pytest.approx(
        {"mean": errors.mean(), "standard_error": errors.std(ddof=1) / np.sqrt(10)}, rel=1e-5
    )


def test_a_denoiser_is_judged_from_noisy_inputs_too(workplace, run):
    metrics = run("denoiser")
    errors = {"reconstruction_error", "denoising_error", "noisy_input_error"}
    assert metrics.keys() == {"parameters", "examples", *errors, *SAMPLES}
    assert metrics["noisy_input_error"]["mean"] == pytest.approx(0.3**2, rel=0.4)


def test_a_conditional_model_is_told_the_classes_of_test_images_and_shows_its_own(workplace, run):
    metrics = run("conditional")
    pictures = {"samples.png", "classes.png", "reconstructions.png", "walk.png"}
    assert names(workplace / "artifacts/evaluation/conditional") == pictures
    with Image.open(workplace / "artifacts/evaluation/conditional/classes.png") as image:
        assert image.size == (8 * 42 - 2, 3 * 42 - 2)  # a row for each of three classes

    images, labels = (np.load(workplace / f"data/arrays/squares/{stem}.npy") for stem in ("test", "test_labels"))
    model = loaded(workplace, "conditional")
    made = np.asarray(model.decode(model.encode(images, labels), labels))
    told = ((made - images / 16) ** 2).mean()
    assert metrics["reconstruction_error"]["mean"] == pytest.approx(told, rel=1e-5)


def test_text_is_read_with_the_state_carried_and_no_character_is_predicted_from_nothing(workplace, run):
    metrics = run("lstm")
    assert metrics.keys() == {"parameters", "bits_per_character", "perplexity", "characters", "block_characters"}
    assert metrics["perplexity"]["mean"] == pytest.approx(2 ** metrics["bits_per_character"]["mean"])

    # 300 characters in 4 streams: each counts 72 of them, after 8 that it only reads
    tokens = np.load(workplace / "data/arrays/prose/test.npy").astype("int32")
    assert (metrics["characters"], metrics["block_characters"]) == (288, 32)
    model, nats = loaded(workplace, "lstm"), 0.0
    for start in range(0, 288, 72):
        states, counted = model._zero_states(1), slice(8, 80)
        logits, _ = model._logits(tokens[None, start : start + 80], states, training=False)
        logits, following = np.asarray(logits)[0], tokens[start + 1 : start + 81]
        log_probs = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
        nats -= log_probs[np.arange(80), following][counted].sum()
    assert metrics["bits_per_character"]["mean"] == pytest.approx(nats / 288 / np.log(2), rel=1e-5)


def test_texts_are_written_out(workplace, run):
    run("lstm")
    text = (workplace / "artifacts/evaluation/lstm/samples.txt").read_text()
    parts = text.rstrip("\n").split("――――――――")
    assert len(parts) == 3
    assert set(text) <= set("\n\N{REPLACEMENT CHARACTER}a<&―")


def test_two_evaluations_give_the_same_bytes_and_costs_stay_apart(workplace, run):
    run("denoiser")
    kept = [workplace / "artifacts/metrics/denoiser.json", *(workplace / "artifacts/evaluation/denoiser").iterdir()]
    before = {path: path.read_bytes() for path in kept}
    run("denoiser")
    assert {path: path.read_bytes() for path in kept} == before
    costs = read_costs("denoiser", sha256(workplace / "artifacts/models/denoiser/model.safetensors"))
    assert costs["sampling"]["samples_per_second"] > 0
    assert costs["evaluation"]["seconds"] > 0


def test_an_unknown_name_and_an_untrained_model_are_answered_before_any_work(tmp_path, monkeypatch):
    make_workplace(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["evaluate", "va"])
    with pytest.raises(UserError, match=r"no model is named 'va'; did you mean vae\?"):
        evaluate.main()
    monkeypatch.setattr(sys, "argv", ["evaluate", "vae"])
    with pytest.raises(UserError, match="`dvc repro train@vae` trains it"):
        evaluate.main()


def test_a_model_of_other_data_is_refused(workplace, run, monkeypatch):
    spec = workplace / "data/arrays/squares/spec.json"
    before = spec.read_text()
    try:
        spec.write_text(before.replace('"source": "squares"', '"source": "circles"'))
        with pytest.raises(UserError, match="trained on other data"):
            run("vae")
    finally:
        spec.write_text(before)

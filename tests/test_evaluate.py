"""Evaluation of whole models that nobody trained: what they are asked, and that the answers are right."""

import csv
import json
import shutil

import numpy as np
import pytest
from PIL import Image

from components.costs import read_costs
from components.files import sha256
from components.fingerprint import hash_samples
from components.params import UserError, load
from tests.workplace import make_workplace, run_step, save_models

NEIGHBOURS = {"precision", "recall", "density", "coverage"}
CLASSES = {"class_entropy", "class_distance", "classes_found"}
NOVELTY = {f"{name}_{space}" for name in ("nearest_training", "copies") for space in ("feature", "pixel")}
DISTANCES = {"frechet_distance", "frechet_distance_infinite", "kernel_distance", "energy_distance", "diversity"}
SAMPLES = {"samples", "sample_seeds"} | DISTANCES | NEIGHBOURS | CLASSES | NOVELTY
FILES = {"samples.png", "nearest.png", "diagnosis.json", "fingerprint.json", "judge.json"}


@pytest.fixture(scope="module")
def workplace(judges, tmp_path_factory):
    folder = tmp_path_factory.mktemp("workplace")
    shutil.copytree(judges, folder, dirs_exist_ok=True)
    save_models(folder, load(folder / "params.yaml"))
    return folder


@pytest.fixture
def run(workplace, monkeypatch):
    """Evaluate a model of the workplace, and give its metrics."""
    monkeypatch.chdir(workplace)

    def run(name: str) -> dict:
        run_step("evaluate", name)
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
        "active_units",
        *SAMPLES,
    }
    assert metrics["examples"] == 10  # two batches of four and a rest of two
    assert metrics["importance_bound_nats"]["k"] == 2
    assert metrics["elbo_bits_per_dim"]["mean"] == pytest.approx(-metrics["elbo_nats"]["mean"] / 16 / np.log(2))
    assert names(workplace / "artifacts/evaluation/vae") == {*FILES, "reconstructions.png", "walk.png"}
    assert (metrics["samples"], metrics["sample_seeds"]) == (8, 2)

    images = np.load(workplace / "data/arrays/squares/test.npy")
    model = loaded(workplace, "vae")
    errors = ((np.asarray(model.decode(model.encode(images))) - images / 16) ** 2).mean(axis=(1, 2, 3))
    assert metrics["reconstruction_error"] == pytest.approx(
        {"mean": errors.mean(), "standard_error": errors.std(ddof=1) / np.sqrt(10)}, rel=1e-5
    )


def test_a_denoiser_is_judged_from_noisy_inputs_too(workplace, run):
    metrics = run("denoiser")
    errors = {"reconstruction_error", "denoising_error", "noisy_input_error"}
    assert metrics.keys() == {"parameters", "examples", "active_units", *errors, *SAMPLES}
    assert metrics["noisy_input_error"]["mean"] == pytest.approx(0.3**2, rel=0.4)


def test_a_conditional_model_is_told_the_classes_of_test_images_and_shows_its_own(workplace, run):
    metrics = run("conditional")
    made = FILES | {"classes.png", "reconstructions.png", "walk.png"}
    assert names(workplace / "artifacts/evaluation/conditional") == made
    with Image.open(workplace / "artifacts/evaluation/conditional/classes.png") as image:
        assert image.size == (8 * 42 - 2, 3 * 42 - 2)  # a row for each of three classes

    images, labels = (np.load(workplace / f"data/arrays/squares/{stem}.npy") for stem in ("test", "test_labels"))
    model = loaded(workplace, "conditional")
    made = np.asarray(model.decode(model.encode(images, labels), labels))
    told = ((made - images / 16) ** 2).mean()
    assert metrics["reconstruction_error"]["mean"] == pytest.approx(told, rel=1e-5)


def test_text_is_read_with_the_state_carried_and_no_character_is_predicted_from_nothing(workplace, run):
    metrics = run("lstm")
    read = {"bits_per_character", "perplexity", "characters", "block_characters"}
    grams = {f"{name}_{n}" for name in ("distinct", "novelty") for n in (4, 8)}  # those that 12 characters hold
    assert metrics.keys() == {"parameters", "texts", "longest_copied_run", *read, *grams}
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


def test_the_samples_that_are_shown_have_a_fingerprint_that_sampling_again_has_too(workplace, run):
    for name, n, told in (("vae", 4, {}), ("lstm", 3, {"length": 12})):
        run(name)
        found = json.loads((workplace / f"artifacts/evaluation/{name}/fingerprint.json").read_text())
        model = loaded(workplace, name)
        shown = model.spec.shown(model.sample(n, 7, **told))
        assert found == {"n": n, "seed": 7, "params": told, "sha256": hash_samples(shown)}
        assert hash_samples(model.spec.shown(model.sample(n, 8, **told))) != found["sha256"]


def test_what_the_numbers_rest_on_is_told_by_hashes(workplace, run):
    run("vae")
    found = json.loads((workplace / "artifacts/evaluation/vae/judge.json").read_text())
    classifier = workplace / "artifacts/reference/squares/model.safetensors"
    assert found == {"evaluation": found["evaluation"], "reference": sha256(classifier)}
    run("lstm")
    assert json.loads((workplace / "artifacts/evaluation/lstm/judge.json").read_text()).keys() == {"evaluation"}


def test_samples_of_training_are_followed(workplace, run):
    progress = workplace / "artifacts/progress/vae"
    progress.mkdir(parents=True)
    for epoch, split in enumerate(("train", "test")):
        shutil.copy(workplace / f"data/arrays/squares/{split}.npy", progress / f"epoch-{epoch:04}.npy")
    run("vae")
    with (workplace / "artifacts/evaluation/vae/quality.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["epoch", "class_entropy", "coverage", "frechet_distance"]
    assert [row["epoch"] for row in rows] == ["0", "1"]
    assert float(rows[1]["frechet_distance"]) == pytest.approx(0, abs=1e-9)
    assert float(rows[1]["coverage"]) == 1
    shutil.rmtree(progress)


def test_a_diagnosis_goes_by_real_examples_and_by_noise(workplace, run):
    """As good as noise is an error; the keys of the file are sorted, so the floor is the last of them."""
    path = workplace / "artifacts/metrics/baselines/squares.json"
    before = path.read_text()
    try:
        distance = run("vae")["frechet_distance"]["mean"]
        path.write_text(
            json.dumps({"noise": {"frechet_distance": distance}, "training images": {"frechet_distance": 0}})
        )
        run("vae")
        found = json.loads((workplace / "artifacts/evaluation/vae/diagnosis.json").read_text())
        assert ("noise_like", "error", 1.0) in [
            (one["name"], one["severity"], one["evidence"].get("way_to_noise")) for one in found
        ]
    finally:
        path.write_text(before)


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
    with pytest.raises(UserError, match=r"no model is named 'va'; did you mean vae\?"):
        run_step("evaluate", "va")
    with pytest.raises(UserError, match="`dvc repro train@vae` trains it"):
        run_step("evaluate", "vae")


def test_a_model_of_other_data_is_refused(workplace, run, monkeypatch):
    spec = workplace / "data/arrays/squares/spec.json"
    before = spec.read_text()
    try:
        spec.write_text(before.replace('"source": "squares"', '"source": "circles"'))
        with pytest.raises(UserError, match="trained on other data"):
            run("vae")
    finally:
        spec.write_text(before)

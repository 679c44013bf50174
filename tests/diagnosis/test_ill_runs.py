"""Short trainings, made ill on purpose, each named; and healthy ones, of which nothing is said.

Digits of scikit-learn, raw pixels for features. Every training is made once.
"""

from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_digits

from components.diagnosis import Evidence, Finding, diagnose
from tests.models.building import answer, build, fit

DIGITS = load_digits().images.astype("uint8")[..., None]
TRAIN, VALIDATION, TEST = DIGITS[:640], DIGITS[1280:1500], DIGITS[1500:]
FEW = TRAIN[:30]


def training(epochs: int, learning_rate: float, batch_size: int = 32, **others: Any) -> dict[str, Any]:
    return {"epochs": epochs, "batch_size": batch_size, "optimizer": {"learning_rate": learning_rate, **others}}


def player(**changes: Any) -> dict[str, Any]:
    return {"widths": (8, 8), "kernel": 3, "normalization": "batch"} | changes


def distances(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    x, y = (images.reshape(len(images), -1) / 16 for images in (x, y))
    return np.linalg.norm(x[:, None] - y, axis=2)


def findings(model: Any, curves: list[dict[str, float]], train: np.ndarray) -> dict[str, Finding]:
    """What is found by curves and by the simplest metrics, by name."""
    samples = model.sample(100, 7)
    new, old = (distances(images, train).min(axis=1) for images in (samples, TEST))
    metrics = {
        "diversity": distances(samples, samples).mean() / distances(TEST, TEST).mean(),
        "nearest_training_pixel": np.median(new) / np.median(old),
        "copies": np.mean(new < np.percentile(old, 1)),
    }
    if hasattr(model, "encode"):
        metrics["active_units"] = np.sum(answer(model, "encode", TEST).var(axis=0) > 0.01)
    columns = {name: [row[name] for row in curves] for name in curves[0]}
    found = {finding.name: finding for finding in diagnose(Evidence(model.config, columns, metrics))}
    print(model.name, metrics, curves[-1], *found.values(), sep="\n")
    return found


def run(family: str, train: np.ndarray = TRAIN, **parameters: Any) -> dict[str, Finding]:
    model = build(family, **parameters)
    return findings(model, fit(model, train, VALIDATION), train)


def adversaries(epochs: int, learning_rate: float, **players: Any) -> dict[str, Finding]:
    players = {"generator": player(), "discriminator": player()} | players
    return run("gan", training=training(epochs, learning_rate, beta_1=0.5), **players)


def coder(train: np.ndarray, how: dict[str, Any], **parameters: Any) -> dict[str, Finding]:
    sizes = {"widths": (64,), "latent_dim": 8, "noise": 0.0, "mixture_components": 3}
    return run("autoencoder", train, training=how, **sizes | parameters)


@pytest.fixture(scope="module")
def one_sided():
    """A generator with five long steps for each short one of its discriminator."""
    weak = player(normalization="none", optimizer={"learning_rate": 1e-4})
    return adversaries(4, 0.01, generator=player(updates=5), discriminator=weak)


def test_healthy_adversaries_have_nothing():
    assert adversaries(10, 0.002) == {}


def test_a_discriminator_with_far_longer_steps_overpowers():
    found = adversaries(4, 1e-5, discriminator=player(optimizer={"learning_rate": 0.003}))
    assert found["discriminator_overpowers"].evidence["accuracy"] > 0.99
    assert "generator_overpowers" not in found


def test_a_generator_with_far_longer_steps_overpowers(one_sided):
    assert one_sided["generator_overpowers"].evidence["accuracy"] < 0.45
    assert "discriminator_overpowers" not in one_sided


def test_a_collapsed_generator_is_named_though_the_losses_are_those_of_a_perfect_one(one_sided):
    finding = one_sided["mode_collapse"]
    assert finding.evidence["diversity_share"] < 0.5
    assert "discriminator went from 1.39 to 1.39 and generator went from 0.693 to 0.693" in finding.sentence
    assert "discriminator.minibatch_stddev: true" in finding.cures


def test_a_posterior_that_pays_too_much_collapses():
    how = {"training": training(8, 0.003), "widths": (64,), "latent_dim": 8}
    found = run("vae", beta=100.0, **how)["posterior_collapse"]
    assert (found.severity, found.evidence["active_units"]) == ("error", 0)
    assert found.cures[0] == "beta: 1.0"
    assert run("vae", **how) == {}


def test_in_a_deep_network_of_narrow_layers_gradients_vanish():
    found = coder(TRAIN, training(2, 0.1, name="sgd"), widths=(8,) * 9)
    assert found["vanishing_gradients"].evidence["grad_norm_first"] < 1e-5
    assert found["unused_bottleneck"].severity == "error"


def test_a_healthy_coder_has_nothing():
    assert coder(TRAIN, training(8, 0.003)) == {}


def test_a_model_that_copies_is_named():
    """Thirty images, and for each of them a Gaussian to sample from."""
    found = coder(FEW, training(90, 0.005, batch_size=15), mixture_components=len(FEW))
    assert found["memorisation"].evidence["copies"] > 0.9


def test_a_model_of_few_images_learns_them_by_heart():
    how = training(60, 0.01, batch_size=15) | {"best_weights": False}
    finding = run("vae", FEW, training=how, widths=(128,), likelihood="discretized_logistic")["overfitting"]
    assert finding.severity == "warning"
    assert finding.evidence["val_loss_last"] > finding.evidence["val_loss_least"]


def test_energies_drift_where_chains_do_not_move():
    still = {"widths": (64,), "replay_size": 64, "reinitialise": 1.0, "steps": 1, "step_size": 1e-4, "noise": 0.0}
    found = run("ebm", training=training(4, 0.001), energy_penalty=1e-4, **still)
    assert found["energies_drift"].severity == "error"

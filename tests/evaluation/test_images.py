"""What models of images are asked: each kind of likelihood under its own name, latents, inverses and energies."""

import numpy as np
import pytest

from components.evaluation.exhibits import show
from components.evaluation.images import measure
from components.evaluation.questions import Questions
from tests.models.building import answer, build, image_spec

LABELS = np.random.default_rng(1).integers(0, 3, 7).astype("int16")
IMAGES = np.random.default_rng(0).integers(0, 17, (7, 8, 8, 1)).astype("uint8")


def asked(family: str, **changes) -> tuple[Questions, dict]:
    """The questions to a small model, and what is measured of seven images, in two batches."""
    spec = image_spec().model_copy(update={"classes": ("a", "b", "c")})
    ask = Questions(build(family, spec, **changes), 4, 2)
    return ask, measure(ask, IMAGES, LABELS)


def test_an_exact_likelihood_is_nats_and_bits_of_the_classes_that_it_is_told():
    ask, metrics = asked("pixelcnn", conditional=True)
    assert metrics.keys() == {"log_likelihood_nats", "log_likelihood_bits_per_dim"}
    mean = float(np.mean(answer(ask.model, "log_likelihood", IMAGES, LABELS)))
    assert metrics["log_likelihood_nats"]["mean"] == pytest.approx(mean, rel=1e-5)
    assert metrics["log_likelihood_bits_per_dim"]["mean"] == pytest.approx(-mean / 64 / np.log(2), rel=1e-5)
    assert [name for name, _ in show(ask, IMAGES, LABELS, 3, 7)] == ["classes"]


def test_a_likelihood_that_is_no_probability_of_intensities_has_no_bits_and_another_name():
    _, metrics = asked("vae")
    names = {"elbo_own_scale_nats", "importance_bound_own_scale_nats"}
    assert metrics.keys() == {"reconstruction_error", "active_units", *names}
    assert metrics["importance_bound_own_scale_nats"]["k"] == 2


def test_energies_are_those_of_test_images():
    ask, metrics = asked("ebm")
    assert metrics.keys() == {"test_energy"}
    assert metrics["test_energy"]["mean"] == pytest.approx(np.mean(answer(ask.model, "energy", IMAGES)), rel=1e-5)


def test_the_latents_of_a_bottleneck_are_counted():
    _, metrics = asked("autoencoder", encoder="dense", latent_dim=3)
    assert 0 <= metrics["active_units"] <= 3
    assert "active_units" not in asked("realnvp")[1]  # as many as pixels


def test_an_inverse_is_asked_how_exact_it_is():
    ask, metrics = asked("realnvp")
    assert metrics["inverse_error"]["mean"] == pytest.approx(
        np.mean(answer(ask.model, "inverse_error", IMAGES)), rel=0.5, abs=1e-4
    )
    assert metrics["inverse_error"]["mean"] < 0.01

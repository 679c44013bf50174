"""What models of images are asked: each kind of likelihood under its own name, and energies of data and of samples."""

import numpy as np
import pytest

from components.evaluation.exhibits import show
from components.evaluation.images import compare, measure
from components.evaluation.questions import Questions
from components.evaluation.sampling import draw
from tests.models.building import answer, build, image_spec

LABELS = np.random.default_rng(1).integers(0, 3, 7).astype("int16")
IMAGES = np.random.default_rng(0).integers(0, 17, (7, 8, 8, 1)).astype("uint8")
DISTANCES = {"energy_distance", "energy_distance_of_training_images"}


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
    samples = draw(ask.model, 3, 2, 7)
    assert [len(samples.first), len(samples.more), samples.costs["samples"]] == [3, 2, 2]
    assert compare(ask, samples.first, IMAGES, IMAGES).keys() == DISTANCES
    assert [name for name, _ in show(ask, IMAGES, LABELS, 3, 7)] == ["classes"]


def test_a_likelihood_that_is_no_probability_of_intensities_has_no_bits_and_another_name():
    _, metrics = asked("vae")
    names = {"elbo_own_scale_nats", "importance_bound_own_scale_nats"}
    assert metrics.keys() == {"reconstruction_error", *names}
    assert metrics["importance_bound_own_scale_nats"]["k"] == 2


def test_energies_are_those_of_test_images_and_of_samples():
    ask, metrics = asked("ebm")
    assert metrics.keys() == {"test_energy"}
    assert metrics["test_energy"]["mean"] == pytest.approx(np.mean(answer(ask.model, "energy", IMAGES)), rel=1e-5)
    found = compare(ask, IMAGES[:3], IMAGES, IMAGES)
    assert found.keys() == {*DISTANCES, "sample_energy"}
    assert found["sample_energy"]["mean"] == pytest.approx(np.mean(answer(ask.model, "energy", IMAGES[:3])), rel=1e-5)


def test_images_of_the_same_distribution_are_the_floor():
    ask, _ = asked("ebm")
    random = np.random.default_rng(0)
    test, train, noise = (random.integers(0, most, (200, 8, 8, 1)).astype("uint8") for most in (9, 9, 17))
    found = compare(ask, noise[:150], test, train)
    assert found["energy_distance"]["mean"] > 20 * abs(found["energy_distance_of_training_images"]["mean"])
    assert found["energy_distance"]["samples"] == 150

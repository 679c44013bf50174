import keras
import numpy as np
import pytest
from keras import ops
from pydantic import ValidationError

from components.backend import compiled, value_and_grad
from components.diagnosis import adrift
from components.networks.two_samples import energy_distance
from components.params import UserError
from components.params.ebm import EBMConfig
from tests.models.building import answer, build, fit, image_spec, validate


def updated(chains, digits, **changes):
    """A model of which every chain is drawn, in the order of the buffer, and what an update of it says and leaves.

    Returns:
        The model; loss, logs and gradients on the first four digits; where the chains have come.
    """
    model = build("ebm", data_noise=0.0, reinitialise=0.0, replay_size=4, training={"batch_size": 4}, **changes)
    model.replay.chains.assign(chains)
    player = model.players()[0]
    run = compiled(value_and_grad(lambda batch: player.loss(batch, 0), player.variables), model.variables)
    result = keras.tree.map_structure(ops.convert_to_numpy, run({"image": digits[:4]}))
    return model, *result[0], result[1], ops.convert_to_numpy(model.replay.chains.value)


@pytest.fixture
def noise():
    return np.random.default_rng(0).random((4, 8, 8, 1), "float32")


def test_an_update_contrasts_data_with_where_chains_have_come(digits, noise):
    """Loss, logs and gradients by hand; no gradient flows back through the chains."""
    options = {"network": "convolutional", "widths": (3, 4), "noise": None, "step_size": 0.002, "clip": 0.5}
    model, loss, logs, gradients, chains = updated(noise, digits, energy_penalty=0.3, **options)
    assert ((chains >= 0) & (chains <= 1)).all()
    assert 0.03 < np.abs(chains - noise).mean() < 0.2

    def contrast(x, chains):
        data, samples = model.network(x), model.network(chains)
        gap = ops.mean(data) - ops.mean(samples)
        return gap + 0.3 * ops.mean(data**2 + samples**2), {"gap": gap, "data": data, "samples": samples}

    by_hand = compiled(value_and_grad(contrast, model.trainable_variables), model.variables)
    wanted = keras.tree.map_structure(ops.convert_to_numpy, by_hand((digits[:4] / 16).astype("float32"), chains))
    (total, parts), slopes = wanted
    assert loss == pytest.approx(total, abs=1e-5)
    assert logs["energy_gap"] == pytest.approx(parts["gap"], abs=1e-5)
    assert logs["energy_data"] == pytest.approx(parts["data"].mean(), abs=1e-5)
    assert logs["energy_samples"] == pytest.approx(parts["samples"].mean(), abs=1e-5)
    assert logs["energy_spread"] == pytest.approx(parts["data"].std(), abs=1e-5)
    for gradient, slope in zip(gradients, slopes, strict=True):
        np.testing.assert_allclose(gradient, slope, atol=1e-5)


def test_chains_descend_and_without_clamping_leave_the_unit_interval(digits, noise):
    model, *_, chains = updated(noise, digits, steps=20, step_size=20.0, noise=0.0, clamp=False, spectral_norm=True)
    before, after = (answer(model, "network", x) for x in (noise, chains))
    assert (after < before).all()
    assert chains.min() < 0
    assert chains.max() > 1


def test_samples_are_chains_from_noise_whose_knobs_are_those_of_training_by_default():
    model = build("ebm")
    images = model.sample(70, 3)
    assert images.shape == (70, 8, 8, 1)
    assert images.dtype == np.uint8
    np.testing.assert_array_equal(images, model.sample(70, 3, steps=5, step_size=0.03, noise=0.03))
    assert (images != model.sample(70, 4)).any()
    assert (images != model.sample(70, 3, steps=50)).any()
    untouched = model.sample(70, 3, steps=1, step_size=1e-9, noise=0.0)
    np.testing.assert_array_equal(untouched, np.rint(np.random.default_rng(3).random((70, 8, 8, 1), "float32") * 16))
    assert len(np.unique(untouched, axis=0)) == 70


@pytest.mark.parametrize(("knobs", "said"), [({"steps": -1}, "steps -1"), ({"step_size": -0.5}, "step_size -0.5")])
def test_a_wrong_knob_is_answered_in_one_line(knobs, said):
    with pytest.raises(UserError, match=f"{said}.*allowed: both from 0 on"):
        build("ebm").sample(1, 7, **knobs)


def test_probabilities_of_all_images_add_up_to_one():
    """Two pixels of three intensities; the partition function by the midpoint rule."""
    model = build("ebm", image_spec((1, 2, 1), levels=3), noise=0.1)
    middles = (np.arange(300) + 0.5) / 300
    cells = np.stack(np.meshgrid(middles, middles), axis=-1).reshape(-1, 1, 2, 1).astype("float32")
    energies = answer(model, "network", cells) / (0.1**2 / (2 * 0.03))
    assert energies.std() > 0.3
    log_z = np.logaddexp.reduce(-energies.astype("float64")) - np.log(len(energies))

    images = np.stack(np.meshgrid(range(3), range(3)), axis=-1).reshape(-1, 1, 2, 1).astype("uint8")
    masses = answer(model, "log_mass", images, 2000)
    assert np.logaddexp.reduce(masses) == pytest.approx(log_z, abs=0.05)
    nearest = np.rint(cells * 2)
    for image, mass in zip(images, masses, strict=True):
        inside = -energies[(nearest == image).all(axis=(1, 2, 3))]
        assert mass == pytest.approx(np.logaddexp.reduce(inside) - np.log(len(cells)), abs=0.15)

    partition = model.log_partition(100, 50, seed=0)
    for bound in (partition.lower, partition.upper):
        assert bound.value == pytest.approx(log_z, abs=0.1)
        assert bound.effective_sample_size > 50


@pytest.mark.parametrize(
    ("changes", "normalisable"),
    [({}, True), ({"noise": None}, True), ({"noise": 0.0}, False), ({"clamp": False}, False)],
)
def test_it_has_a_density_within_bounds_and_above_temperature_zero(changes, normalisable):
    assert build("ebm", **changes).normalisable == normalisable


def test_a_buffer_smaller_than_a_batch_is_refused():
    config = build("ebm").config.model_dump()
    with pytest.raises(ValidationError, match="fewer than a batch's examples; allowed: from 2 on"):
        EBMConfig.model_validate(config | {"replay_size": 1})


def test_it_learns_more_of_digits_than_the_intensities_of_each_pixel(digits):
    """Short-run, which is soonest done. It tells digits from images whose pixels are independent, each as often so
    bright as in digits; and its samples have come most of the way from noise."""
    training = {
        "epochs": 10,
        "batch_size": 64,
        "optimizer": {"learning_rate": 0.01, "schedule": "cosine", "beta_1": 0.0},
        "ema": 0.9,
    }
    chains = {"steps": 30, "sample_steps": 30, "step_size": 0.3, "replay_size": 64, "reinitialise": 1.0}
    model = build("ebm", training=training, widths=(64, 64), **chains)
    history = fit(model, digits[:1300], digits[1300:1500])
    test = digits[1500:]
    random = np.random.default_rng(0)
    pixels = np.take_along_axis(digits[:1300], random.integers(1300, size=(297, 8, 8, 1)), axis=0)
    noise = random.random((297, 8, 8, 1), "float32")
    far, near = (float(energy_distance(x, test / 16)) for x in (noise, model.sample(297, 7) / 16))
    told_apart = (answer(model, "energy", test)[:, None] < answer(model, "energy", pixels)).mean()
    print("EBM", far, near, told_apart, [row["val_loss"] for row in history])
    assert told_apart > 0.93
    assert near < 0.05 * far

    batch = {"image": test[:64]}
    assert list(adrift(validate(model, batch))) == []
    model.replay.chains.assign(noise[:64])
    (warning,) = adrift(validate(model, batch))
    assert warning.startswith("energies of data and samples drift apart: -")

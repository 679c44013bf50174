"""The bound and its parts, guidance, labels and samples, with known functions in place of the network."""

import numpy as np
import pytest
from keras import ops
from scipy import stats
from sklearn.datasets import load_digits

from components.params import UserError
from tests.models.building import answer, build, fit, image_spec, loss, validate

SHAPE, LEVELS = (2, 3, 1), 256
MEAN, DEVIATION = -0.2, 0.25


def gaussian(timesteps, elbo_timesteps, n=1, prediction="velocity"):
    """A model whose network is exact for pixels from one Gaussian; ``n`` such images; their exact log-likelihoods."""
    model = build(
        "diffusion",
        image_spec(SHAPE, LEVELS),
        path="linear",
        prediction=prediction,
        timesteps=timesteps,
        elbo_timesteps=elbo_timesteps,
    )
    signal, noise, rate, noise_rate = (
        ops.convert_to_tensor(getattr(model.probability_path, name).astype("float32"))
        for name in ("signal", "noise", "signal_rate", "noise_rate")
    )

    def exact(x, time, label, training=False):
        at = ops.cast(ops.round(time * (timesteps / 1000)), "int32")
        a, s, da, ds = (ops.take(column, at)[:, None, None, None] for column in (signal, noise, rate, noise_rate))
        clean = MEAN + a * DEVIATION**2 / (a**2 * DEVIATION**2 + s**2) * (x - a * MEAN)
        told = (x - a * clean) / s
        return told if prediction == "noise" else da * clean + ds * told

    model.unet = exact
    continuous = np.random.default_rng(0).normal(MEAN, DEVIATION, (n, *SHAPE))
    images = np.rint((np.clip(continuous, -1, 1) + 1) / 2 * (LEVELS - 1)).astype("uint8")
    values, half = 2 * images / (LEVELS - 1) - 1, 1 / (LEVELS - 1)
    masses = np.diff(stats.norm.cdf([values - half, values + half], MEAN, DEVIATION), axis=0)[0]
    return model, images, np.log(masses).sum(axis=(1, 2, 3))


PREDICTIONS = pytest.mark.parametrize("prediction", ["noise", "velocity"])


@PREDICTIONS
def test_the_error_of_an_exact_model_is_what_an_image_with_noise_leaves_open(prediction):
    """The variance of the prediction's target given the network's input, averaged over the path."""
    model, images, _ = gaussian(30, 30, 10_000, prediction)
    path = model.probability_path
    a, s, da, ds = (column[1:] for column in (path.signal, path.noise, path.signal_rate, path.noise_rate))
    slope = -a / s if prediction == "noise" else da - ds * a / s  # of the target by the clean image, the input given
    left = slope**2 / (a**2 / s**2 + 1 / DEVIATION**2)
    expected = pytest.approx(left.mean(), abs=4 * np.sqrt(2 * np.mean(left**2) / images.size))
    assert validate(model, {"image": images})["loss"] == expected
    assert loss(model, {"image": images})[0] == expected


@PREDICTIONS
def test_the_bound_of_an_exact_model_tends_to_its_log_likelihood(prediction):
    gaps = []
    for timesteps in (30, 300):
        model, images, exact = gaussian(timesteps, timesteps, 10_000, prediction)
        gap = exact - answer(model, "elbo", images)
        assert gap.mean() > 3 * gap.std() / np.sqrt(len(gap))
        gaps.append(gap.mean())
    print("GAPS", gaps, exact.mean())
    assert gaps[1] < gaps[0] / 8
    assert gaps[1] < 0.02 * -exact.mean()


def test_a_few_timesteps_estimate_the_bound_without_bias():
    model, images, _ = gaussian(40, 39)
    images = np.repeat(images, 4000, axis=0)
    whole = answer(model, "elbo", images).astype("float64")
    for strata in (1, 7):
        few = answer(gaussian(40, strata)[0], "elbo", images).astype("float64")
        error = np.sqrt(few.var() + whole.var()) / np.sqrt(len(images))
        assert few.mean() == pytest.approx(whole.mean(), abs=4 * error)
        assert few.std() > 1.5 * whole.std()


def telling(values, **options):
    """A model on the straight path that takes every image for a grey one: ``values`` by class, the last for none."""
    classes = len(values) - 1
    options = {"conditional": True, "label_dropout": 0.25, "path": "straight"} | options
    model = build("diffusion", image_spec(SHAPE, LEVELS, classes), **options)
    table = ops.convert_to_tensor(np.array(values, "float32"))

    def network(x, time, label, training=False):
        place = ops.cast(ops.where(label < 0, classes, label), "int32")
        clean = ops.take(table, place)[:, None, None, None]
        return (x - clean) * 1000 / time[:, None, None, None]

    model.unet = network
    return model


@pytest.mark.parametrize("sampler", ["ddim", "ancestral"])
def test_guidance_goes_beyond_what_the_class_says(sampler):
    model = telling([0.1, 0.3, -0.1])

    def grey(**knobs):
        return np.unique(model.sample(5, 1, sampler=sampler, steps=4, **knobs)) / (LEVELS - 1) * 2 - 1

    assert grey(label=0) == pytest.approx([0.1], abs=0.01)
    assert grey(label=1) == pytest.approx([0.3], abs=0.01)
    assert grey(label=1, guidance=1.5) == pytest.approx([0.3 + 1.5 * 0.4], abs=0.01)
    assert grey(label=1, guidance=9.0) == pytest.approx([1.0])
    assert len(grey()) == 2


def test_labels_are_hidden_at_the_stated_rate_in_training_alone():
    model = telling([0.0] * 3)

    def network(x, time, label, training=False):
        return 0 * x + 1000 * ops.cast(label < 0, "float32")[:, None, None, None]

    model.unet = network
    batch = {"image": np.zeros((4000, *SHAPE), "uint8"), "label": np.ones(4000, "int16")}
    hidden = loss(model, batch)[0] / 1000**2
    assert hidden == pytest.approx(0.25, abs=4 * np.sqrt(0.25 * 0.75 / 4000))
    assert validate(model, batch)["loss"] < 10


def test_without_labels_the_bound_is_that_of_the_model_that_is_told_none():
    images, labels = np.full((500, *SHAPE), 140, "uint8"), np.ones(500, "int16")  # the grey of class 1, nearly
    told = answer(telling([0.9, 0.1, -0.9]), "elbo", images, labels).mean()
    assert told > answer(telling([0.9, 0.1, -0.9]), "elbo", images).mean() + 100


def test_images_of_any_size_go_in_and_come_out():
    shape = (5, 6, 3)
    model = build("diffusion", image_spec(shape), path="linear", prediction="noise", multipliers=(1, 2, 2))
    x = np.random.default_rng(1).integers(0, 17, (3, *shape), np.uint8)
    assert np.isfinite(answer(model, "elbo", x)).all()
    samples = model.sample(70, 5, sampler="ancestral", steps=3)
    assert (samples.shape, samples.dtype) == ((70, *shape), np.uint8)
    assert samples.max() <= 16
    np.testing.assert_array_equal(samples, model.sample(70, 5, sampler="ancestral", steps=3))
    assert (samples != model.sample(70, 6, sampler="ancestral", steps=3)).any()


def test_flow_matching_learns_digits_and_their_classes(digits):
    """Of a quarter of their size, for the sake of time."""
    label = load_digits().target.astype("int16")
    digits = np.rint(digits.reshape(-1, 4, 2, 4, 2, 1).mean(axis=(2, 4))).astype("uint8")
    model = build(
        "diffusion",
        image_spec((4, 4, 1)),
        training={"epochs": 5, "batch_size": 64, "optimizer": {"learning_rate": 0.01}, "ema": 0.95},
        path="straight",
        base_width=8,
        multipliers=(1,),
        dropout=0.02,
        conditional=True,
        label_dropout=0.1,
    )
    fit(model, digits[:1400], digits[1400:], (label[:1400], label[1400:]))
    centres = np.stack([digits[:1400][label[:1400] == k].mean(axis=0) for k in range(10)])
    drawn = np.stack([model.sample(20, k, sampler="ddim", steps=10, guidance=1.0, label=k) for k in range(10)])
    distances = np.square(drawn[:, :, None] - centres).sum(axis=(3, 4, 5))
    right = np.mean(distances.argmin(axis=2) == np.arange(10)[:, None])
    print("RIGHT", right)
    assert right > 0.6


def test_wrong_knobs_are_refused_by_name():
    model, told = build("diffusion"), build("diffusion", conditional=True)
    for knobs, line in [
        ({"sampler": "dimm"}, "sampler: dimm; allowed: ancestral, ddim, euler, heun"),
        ({"steps": 0}, "steps: 0; allowed: 1 to 20"),
        ({"steps": 21}, "steps: 21; allowed: 1 to 20"),
        ({"guidance": 1.0}, "guidance: 1; allowed: 0"),
        ({"label": 1}, "label: 1; allowed: -1"),
    ]:
        with pytest.raises(UserError, match=line):
            model.sample(1, 0, **knobs)
    with pytest.raises(UserError, match="guidance"):
        told.sample(1, 0, guidance=1.0)

"""The gated PixelCNN: what a pixel depends on, a distribution over images, and a generator that draws from it."""

from itertools import product

import numpy as np
import pytest
from scipy.special import log_softmax, softmax

from components.backend import compiled, input_gradient
from components.params import UserError
from tests.models.building import answer, build, fit, image_spec, loss, validate
from tests.models.test_learning import entropy

LIKELIHOODS = ("softmax", "mixture_of_logistics")


def sharpened(model):
    """Weights under which what came before matters."""
    random = np.random.default_rng(5)
    model.set_weights([random.normal(0, 0.5, weight.shape) for weight in model.weights])
    return model


def every_image(shape, levels):
    return np.array(list(product(range(levels), repeat=int(np.prod(shape)))), "uint8").reshape(-1, *shape)


def dependence(model):
    """Whether what is said of one channel of a pixel (first three axes) moves with another (last three)."""
    shape = model.spec.shape
    size = int(np.prod(shape))
    chosen = np.eye(size, dtype="float32").reshape(size, *shape, 1)
    x = np.random.default_rng(1).random((1, *shape), "float32").repeat(size, axis=0)
    gradient = compiled(lambda x: input_gradient(lambda x: model.outputs(x) * chosen, x), model.variables)(x)
    return np.asarray(gradient).reshape(*shape, *shape) != 0


@pytest.mark.parametrize(("first_kernel", "kernel", "layers"), [(3, 3, 1), (5, 3, 1), (3, 5, 2)])
def test_a_pixel_depends_on_all_pixels_in_reach_before_it_and_on_no_others(first_kernel, kernel, layers):
    height, width, channels = shape = (6, 9, 1)
    sides = {"first_kernel": first_kernel, "kernel": kernel, "layers": layers}
    model = sharpened(build("pixelcnn", image_spec(shape), **sides, width=8, head_width=16))
    reach = first_kernel // 2 + layers * (kernel // 2)
    row, column, _, row_before, column_before, _ = np.ogrid[:height, :width, :channels, :height, :width, :channels]
    earlier = (row_before < row) | ((row_before == row) & (column_before < column))
    near = (row - row_before <= reach) & (abs(column - column_before) <= reach)
    np.testing.assert_array_equal(dependence(model), earlier & near)


def test_a_colour_depends_on_the_pixels_before_and_on_the_colours_before_it():
    shape = (2, 3, 3)
    model = sharpened(build("pixelcnn", image_spec(shape), layers=1, width=8, head_width=16))
    order = np.arange(18).reshape(shape)
    np.testing.assert_array_equal(dependence(model), order < order[..., None, None, None])


@pytest.mark.parametrize("likelihood", LIKELIHOODS)
@pytest.mark.parametrize(("shape", "levels"), [((2, 3, 1), 3), ((1, 2, 3), 3), ((3, 3, 1), 2)], ids=str)
def test_probabilities_of_all_images_of_a_space_sum_to_one(likelihood, shape, levels):
    model = sharpened(build("pixelcnn", image_spec(shape, levels), likelihood=likelihood))
    log_probs = answer(model, "log_likelihood", every_image(shape, levels)).astype("float64")
    assert np.exp(log_probs).sum() == pytest.approx(1, abs=1e-5)
    assert np.ptp(log_probs) > 1


@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_probabilities_given_a_class_sum_to_one_too(likelihood):
    model = sharpened(build("pixelcnn", image_spec((2, 2, 1), 3, classes=2), likelihood=likelihood, conditional=True))
    images = every_image((2, 2, 1), 3)
    first, second = (answer(model, "log_likelihood", images, np.full(len(images), k, "int16")) for k in (0, 1))
    for log_probs in (first, second):
        assert np.exp(log_probs.astype("float64")).sum() == pytest.approx(1, abs=1e-5)
    assert np.abs(first - second).max() > 0.1


def plainly(model, seed, n, temperature, labels):
    """Samples of the same model by a pass over the whole image for each channel of each pixel."""
    said = compiled(lambda x, label: model.intensity.logits(model.outputs(x, label)), model.variables)
    random = np.random.default_rng(seed)
    model.sampled_labels(n, -1, random)
    u, x = random.random((n, *model.spec.shape), "float32"), np.zeros((n, *model.spec.shape), "float32")
    for i, j, k in np.ndindex(model.spec.shape):
        p = softmax(np.asarray(said(x, labels), "float64")[:, i, j, k] / temperature, axis=1)
        chosen = [np.searchsorted(row.cumsum(), q) for row, q in zip(p, u[:, i, j, k], strict=True)]
        x[:, i, j, k] = np.array(chosen) / (model.spec.levels - 1)
    return np.rint(x * (model.spec.levels - 1)).astype("uint8")


@pytest.mark.parametrize("likelihood", LIKELIHOODS)
@pytest.mark.parametrize(
    ("shape", "changes", "temperature"),
    [
        ((5, 4, 1), {"first_kernel": 7}, 1.0),
        ((3, 5, 3), {"kernel": 5, "layers": 1, "conditional": True}, 0.7),
    ],
    ids=["grey", "colour-conditional"],
)
def test_samples_are_those_of_a_model_that_keeps_nothing(likelihood, shape, changes, temperature):
    model = sharpened(build("pixelcnn", image_spec(shape, 5, classes=3), likelihood=likelihood, **changes))
    n, label = 4, 2 if model.conditional else -1
    samples = model.sample(n, 11, label=label, temperature=temperature)
    assert len(np.unique(samples)) > 2
    np.testing.assert_array_equal(samples, plainly(model, 11, n, temperature, np.full(n, label)))


def test_the_probability_of_an_image_is_the_product_of_those_of_its_pixels():
    model = sharpened(build("pixelcnn", image_spec((2, 3, 3), 4), likelihood="mixture_of_logistics"))
    x = np.random.default_rng(3).integers(0, 4, (5, 2, 3, 3)).astype("uint8")
    said = np.asarray(compiled(lambda x: model.intensity.logits(model.outputs(model.to_unit(x))))(x), "float64")
    expected = np.take_along_axis(log_softmax(said, axis=-1), x[..., None].astype(int), axis=-1).sum(axis=(1, 2, 3, 4))
    np.testing.assert_allclose(answer(model, "log_likelihood", x), expected, rtol=1e-5)
    assert validate(model, {"image": x})["loss"] == pytest.approx(-expected.mean(), rel=1e-5)


def test_temperature_zero_takes_the_likeliest_level_always():
    model = sharpened(build("pixelcnn", image_spec((3, 3, 1), 3)))
    samples = model.sample(3, 1, temperature=0.0)
    np.testing.assert_array_equal(samples, np.repeat(samples[:1], 3, axis=0))
    said = np.asarray(compiled(model.outputs, model.variables)(samples.astype("float32") / 2))
    np.testing.assert_array_equal(said.argmax(axis=-1), samples)


def test_the_same_seed_gives_the_same_images_of_the_class_asked_for():
    model = sharpened(build("pixelcnn", image_spec((4, 4, 1), 3, classes=2), conditional=True))
    images = model.sample(70, 7)
    assert (images.shape, images.dtype) == ((70, 4, 4, 1), np.uint8)
    np.testing.assert_array_equal(images, model.sample(70, 7))
    assert (images != model.sample(70, 8)).any()
    first, second = (model.sample(70, 7, label=label) for label in (0, 1))
    own = (images == first).all(axis=(1, 2, 3)), (images == second).all(axis=(1, 2, 3))
    assert (own[0] | own[1]).all()
    assert min(own[0].sum(), own[1].sum()) > 20


@pytest.mark.parametrize(
    ("knobs", "message"),
    [
        ({"temperature": -1.0}, r"temperature: -1; allowed: a number from 0 on"),
        ({"label": 3}, r"label: 3; allowed: -1, it is not conditional"),
    ],
)
def test_a_wrong_knob_is_named_with_what_it_may_be(knobs, message):
    with pytest.raises(UserError, match=message):
        build("pixelcnn").sample(1, 1, **knobs)


def test_a_conditional_model_asks_for_the_classes():
    with pytest.raises(UserError, match="label: none given"):
        answer(build("pixelcnn", conditional=True), "log_likelihood", np.zeros((1, 8, 8, 1), "uint8"))


@pytest.mark.parametrize("conditional", [False, True])
def test_dropout_is_for_training_alone(conditional):
    model = build("pixelcnn", dropout=0.5, conditional=conditional)
    random = np.random.default_rng(1)
    batch = {"image": random.integers(0, 17, (2, 8, 8, 1)).astype("uint8"), "label": np.array([1, 2], "int16")}
    assert len({loss(model, batch)[0] for _ in range(3)}) == 3
    assert len({validate(model, batch)["loss"] for _ in range(3)}) == 1


def test_it_learns_more_of_digits_than_the_intensities_of_each_pixel(digits):
    train, held_out, test = digits[:1300], digits[1300:1500], digits[1500:]
    training = {"epochs": 1, "batch_size": 20, "optimizer": {"learning_rate": 0.01, "clip_norm": 10.0}}
    widths = {"first_kernel": 9, "layers": 1, "width": 16, "head_width": 32}
    model = build("pixelcnn", training=training, likelihood="mixture_of_logistics", components=3, **widths)
    history = fit(model, train, held_out)
    pixels = sum(entropy(train[:, i, j], test[:, i, j], 17) for i in range(8) for j in range(8))
    after = -answer(model, "log_likelihood", test).mean()
    print("PixelCNN", after, pixels, [row["val_loss"] for row in history])
    assert after < pixels - 5
    assert history[-1]["val_loss"] == pytest.approx(after, rel=0.05)

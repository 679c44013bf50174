"""Real NVP: its densities as wholes, its bounds, and what it learns of digits."""

import numpy as np
import pytest
from scipy.special import logsumexp

from components.backend import compiled
from components.params import UserError
from tests.models.building import answer, build, fit, image_spec, loss

DEQUANTIZATION = ["uniform", "variational"]


def rough(model):
    """Weights far enough from the start that every coupling changes something."""
    random = np.random.default_rng(3)
    model.set_weights([random.normal(0, 0.3, weight.shape) for weight in model.weights])
    return model


def pair(dequantization="uniform", levels=3):
    """A model of images of two pixels."""
    return rough(build("realnvp", image_spec((1, 2, 1), levels), width=8, dequantization=dequantization, alpha=0.02))


def on_a_grid(model, points=300):
    """Log-density at the middles of ``points`` cells for each intensity, beyond the ends as far as it goes."""
    levels, alpha = model.spec.levels, model.config.alpha
    beyond = int(np.ceil(points * levels * alpha / (1 - 2 * alpha)))
    v = ((np.arange(-beyond, levels * points + beyond) + 0.5) / points).astype("float32")
    grid = np.stack(np.meshgrid(v, v, indexing="ij"), axis=-1).reshape(-1, 1, 2, 1)
    log_density = answer(model, "log_density", grid).reshape(len(v), len(v)).astype("float64")
    inside = slice(beyond, beyond + levels * points)
    return np.nan_to_num(log_density, nan=-np.inf), inside, points


def test_the_density_of_continuous_images_integrates_to_one_and_over_cubes_to_what_is_bounded():
    model = pair()
    log_density, inside, points = on_a_grid(model)
    cell = -2 * np.log(points)
    assert logsumexp(log_density) + cell == pytest.approx(0, abs=0.01)
    cubes = log_density[inside, inside].reshape(3, points, 3, points).swapaxes(1, 2)
    exact = logsumexp(cubes, axis=(2, 3)) + cell
    images = np.array([[i, j] for i in range(3) for j in range(3)], "uint8").reshape(-1, 1, 2, 1)
    for k, atol in [(1, None), (3000, 0.1)]:
        bound = answer(model, "importance_bound", np.repeat(images, 8, axis=0), k).reshape(9, 8).mean(axis=1)
        if atol is None:
            assert bound.mean() < exact.mean()
        else:
            np.testing.assert_allclose(bound, exact.ravel(), atol=atol)


def test_a_variational_dequantizer_draws_from_the_density_that_it_says():
    """Draws within a box, each weighed by one over its density, make up the area of the box."""
    model, n = pair("variational"), 100_000
    x = np.tile(np.array([0, 2], "float32"), (n, 1)).reshape(-1, 1, 2, 1)
    noise = np.random.default_rng(1).standard_normal(x.shape).astype("float32")
    u, log_q = compiled(model.dequantizer.draw, model.dequantizer.variables)(x - 1, noise)
    u, log_q = np.asarray(u)[:, 0, :, 0], np.asarray(log_q, "float64")
    for ends in [(0.2, 0.6), (0.4, 0.7), (0.5, 0.9)]:
        low, high = np.quantile(u, ends, axis=0)
        weights = np.where(((low < u) & (u < high)).all(axis=1), np.exp(-log_q), 0)
        area, error = np.prod(high - low), weights.std() / np.sqrt(n)
        print("area", area, "found", weights.mean(), "error", error)
        assert weights.mean() == pytest.approx(area, abs=5 * error)
        assert error < 0.1 * area


@pytest.mark.parametrize("dequantization", DEQUANTIZATION)
@pytest.mark.parametrize("shape", [(8, 8, 1), (6, 7, 3)])
def test_decoding_undoes_encoding_and_bounds_rise_with_draws(dequantization, shape):
    model = rough(build("realnvp", image_spec(shape), dequantization=dequantization))
    images = np.random.default_rng(5).integers(0, 17, (6, *shape), np.uint8)
    z = answer(model, "encode", images)
    assert z.shape == (6, np.prod(shape))
    np.testing.assert_array_equal(model.to_intensities(answer(model, "decode", z)), images)
    one, more = (
        np.mean([answer(model, "importance_bound", images, k) for _ in range(9)], dtype=float) for k in (1, 40)
    )
    assert more > one
    assert np.mean([answer(model, "elbo", images) for _ in range(9)]) == pytest.approx(one, abs=0.5 * float(more - one))


def test_samples_are_images_of_normal_latents():
    model = rough(build("realnvp"))
    z = np.random.default_rng(4).standard_normal((5, 64), "float32")
    for temperature in (1.0, 0.5, 0.0):
        expected = model.to_intensities(answer(model, "decode", np.float32(temperature) * z))
        np.testing.assert_array_equal(model.sample(5, 4, temperature=temperature), expected)
    with pytest.raises(UserError, match=r"temperature: -1; allowed: a number from 0 on"):
        model.sample(1, 1, temperature=-1.0)


def test_the_first_step_normalizes_and_later_ones_do_not(digits):
    model, images = build("realnvp"), digits[:64]
    norms = [variable for variable in model.non_trainable_variables if "log_deviation" in variable.path]
    before = loss(model, {"image": images}, step=1)[0]
    assert all(not np.asarray(variable.value).any() for variable in norms)
    first = loss(model, {"image": images}, step=0)[0]
    fitted = [np.asarray(variable.value) for variable in norms]
    assert first < before - 20
    assert all(deviation.any() for deviation in fitted[:1])
    loss(model, {"image": images // 2}, step=1)
    for variable, deviation in zip(norms, fitted, strict=True):
        np.testing.assert_array_equal(variable.value, deviation)


def test_it_learns_more_of_digits_than_the_intensities_of_each_pixel(digits):
    train, held_out, test = digits[:1300], digits[1300:1500], digits[1500:]
    counts = np.stack([(train == level).sum(axis=0) + 1 for level in range(17)])
    pixels = -np.log(np.take_along_axis((counts / counts.sum(axis=0))[..., 0], test[..., 0], axis=0))
    training = {"epochs": 8, "batch_size": 50, "optimizer": {"learning_rate": 0.005, "clip_norm": 100.0}}
    model = build("realnvp", training=training, width=24, couplings=2, blocks=0, dequantization="variational")
    history = fit(model, train, held_out)
    learned, known = -answer(model, "elbo", test).mean(), pixels.sum(axis=(1, 2)).mean()
    print("Real NVP", learned, known, history[-1])
    assert learned < known - 5
    np.testing.assert_array_equal(model.to_intensities(answer(model, "decode", answer(model, "encode", test))), test)

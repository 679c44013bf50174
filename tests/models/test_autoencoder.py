"""The autoencoder's wiring, its noise, and the mixture that it samples from."""

import numpy as np
import pytest

from tests.models.building import answer, build, fit, image_spec, loss, validate


@pytest.mark.parametrize("shape", [(8, 8, 1), (7, 9, 3)])
def test_a_bottleneck_as_wide_as_the_image_can_copy_it(shape):
    """Linear networks: encoder the identity, decoder a steep line, of which the sigmoid keeps zeros and ones."""
    size = int(np.prod(shape))
    model = build("autoencoder", image_spec(shape, levels=2), widths=(), latent_dim=size)
    model.encoder.set_weights([np.eye(size), np.zeros(size)])
    model.decoder.set_weights([20 * np.eye(size), np.full(size, -10)])
    x = np.random.default_rng(1).integers(0, 2, (5, *shape), np.uint8)
    np.testing.assert_array_equal(answer(model, "encode", x), x.reshape(5, size))
    np.testing.assert_allclose(answer(model, "decode", answer(model, "encode", x)), x, atol=1e-4)
    np.testing.assert_array_equal(model.preview(x, 0), x)


def test_convolutional_images_of_any_size_go_in_and_come_out():
    shape = (7, 9, 3)
    model = build("autoencoder", image_spec(shape), encoder="convolutional", widths=(4, 3))
    x = np.random.default_rng(1).integers(0, 17, (3, *shape), np.uint8)
    assert answer(model, "decode", answer(model, "encode", x)).shape == x.shape
    model.conclude(np.concatenate([x] * 3), 0)
    assert model.sample(2, 0).shape == (2, *shape)


def test_the_noise_has_the_stated_deviation(digits):
    model, x = build("autoencoder", noise=0.3), digits[:500].astype("float32") / 16
    noise = answer(model, "corrupt", x) - x
    assert noise.std() == pytest.approx(0.3, rel=0.02)
    assert noise.mean() == pytest.approx(0, abs=0.01)
    assert np.corrcoef(noise.ravel(), (answer(model, "corrupt", x) - x).ravel())[0, 1] == pytest.approx(0, abs=0.03)


def test_the_denoiser_is_given_noise_and_judged_by_the_clean_image(digits):
    """Weights that copy: what is left of the error is the noise itself."""
    model = build("autoencoder", image_spec(levels=17), widths=(), latent_dim=64, noise=0.05)
    model.encoder.set_weights([np.eye(64), np.zeros(64)])
    model.decoder.set_weights([4 * np.eye(64), np.full(64, -2)])
    grey = np.full((200, 8, 8, 1), 8, "uint8")  # the sigmoid's slope is 1 where its value is a half
    assert validate(model, {"image": grey})["loss"] == pytest.approx(0.05**2, rel=0.05)
    assert loss(model, {"image": grey})[0] == pytest.approx(0.05**2, rel=0.05)


def test_samples_are_images_of_the_fitted_latents(digits):
    model = build("autoencoder", mixture_components=1)
    model.conclude(digits[:200], 7)
    z = answer(model, "encode", digits[:200])
    np.testing.assert_allclose(np.asarray(model.latents.mean.value)[0], z.mean(axis=0), rtol=1e-4)
    drawn = model.latents.sample(70, 3)
    np.testing.assert_array_equal(model.sample(70, 3), model.to_intensities(answer(model, "decode", drawn)))


def test_a_denoiser_learns_to_denoise_digits_it_never_saw(digits):
    model = build(
        "autoencoder",
        training={"epochs": 15, "batch_size": 50, "optimizer": {"learning_rate": 0.005}},
        widths=(128,),
        latent_dim=24,
        noise=0.3,
    )
    fit(model, digits[:1400], digits[1400:1600])
    clean = digits[1600:].astype("float32") / 16
    noisy = answer(model, "corrupt", clean)
    error = np.mean((answer(model, "denoise", noisy) - clean) ** 2)
    print("ERR", error, np.mean((noisy - clean) ** 2), np.mean((digits[:1400].mean(axis=0) / 16 - clean) ** 2))
    assert error < np.mean((noisy - clean) ** 2) / 3
    assert error < np.mean((digits[:1400].mean(axis=0) / 16 - clean) ** 2) / 2

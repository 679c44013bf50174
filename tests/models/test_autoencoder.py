"""The autoencoder's wiring, its noise, and the mixture that it samples from."""

import numpy as np
import pytest
from sklearn.decomposition import PCA

from tests.models.building import answer, build, fit, image_spec, loss, validate

SHAPE, SIZE = (2, 3, 3), 18


def copying(steepness, **changes):
    """Linear networks as wide as the image: encoder the identity, decoder a line through the middle of the sigmoid."""
    model = build("autoencoder", image_spec(SHAPE), widths=(), latent_dim=SIZE, **changes)
    model.encoder.set_weights([np.eye(SIZE), np.zeros(SIZE)])
    model.decoder.set_weights([steepness * np.eye(SIZE), np.full(SIZE, -steepness / 2)])
    return model


def test_a_bottleneck_as_wide_as_the_image_can_copy_it():
    model = copying(steepness=20)  # of which the sigmoid leaves black and white
    x = 16 * np.random.default_rng(1).integers(0, 2, (5, *SHAPE), np.uint8)
    np.testing.assert_array_equal(answer(model, "encode", x), x.reshape(5, SIZE) / 16)
    np.testing.assert_allclose(answer(model, "decode", answer(model, "encode", x)), x / 16, atol=1e-4)
    np.testing.assert_array_equal(model.preview(x, 0), x)


OPTIMIZER = {"learning_rate": 0.005, "schedule": "cosine", "clip_norm": 1.0}
WIDE = {
    "dense": {"widths": (64,)},
    "convolutional": {"widths": (8,), "activation": "gated", "normalization": "layer", "upsampling": "resize"},
    "recurrent": {"widths": (64,), "normalization": "layer"},
    "transformer": {"widths": (16,)},
}


@pytest.mark.parametrize("encoder", ["dense", "convolutional", "transformer"])
def test_with_a_bottleneck_as_wide_as_the_image_an_encoder_learns_to_copy_what_it_never_saw(encoder):
    """Pixels that know nothing of each other: a linear code of half as many dimensions loses half their variance."""
    images = np.random.default_rng(0).integers(0, 17, (3700, 4, 4, 1), np.uint8)
    training = {"epochs": 1, "batch_size": 8, "optimizer": OPTIMIZER | {"learning_rate": 0.01}}
    model = build(
        "autoencoder",
        image_spec((4, 4, 1)),
        training=training,
        encoder=encoder,
        latent_dim=16,
        noise=0.0,
        **WIDE[encoder],
    )
    error = fit(model, images[500:], images[:500])[-1]["val_loss"]
    assert error < np.var(images[:500] / 16) / 4


def test_recurrent_networks_learn_to_copy_a_few(digits):
    few = digits[:4]
    training = {"epochs": 4, "batch_size": 4, "optimizer": OPTIMIZER}
    model = build("autoencoder", training=training, encoder="recurrent", latent_dim=64, noise=0.0, **WIDE["recurrent"])
    error = fit(model, np.tile(few, (100, 1, 1, 1)), few)[-1]["val_loss"]
    assert error < np.var(few / 16, axis=0).mean() / 20
    copies = answer(model, "decode", answer(model, "encode", few))
    assert np.mean((copies - few / 16) ** 2) == pytest.approx(error, rel=1e-3)


def test_recurrent_networks_code_digits_that_they_never_saw_better_than_any_linear_code(digits):
    training = {"epochs": 8, "batch_size": 16, "optimizer": OPTIMIZER | {"learning_rate": 0.01}}
    model = build("autoencoder", training=training, encoder="recurrent", latent_dim=4, noise=0.0, **WIDE["recurrent"])
    train, test = digits[:-300], digits[-300:]
    error = fit(model, train, test)[-1]["val_loss"]
    seen, unseen = (images.reshape(len(images), -1) / 16 for images in (train, test))
    linear = PCA(4).fit(seen)
    copies = linear.inverse_transform(linear.transform(unseen))
    assert error < 0.9 * np.mean((copies - unseen) ** 2)


def test_batch_statistics_move_in_training_and_stay_in_every_question(digits):
    model = build("autoencoder", encoder="convolutional", widths=(4,), normalization="batch", noise=0.0)
    moving = [v for v in model.non_trainable_variables if "moving" in v.path]
    assert moving

    def moved_by(ask):
        before = [np.array(variable.value) for variable in moving]
        ask()
        return [np.abs(np.asarray(v.value) - old).max() > 0 for v, old in zip(moving, before, strict=True)]

    few = digits[:5]
    assert all(moved_by(lambda: loss(model, {"image": few})))
    assert not any(moved_by(lambda: validate(model, {"image": few})))
    z = answer(model, "encode", few)
    np.testing.assert_allclose(answer(model, "encode", few[:1]), z[:1], rtol=1e-5)
    assert not any(moved_by(lambda: answer(model, "decode", z)))


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


def test_the_denoiser_is_given_noise_and_judged_by_the_clean_image():
    model = copying(steepness=4, noise=0.05)  # slope 1 where the value is a half: what is left is the noise itself
    grey = np.full((700, *SHAPE), 8, "uint8")
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
        latent_dim=16,
        noise=0.3,
    )
    fit(model, digits[:1400], digits[1400:1600])
    clean = digits[1600:].astype("float32") / 16
    noisy = answer(model, "corrupt", clean)
    error = np.mean((answer(model, "denoise", noisy) - clean) ** 2)
    assert error < np.mean((noisy - clean) ** 2) / 3
    assert error < np.mean((digits[:1400].mean(axis=0) / 16 - clean) ** 2) / 2

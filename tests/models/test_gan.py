"""A GAN: its losses put together by hand, every cure in training, classes, and what it learns."""

from typing import Any

import numpy as np
import pytest

from components.params import UserError
from tests.models.building import build, fit, loss, validate

PLAIN = {"widths": (4,), "kernel": 3}
BATCH = {"image": np.random.default_rng(0).integers(0, 17, (10, 8, 8, 1)).astype("uint8")}


def saturated(bias: float, **changes):
    """A model whose discriminator says ``bias`` of every image."""
    model = build("gan", discriminator=PLAIN, **changes)
    for variable in model.discriminator.trainable_variables:
        variable.assign(np.zeros(variable.shape))
    model.discriminator.trainable_variables[-1].assign([bias])
    return model


@pytest.mark.parametrize(
    ("name", "discriminator", "generator"),
    [
        ("non_saturating", np.log1p(np.exp(-1.5)) + np.log1p(np.exp(1.5)), np.log1p(np.exp(-1.5))),
        ("minimax", np.log1p(np.exp(-1.5)) + np.log1p(np.exp(1.5)), -np.log1p(np.exp(1.5))),
        ("least_squares", 0.125 + 1.125, 0.125),
        ("hinge", 2.5, -1.5),
    ],
)
def test_each_player_has_its_loss(name, discriminator, generator):
    model = saturated(1.5, loss=name)
    found, logs = loss(model, BATCH)
    assert found == pytest.approx(discriminator, rel=1e-5)
    assert logs == {"accuracy": 0.5}
    judged = validate(model, BATCH)
    assert judged["discriminator"] == pytest.approx(discriminator, rel=1e-5)
    assert judged["generator"] == pytest.approx(generator, rel=1e-5)


def test_the_generator_trains_on_what_validation_says_of_it():
    model = saturated(1.5)
    assert loss(model, BATCH, player=1)[0] == pytest.approx(np.log1p(np.exp(-1.5)), rel=1e-5)


def test_labels_that_are_told_shape_the_discriminators_loss_and_not_the_validation():
    cross_entropy = lambda label: np.log1p(np.exp(1.5)) - 1.5 * label  # noqa: E731
    smooth = saturated(1.5, label_smoothing=0.2)
    assert loss(smooth, BATCH)[0] == pytest.approx(cross_entropy(0.8) + cross_entropy(0), rel=1e-5)
    assert validate(smooth, BATCH)["discriminator"] == pytest.approx(cross_entropy(1) + cross_entropy(0), rel=1e-5)
    lied = saturated(1.5, label_flips=0.99)
    many = {"image": np.repeat(BATCH["image"], 100, axis=0)}
    assert loss(lied, many)[0] == pytest.approx(cross_entropy(0.01) + cross_entropy(0.99), abs=0.05)


def test_labels_are_blurred_by_the_stated_deviation():
    blurred = saturated(1.5, loss="least_squares", label_noise=3.0)  # whose square it adds to the squares
    many = {"image": np.repeat(BATCH["image"], 1000, axis=0)}
    assert loss(blurred, many)[0] == pytest.approx(0.125 + 1.125 + 3.0**2, rel=0.05)


def test_noise_on_inputs_falls_to_zero():
    model = build("gan", discriminator=PLAIN, input_noise=2.0, input_noise_steps=10)
    for variable in model.generator.trainable_variables:
        variable.assign(np.zeros(variable.shape))  # every image is grey
    model.discriminator.trainable_variables[0].assign(np.ones((3, 3, 1, 4)))
    values = [loss(model, BATCH, step=step, player=1)[0] for step in (0, 9, 10, 50)]
    assert values[2] == values[3]
    assert abs(values[0] - values[2]) > abs(values[1] - values[2]) > 0


CURES: dict[str, Any] = {
    "discriminator": {
        **PLAIN,
        "widths": (4, 4),
        "normalization": "layer",
        "dropout": 0.3,
        "spectral_normalization": True,
        "minibatch_stddev": True,
        "updates": 2,
        "optimizer": {"name": "rmsprop", "learning_rate": 0.001},
    },
    "generator": {**PLAIN, "normalization": "batch", "upsampling": "resize", "updates": 3},
    "label_smoothing": 0.1,
    "label_noise": 0.1,
    "label_flips": 0.05,
    "input_noise": 0.1,
    "input_noise_steps": 5,
    "conditional": True,
}


def test_all_cures_together_train_and_the_class_is_heard(digits):
    model = build("gan", training={"epochs": 2, "batch_size": 10, "ema": 0.9}, **CURES)
    assert [player.updates for player in model.players()] == [2, 3]
    assert [player.optimizer.name for player in model.players()] == ["rmsprop", "adam"]
    labels = (np.arange(120, dtype="int16") % 10, np.arange(20, dtype="int16") % 10)
    history = fit(model, digits[:120], digits[120:140], labels)
    assert all(np.isfinite(list(row.values())).all() for row in history)
    zeros, ones = model.sample(4, 5, label=0), model.sample(4, 5, label=1)
    assert zeros.shape == (4, 8, 8, 1)
    assert (zeros != ones).any()
    np.testing.assert_array_equal(model.sample(70, 5), model.sample(70, 5))
    with pytest.raises(UserError, match="label: 10"):
        model.sample(1, 0, label=10)


def test_an_unconditional_model_has_no_label():
    with pytest.raises(UserError, match="label: 3"):
        build("gan").sample(1, 0, label=3)


def test_samples_of_digits_come_nearer_to_digits(digits):
    model = build(
        "gan",
        training={"epochs": 6, "batch_size": 32, "optimizer": {"learning_rate": 0.002, "beta_1": 0.5}, "ema": 0.9},
        latent_dim=8,
        generator={"widths": (8, 16), "kernel": 3, "normalization": "batch"},
        discriminator={"widths": (8, 16), "kernel": 3, "normalization": "batch"},
    )
    before = validate(model, {"image": digits[1500:]})["loss"]
    history = fit(model, digits[:960], digits[1400:1500])
    print("GAN", before, history)
    assert before > 2
    assert history[-1]["val_loss"] < 0.3 * before

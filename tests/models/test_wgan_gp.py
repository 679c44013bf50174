"""A Wasserstein GAN: its losses put together by hand, its options, and what it learns."""

import numpy as np
import pytest

from tests.models.building import build, fit, loss, validate

BATCH = {"image": np.random.default_rng(0).integers(0, 17, (10, 8, 8, 1)).astype("uint8")}


def straight(**changes):
    """A model whose critic is a sum of pixels, 0.05 each, and whose images are grey."""
    model = build("wgan_gp", critic={"widths": (1,), "kernel": 2}, **changes)
    kernel, bias, out, shift = model.critic.trainable_variables
    kernel.assign(np.full(kernel.shape, 0.05 / 2))  # images come to it doubled
    bias.assign([100.0])  # the rectifier never bends
    out.assign(np.ones(out.shape))
    shift.assign([-1600.0])
    for variable in model.generator.trainable_variables:
        variable.assign(np.zeros(variable.shape))
    return model


@pytest.mark.parametrize("drift", [0.0, 0.01])
def test_the_loss_of_a_linear_critic(drift):
    model = straight(drift=drift)
    pixels = BATCH["image"].sum(axis=(1, 2, 3)) / 16
    real, fake = 0.05 * pixels - 1.6, 0.0
    penalty = (0.05 * 8 - 1) ** 2
    found, logs = loss(model, BATCH)
    assert logs["wasserstein"] == pytest.approx(real.mean() - fake, abs=2e-3)
    assert logs["penalty"] == pytest.approx(penalty, rel=1e-3)
    assert found == pytest.approx(10 * penalty - real.mean() + fake + drift * np.mean(real**2), abs=5e-3)
    assert loss(model, BATCH, player=1)[0] == pytest.approx(-fake, abs=2e-3)
    assert validate(model, BATCH)["wasserstein"] == pytest.approx(real.mean() - fake, abs=2e-3)


def test_each_image_is_judged_at_a_point_of_its_own_uniform_between_data_and_samples():
    """The rectifier bends at places between black and grey: the penalty counts how many points lie before each."""
    model, n = straight(), 4000
    bias, black = model.critic.trainable_variables[1], {"image": np.zeros((n, 8, 8, 1), "uint8")}
    flat, steep = (0.2 * 0.4 - 1) ** 2, (0.4 - 1) ** 2
    for place in (0.1, 0.3, 0.5, 0.7, 0.9):
        bias.assign([0.1 * (1 - place)])
        before = (loss(model, black)[1]["penalty"] - steep) / (flat - steep)
        assert before == pytest.approx(place, abs=4 * np.sqrt(place * (1 - place) / n))


def test_all_options_together_train(digits):
    model = build(
        "wgan_gp",
        training={"epochs": 2, "batch_size": 10, "ema": 0.9},
        conditional=True,
        critic={
            "widths": (4, 4),
            "kernel": 3,
            "normalization": "layer",
            "spectral_normalization": True,
            "dropout": 0.2,
            "minibatch_stddev": True,
            "optimizer": {"name": "rmsprop", "learning_rate": 0.001},
        },
        drift=0.001,
        n_critic=3,
    )
    assert [(p.name, p.updates, p.optimizer.name) for p in model.players()] == [
        ("critic", 3, "rmsprop"),
        ("generator", 1, "adam"),
    ]
    labels = (np.arange(120, dtype="int16") % 10, np.arange(20, dtype="int16") % 10)
    history = fit(model, digits[:120], digits[120:140], labels)
    assert all(np.isfinite(list(row.values())).all() for row in history)
    assert {"wasserstein", "penalty", "val_wasserstein", "val_loss"} <= history[-1].keys()
    assert (model.sample(4, 5, label=0) != model.sample(4, 5, label=1)).any()
    np.testing.assert_array_equal(model.sample(70, 5), model.sample(70, 5))


def test_samples_of_digits_come_nearer_to_digits(digits):
    optimizer = {"learning_rate": 0.004, "beta_1": 0.5, "beta_2": 0.9}
    model = build(
        "wgan_gp",
        training={"epochs": 8, "batch_size": 32, "optimizer": optimizer, "ema": 0.9},
        latent_dim=8,
        generator={"widths": (8, 16), "kernel": 3, "normalization": "batch"},
        critic={"widths": (8, 16), "kernel": 3},
    )
    before = validate(model, {"image": digits[1500:]})["loss"]
    history = fit(model, digits[:960], digits[1400:1500])
    print("WGAN-GP", before, history)
    assert before > 2
    assert history[-1]["val_loss"] < 0.3 * before
    assert history[-1]["penalty"] < 0.2

"""The two networks of an adversarial model: sizes, cures, classes, and what a judgement leaves behind."""

import numpy as np
import pytest

from components.backend import compiled
from components.networks.adversarial import Critic, Generator, MinibatchStddev, latents
from components.params import UserError
from components.params.adversarial import DiscriminatorNetwork, GeneratorNetwork


def generator(shape=(8, 8, 1), widths=(4, 6), classes=0, **changes):
    config = GeneratorNetwork(widths=widths, kernel=3, normalization="batch", **changes)
    return Generator(config, 5, shape, classes, "he_uniform")


def critic(shape=(8, 8, 1), widths=(4, 6), classes=0, **changes):
    return Critic(DiscriminatorNetwork(widths=widths, kernel=3, **changes), shape, classes, "he_uniform", "critic")


def images(n=6, shape=(8, 8, 1)):
    return np.random.default_rng(0).random((n, *shape)).astype("float32")


@pytest.mark.parametrize(
    ("shape", "widths"), [((28, 28, 1), (2, 3, 4)), ((7, 13, 3), (2, 3)), ((1, 1, 1), (2,)), ((8, 8, 2), (3,))]
)
@pytest.mark.parametrize("upsampling", ["transposed", "resize"])
def test_images_of_any_size(shape, widths, upsampling):
    made = generator(shape, widths, upsampling=upsampling)
    found = np.asarray(made(np.ones((2, 5), "float32")))
    assert found.shape == (2, *shape)
    assert (found > 0).all()
    assert (found < 1).all()
    assert critic(shape, widths)(found).shape == (2,)


@pytest.mark.parametrize(
    ("normalization", "deviation"), [("batch", False), ("layer", False), ("none", False), ("none", True)]
)
def test_only_what_looks_at_a_batch_lets_one_image_shape_the_score_of_another(normalization, deviation):
    network = critic(normalization=normalization, minibatch_stddev=deviation)
    x = images()
    together = np.asarray(network(x, training=True))
    apart = np.concatenate([np.asarray(network(x[i : i + 1], training=True)) for i in range(len(x))])
    assert np.allclose(together, apart, atol=1e-5) == (normalization != "batch" and not deviation)


def test_a_class_reaches_both_networks():
    made, judge = generator(classes=3), critic(classes=3)
    z, label = np.ones((3, 5), "float32"), np.arange(3, dtype="int16")
    found = np.asarray(made(z, label))
    assert np.abs(found[0] - found[1]).max() > 1e-3
    same = np.repeat(images(1), 3, axis=0)
    assert len(set(np.asarray(judge(same, label)).round(5))) == 3


def test_minibatch_stddev_is_the_mean_deviation_over_the_batch():
    x = np.random.default_rng(1).standard_normal((7, 3, 4, 2)).astype("float32")
    found = np.asarray(MinibatchStddev()(x))
    np.testing.assert_array_equal(found[..., :2], x)
    np.testing.assert_allclose(found[..., 2], x.std(axis=0).mean(), rtol=1e-4)
    collapsed = np.asarray(MinibatchStddev()(np.repeat(x[:1], 7, axis=0)))
    assert collapsed[..., 2].max() < 1e-3


def test_spectral_normalization_bounds_every_kernel():
    network = critic(spectral_normalization=True)
    for layer in network.network.layers:
        if layer.name.startswith("spectral"):
            layer.layer.kernel.assign(10 * np.array(layer.layer.kernel))
    steep = np.abs(np.asarray(network(images())) - np.asarray(network(1 - images()))).max()
    plain = critic()
    for variable in plain.trainable_variables:
        variable.assign(10 * np.array(variable))
    assert np.abs(np.asarray(plain(images())) - np.asarray(plain(1 - images()))).max() > 10 * steep


def test_a_judgement_in_passing_moves_no_weight_and_uses_up_its_chance():
    network = critic(normalization="batch", dropout=0.5, spectral_normalization=True)
    before = network.get_weights()

    @lambda judge: compiled(judge, network.variables)
    def judge(x):
        with network.unmoved():
            return network(x, training=True)

    first, second = np.asarray(judge(images())), np.asarray(judge(images()))
    for old, new in zip(before, network.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    assert np.abs(first - second).max() > 1e-4
    compiled(lambda x: network(x, training=True), network.variables)(images())
    moved = {v.path for v, old in zip(network.weights, before, strict=True) if (np.array(v) != old).any()}
    assert {path.split("/")[-1] for path in moved} == {"u", "moving_mean", "moving_variance"}


def test_truncated_latents_are_what_a_truncated_gaussian_gives():
    z = latents(5000, 4, np.random.default_rng(2), truncation=0.5)
    assert np.abs(z).max() <= 0.5
    assert z.std() == pytest.approx(0.2841, abs=0.005)  # of a standard Gaussian cut at 0.5
    assert np.abs(latents(5000, 4, np.random.default_rng(2), truncation=0.0)).max() > 3
    with pytest.raises(UserError, match=r"^truncation: 0.01; allowed: "):
        latents(5, 4, np.random.default_rng(2), truncation=0.01)


def test_names_of_variables_begin_with_their_network():
    assert all(variable.path.startswith("critic/") for variable in critic(dropout=0.1).weights)
    assert all(variable.path.startswith("generator/") for variable in generator().weights)

"""Images as sequences of intensities: what the families that learn them so must keep."""

from itertools import product

import numpy as np
import pytest

from components.params import UserError
from tests.models.building import answer, build, image_spec, loss, validate

SHAPE, LEVELS = (2, 2, 1), 3
ALL = np.array(list(product(range(LEVELS), repeat=4)), "uint8").reshape(-1, *SHAPE)
MODELS = [
    ("lstm", {"sequence_length": None}),
    ("lstm", {"sequence_length": None, "cell": "gru", "pixel_positions": True, "tie_embeddings": True}),
    ("transformer", {"context": None}),
    ("transformer", {"context": None, "tie_embeddings": True}),
]
several = pytest.mark.parametrize(("family", "changes"), MODELS, ids=["lstm", "gru", "transformer", "tied transformer"])


def sharpened(family, changes):
    model, random = build(family, image_spec(SHAPE, LEVELS), **changes), np.random.default_rng(5)
    model.set_weights([weight + random.normal(0, 1.5, weight.shape) for weight in model.get_weights()])
    return model


@several
def test_probabilities_of_all_images_sum_to_one_and_samples_are_drawn_from_them(family, changes):
    model, n, seed = sharpened(family, changes), 70, 3
    log_probs = answer(model, "log_likelihood", ALL).astype("float64")
    assert np.exp(log_probs).sum() == pytest.approx(1, abs=1e-5)
    assert np.ptp(log_probs) > 1

    joint = np.exp(log_probs).reshape((LEVELS,) * 4)
    u = np.random.default_rng(seed).random((4, n), "float32")
    samples = model.sample(n, seed)
    assert (samples.shape, samples.dtype) == ((n, *SHAPE), np.uint8)
    for sample, quantiles in zip(samples.reshape(n, 4), u.T, strict=True):
        for t, quantile in enumerate(quantiles):
            p = joint[tuple(sample[:t])].reshape(LEVELS, -1).sum(axis=1)
            assert sample[t] == np.searchsorted(p.cumsum() / p.sum(), quantile)


@several
def test_losses_are_nats_of_an_intensity(family, changes):
    model = sharpened(family, changes)
    expected = -answer(model, "log_likelihood", ALL[5:7]).mean() / 4
    assert validate(model, {"image": ALL[5:7]})["loss"] == pytest.approx(expected, rel=1e-5)
    assert loss(model, {"image": ALL[5:7]})[0] == pytest.approx(expected, rel=1e-5)
    assert model.feed == "examples"


def test_colours_are_read_channel_by_channel():
    spec = image_spec((2, 1, 2), LEVELS)
    model = build("lstm", spec, sequence_length=None, pixel_positions=True)
    rows, columns, channels = (np.asarray(table) for table in model.positions.tables)
    expected = [rows[i] + columns[0] + channels[k] for i, k in product(range(2), range(2))]
    np.testing.assert_allclose(model.positions.vectors(), expected, rtol=1e-6)
    assert model.sample(3, 1).shape == (3, 2, 1, 2)


def test_images_have_no_prompt():
    with pytest.raises(UserError, match="prompt: 'a'; allowed: none, the model makes images"):
        build("lstm", image_spec(), sequence_length=None).sample(1, 1, prompt="a")

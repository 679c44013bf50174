"""The VAE's terms, and what weighs them."""

import numpy as np
import pytest
from scipy import stats
from sklearn.datasets import load_digits

from components.backend import compiled
from components.params import UserError
from tests.models.building import answer, build, fit, image_spec, loss, validate


@pytest.fixture
def images(digits):
    return digits[:32]


def spread_out(model):
    """Weights far enough from zero that every latent dimension has a divergence of its own."""
    random = np.random.default_rng(3)
    model.encoder.set_weights([random.normal(0, 0.4, weight.shape) for weight in model.encoder.weights])
    return model


def posterior(model, images):
    mean, log_variance = np.split(np.asarray(model.encoder(images.astype("float32") / 16)), 2, axis=1)
    return mean.astype("float64"), np.exp(0.5 * log_variance.astype("float64"))


def divergences(model, images):
    """KL from N(0, 1) ``[B, latent_dim]`` by quadrature, not by the formula."""
    z = np.linspace(-30, 30, 60_001)[:, None, None]
    mean, deviation = posterior(model, images)
    q = stats.norm(mean, deviation)
    return np.sum(q.pdf(z) * (q.logpdf(z) - stats.norm.logpdf(z)), axis=0) * (z[1, 0, 0] - z[0, 0, 0])


def test_the_divergence_is_the_integral(images):
    model = spread_out(build("vae"))
    few = images[:4]
    expected = divergences(model, few)
    assert expected.max() > 1
    assert validate(model, {"image": few})["kl"] == pytest.approx(expected.sum(axis=1).mean(), rel=1e-3)


def test_beta_weighs_the_divergence_and_rises_with_the_steps(images):
    def weight(model, step):
        value, logs = loss(model, {"image": images}, step)
        return (value - logs["reconstruction"]) / logs["kl"]

    warmed = spread_out(build("vae", beta=4.0, kl_warmup_steps=10))
    assert [weight(warmed, step) for step in (0, 5, 10, 99)] == pytest.approx([0, 2, 4, 4], abs=1e-4)
    assert weight(spread_out(build("vae", beta=1.5)), 0) == pytest.approx(1.5, abs=1e-4)


def test_free_bits_are_free_for_each_latent_dimension(images):
    paid = divergences(spread_out(build("vae")), images).mean(axis=0)
    free = float(np.sort(paid)[1] + 0.01)  # more than two of the three dimensions use
    model = spread_out(build("vae", free_bits=free))
    value, logs = loss(model, {"image": images})
    assert value - logs["reconstruction"] == pytest.approx(np.maximum(paid, free).sum(), rel=1e-3)
    assert logs["kl"] == pytest.approx(paid.sum(), rel=1e-3)


def test_under_a_learned_prior_bits_are_free_for_all_dimensions_together(images):
    spread = spread_out(build("vae", prior="mixture", prior_components=4))
    paid = np.mean([loss(spread, {"image": images})[1]["kl"] for _ in range(30)])
    assert paid > 1
    free = spread_out(build("vae", prior="mixture", prior_components=4, free_bits=10 * paid))
    value, logs = loss(free, {"image": images})
    assert value - logs["reconstruction"] == pytest.approx(3 * 10 * paid, rel=1e-3)
    assert logs["kl"] == pytest.approx(paid, rel=0.3)


def test_pseudo_inputs_are_judged_by_the_encoder_and_learned_with_it(images):
    model = build("vae", prior="vampprior", prior_components=5, normalization="batch")
    kept = model.prior.pseudo_inputs
    assert (kept.shape, any(kept is v for v in model.players()[0].variables)) == ((5, 8, 8, 1), True)
    mean, log_variance = compiled(model.prior.gaussians, model.variables)()
    np.testing.assert_allclose(mean, answer(model, "encode", 16 * np.array(kept.value)), rtol=1e-4)
    z = np.random.default_rng(1).normal(0, 1, (7, 3)).astype("float32")
    each = stats.norm(np.array(mean), np.exp(0.5 * np.array(log_variance))).logpdf(z[:, None]).sum(axis=2)
    log_prob = compiled(model.prior.log_prob, model.variables)(z)
    np.testing.assert_allclose(log_prob, np.log(np.exp(each).mean(axis=1)), rtol=1e-3)
    np.testing.assert_array_equal(model.sample(3, 5), model.sample(3, 5))
    at_rest = model.sample(50, 5, temperature=0.0)  # pseudo-inputs, as the model sees them
    means = model.to_intensities(answer(model, "decode", np.array(mean)))
    assert {image.tobytes() for image in at_rest} == {image.tobytes() for image in means}


def test_a_conditional_model_learns_what_the_classes_look_like(digits):
    classes = load_digits().target.astype("int16")
    model = build(
        "vae",
        training={"epochs": 8, "batch_size": 40, "optimizer": {"learning_rate": 0.004}},
        widths=(64,),
        latent_dim=4,
        conditional=True,
    )
    labels = classes[:1500], classes[1500:]
    fit(model, digits[:1500], digits[1500:], labels)
    means = np.stack([digits[classes == label].mean(axis=0) for label in range(10)])
    for label in range(10):
        middle = model.sample(40, 3, label=label).mean(axis=0)
        assert np.argmin(np.sum((means - middle) ** 2, axis=(1, 2, 3))) == label
    right = answer(model, "elbo", digits[1500:], labels[1])
    assert right.mean() > answer(model, "elbo", digits[1500:], ((labels[1] + 1) % 10).astype("int16")).mean() + 5
    assert len({image.tobytes() for image in model.sample(30, 3, temperature=0.0)}) == 10  # a class for each of thirty


def test_a_wrong_label_is_a_line():
    for spec, conditional, label in [
        (image_spec(), True, 10),
        (image_spec(), False, 0),
        (image_spec(classes=0), True, 0),
    ]:
        with pytest.raises(UserError, match=r"label|classes"):
            build("vae", spec, conditional=conditional).sample(2, 0, label=label)


def test_what_is_reported_is_the_bound_itself_whatever_training_pays(images):
    model = spread_out(build("vae", beta=3.0, kl_warmup_steps=10, free_bits=5.0))
    losses = [validate(model, {"image": images}) for _ in range(30)]
    bounds = [answer(model, "elbo", images).mean() for _ in range(30)]
    for terms in losses:
        assert terms["loss"] == pytest.approx(terms["reconstruction"] + terms["kl"], rel=1e-5)
    errors = np.std(bounds, ddof=1) / np.sqrt(30)
    assert -np.mean([terms["loss"] for terms in losses]) == pytest.approx(np.mean(bounds), abs=6 * errors)


CASES = [
    ("dense", "bernoulli", (8, 8, 1), False),
    ("dense", "discretized_logistic", (2, 3, 3), True),
    ("convolutional", "gaussian", (2, 3, 3), True),
    ("recurrent", "discretized_logistic", (2, 3, 3), True),
    ("transformer", "discretized_logistic", (2, 3, 3), True),
]


@pytest.mark.parametrize(("encoder", "likelihood", "shape", "conditional"), CASES)
def test_images_of_any_size_go_in_and_come_out(encoder, likelihood, shape, conditional):
    model = build("vae", image_spec(shape), encoder=encoder, likelihood=likelihood, conditional=conditional)
    x = np.random.default_rng(1).integers(0, 17, (3, *shape), np.uint8)
    label = np.arange(3, dtype="int16") if conditional else None
    z, decoded, elbo, bound = compiled(
        lambda x, label: (
            (z := model.encode(x, label)),
            model.decode(z, label),
            model.elbo(x, label),
            model.importance_bound(x, 18, label),
        ),
        model.variables,
    )(x, label)
    assert (z.shape, decoded.shape, elbo.shape, bound.shape) == ((3, 3), x.shape, (3,), (3,))
    assert 0 <= np.min(decoded) <= np.max(decoded) <= 1
    for pixel_noise in (False, True):
        samples = model.sample(3, 5, pixel_noise=pixel_noise)
        assert (samples.shape, samples.dtype) == (x.shape, np.uint8)
        assert samples.max() <= 16
        np.testing.assert_array_equal(samples, model.sample(3, 5, pixel_noise=pixel_noise))
    assert (model.sample(3, 5, pixel_noise=True) != model.sample(3, 6, pixel_noise=True)).any()


def test_samples_are_decoded_draws_from_the_prior(images):
    """The mean over the prior, of the decoder's means and of drawn pixels, by quantiles of each latent."""
    model = build("vae", likelihood="discretized_logistic")
    random = np.random.default_rng(3)
    weights = [random.normal(0, 0.6, weight.shape) for weight in model.decoder.weights]
    weights[0][1:] = 0  # only the first latent matters
    model.decoder.set_weights(weights)
    z = np.zeros((1000, 3), "float32")
    z[:, 0] = stats.norm.ppf((np.arange(1000) + 0.5) / 1000)
    expected = 16 * answer(model, "decode", z).mean(axis=0)
    np.testing.assert_allclose(model.sample(2000, 1).mean(axis=0), expected, atol=0.6)
    still = model.sample(3, 1, temperature=0.0)
    np.testing.assert_array_equal(still, model.to_intensities(answer(model, "decode", np.zeros((3, 3), "float32"))))

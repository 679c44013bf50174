"""Bijections and flows: both ways, and their determinants against the Jacobian by automatic differentiation."""

import keras
import numpy as np
import pytest
from keras import ops
from sklearn.datasets import make_moons

from components.backend import apply_gradients, compiled, fused, input_gradient, value_and_grad
from components.networks.bijections import ActivationNorm, Logit, Squeeze
from components.networks.couplings import Coupling, channel_mask, checkerboard
from components.networks.flows import MultiScale, PointFlow

SMALL = {"couplings": 2, "width": 4, "blocks": 1}
IMAGES = np.random.default_rng(1).normal(0, 1, (3, 4, 4, 2)).astype("float32")
POINTS = np.random.default_rng(2).normal(0, 1, (5, 3)).astype("float32")


def rough(bijection):
    """The bijection with weights far from where it starts, where couplings change nothing."""
    random = np.random.default_rng(3)
    bijection.set_weights([random.normal(0, 0.2, weight.shape) for weight in bijection.weights])
    return bijection


CASES = {
    "activation norm": (lambda: ActivationNorm(2, "norm"), IMAGES),
    "checkerboard": (lambda: Coupling((4, 4, 2), checkerboard((4, 4, 2), True), width=4, blocks=1, name="c"), IMAGES),
    "channels": (lambda: Coupling((4, 4, 2), channel_mask(2, False), width=4, blocks=0, name="c"), IMAGES),
    "squeeze": (lambda: Squeeze("squeeze"), IMAGES),
    "logit": (lambda: Logit(0.05, "logit"), 1 / (1 + np.exp(-IMAGES))),
    "scales": (lambda: MultiScale((4, 4, 2), scales=3, **SMALL), IMAGES),
    "odd sides": (lambda: MultiScale((6, 2, 1), scales=9, **SMALL), IMAGES.reshape(8, 6, 2, 1)),
    "points": (lambda: PointFlow(3, **SMALL), POINTS),
}


@pytest.mark.parametrize("case", CASES)
def test_the_inverse_undoes_it_and_the_determinant_is_that_of_the_jacobian(case):
    make, x = CASES[case]
    bijection = rough(make())

    d, count = x[0].size, len(x)

    def rows(x):
        """Output ``i`` of copy ``i`` of each example."""
        return ops.einsum("ibi->ib", ops.reshape(bijection.forward(x)[0], (d, count, d)))

    def questions(x, copies):
        z, log_det = bijection.forward(x)
        return bijection.inverse(z), log_det, input_gradient(rows, copies)

    copies = np.concatenate([x] * d)
    again, log_det, jacobian = compiled(questions, bijection.variables)(x, copies)
    np.testing.assert_allclose(again, x, atol=1e-4)
    jacobian = np.asarray(jacobian, "float64").reshape(d, count, d).transpose(1, 0, 2)
    np.testing.assert_allclose(np.broadcast_to(log_det, count), np.linalg.slogdet(jacobian)[1], atol=1e-4)


@pytest.mark.parametrize(
    ("shape", "scales", "latents"),
    [
        ((8, 8, 1), 2, [32, 32]),
        ((8, 8, 1), 9, [32, 16, 16]),
        ((28, 28, 1), 9, [392, 196, 196]),
        ((1, 2, 1), 3, [2]),
        ((2, 2, 1), 3, [4]),
        ((6, 4, 3), 9, [36, 36]),
    ],
)
def test_half_of_an_image_leaves_at_each_scale_until_a_side_is_odd_or_two(shape, scales, latents):
    flow, found = MultiScale(shape, scales=scales, couplings=1, width=1, blocks=0), []
    while flow is not None:
        found.append(int(np.prod(flow.left)))
        flow = flow.next
    assert found == latents


@pytest.mark.parametrize("mask", [checkerboard((4, 4, 2), False), checkerboard((4, 4, 2), True), channel_mask(2, True)])
def test_a_coupling_passes_on_what_its_mask_shows_and_starts_by_changing_nothing(mask):
    coupling = Coupling((4, 4, 2), mask, width=4, blocks=1, name="coupling")
    np.testing.assert_array_equal(coupling.forward(IMAGES)[0], IMAGES)
    changed = np.asarray(rough(coupling).forward(IMAGES)[0]) != IMAGES
    np.testing.assert_array_equal(changed, np.broadcast_to(mask, IMAGES.shape) == 0)


def test_masks_are_halves_and_a_squeezed_half_is_no_checkerboard():
    assert checkerboard((3, 3, 1), False).ravel().tolist() == [1, 0, 1, 0, 1, 0, 1, 0, 1]
    assert checkerboard((3,), True).tolist() == [0, 1, 0]
    assert channel_mask(4, False).tolist() == [1, 1, 0, 0]
    places = np.arange(16, dtype="float32").reshape(1, 4, 4, 1)
    squeezed = np.asarray(Squeeze("squeeze").forward(places)[0])
    assert squeezed[0, 1, 0].tolist() == [8, 9, 12, 13]


def test_the_first_batch_leaves_an_activation_norm_with_mean_zero_and_variance_one():
    norm, x = ActivationNorm(2, "norm"), 3 * IMAGES + 5
    forward = compiled(lambda x, first: norm.forward(x, initialize=first), norm.variables)
    fitted, log_det = (np.asarray(value) for value in forward(x, np.True_))
    np.testing.assert_allclose(fitted.mean(axis=(0, 1, 2)), 0, atol=1e-5)
    np.testing.assert_allclose(fitted.std(axis=(0, 1, 2)), 1, atol=1e-4)
    assert log_det == pytest.approx(-16 * np.log(x.std(axis=(0, 1, 2))).sum(), rel=1e-4)
    np.testing.assert_allclose(forward(x, np.False_)[0], fitted, atol=1e-6)
    np.testing.assert_allclose(forward(x + 1, np.False_)[0], fitted + 1 / x.std(axis=(0, 1, 2)), atol=1e-4)


def test_a_flow_of_points_learns_two_moons_and_its_density_integrates_to_one():
    x = make_moons(4000, noise=0.06, random_state=0)[0].astype("float32")
    flow = PointFlow(2, couplings=6, width=32, blocks=0)
    optimizer, turns = keras.optimizers.Adam(0.01), keras.Variable(0, dtype="int32", trainable=False)
    optimizer.build(flow.trainable_variables)

    def step(batch):
        def loss(x):
            return -ops.mean(flow.log_density(x, initialize=ops.equal(turns.value, 0))), {}

        (value, _), gradients = value_and_grad(loss, flow.trainable_variables)(batch["x"])
        apply_gradients(optimizer, gradients, flow.trainable_variables)
        turns.assign_add(1)
        return {"loss": value}

    batches = x[np.random.default_rng(1).integers(0, 3000, (400, 128))]
    fused(step, [*flow.variables, *optimizer.variables, turns])({"x": batches}, 400)
    log_density = compiled(flow.log_density, flow.variables)
    gaussian = -0.5 * np.linalg.slogdet(2 * np.pi * np.e * np.cov(x.T))[1]
    learned = float(np.mean(log_density(x[3000:])))
    print("two moons", learned, "Gaussian", gaussian)
    assert learned > gaussian + 0.8
    side, cell = np.linspace(-3, 4, 701, dtype="float32"), 0.01**2
    grid = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    assert np.exp(np.asarray(log_density(grid), "float64")).sum() * cell == pytest.approx(1, abs=0.01)

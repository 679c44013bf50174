"""Samplers with an exact denoiser in place of a network."""

import numpy as np
import pytest
from keras import ops

from components.backend import compiled
from components.networks.path_samplers import SAMPLERS, descend
from components.networks.probability_paths import PATHS

WEIGHTS, MEANS, DEVIATIONS = (np.array(a, "float32") for a in ([0.3, 0.7], [-0.6, 0.4], [0.1, 0.15]))


def mixture(x, point):
    """What the data, a mixture of two Gaussians, are on average at ``x``, and the noise that goes with it."""
    signal, noise = point["signal"], point["noise"]
    variance = (signal * DEVIATIONS) ** 2 + noise**2
    gain = signal * DEVIATIONS**2 / variance
    distance = x[:, None] - signal * MEANS
    belonging = ops.softmax(np.log(WEIGHTS) - 0.5 * ops.log(variance) - 0.5 * distance**2 / variance, axis=1)
    clean = ops.sum(belonging * (MEANS + gain * distance), axis=1)
    return clean, (x - signal * clean) / ops.maximum(noise, 1e-8)


def sampled(sampler, path, steps, *, n=4000, seed=3, denoise=mixture, timesteps=320):
    path = PATHS[path](timesteps)
    times = path.descent(steps)
    x = np.random.default_rng(1).standard_normal(n).astype("float32")
    seeds = np.array([seed, 5], "int32")
    run = compiled(lambda x, seed: descend(sampler, denoise, path, times=times, x=x, seed=seed))
    return x, ops.convert_to_numpy(run(x, seeds))


@pytest.mark.parametrize(("sampler", "steps"), [("ancestral", 320), ("ddim", 160), ("euler", 160), ("heun", 40)])
@pytest.mark.parametrize("path", PATHS)
def test_samplers_recover_a_mixture_of_two_gaussians(sampler, steps, path):
    x = sampled(sampler, path, steps)[1]
    left = x < -0.15  # where the two densities cross
    assert left.mean() == pytest.approx(0.3, abs=0.03)
    assert [x[left].mean(), x[~left].mean()] == pytest.approx([-0.6, 0.4], abs=0.02)
    assert [x[left].std(), x[~left].std()] == pytest.approx([0.1, 0.15], abs=0.015)


def test_only_the_ancestral_sampler_draws():
    drawn = {seed: sampled("ancestral", "cosine", 20, n=50, seed=seed)[1] for seed in (3, 4)}
    np.testing.assert_array_equal(drawn[3], sampled("ancestral", "cosine", 20, n=50, seed=3)[1])
    assert (drawn[3] != drawn[4]).all()
    for sampler in SAMPLERS.keys() - {"ancestral"}:
        first, second = (sampled(sampler, "cosine", 20, n=50, seed=seed)[1] for seed in (3, 4))
        np.testing.assert_array_equal(first, second)


def test_ddim_on_the_straight_path_is_eulers_method():
    ddim, euler = (sampled(sampler, "straight", 20, n=50)[1] for sampler in ("ddim", "euler"))
    np.testing.assert_allclose(ddim, euler, atol=1e-5)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(("sampler", "order"), [("ddim", 1), ("euler", 1), ("heun", 2)])
def test_the_order_of_a_solver_is_seen_when_steps_are_halved(path, sampler, order):
    """Of one Gaussian the flow is known: it keeps how many deviations a point is from the mean."""
    mean, variance = 0.3, 0.04

    def gaussian(x, point):
        gain = point["signal"] * variance / (point["signal"] ** 2 * variance + point["noise"] ** 2)
        clean = mean + gain * (x - point["signal"] * mean)
        return clean, (x - point["signal"] * clean) / ops.maximum(point["noise"], 1e-8)

    errors = []
    for steps in (20, 40, 80):
        x, found = sampled(sampler, path, steps, n=9, denoise=gaussian, timesteps=4000)
        table = PATHS[path](4000)
        spread = np.sqrt(table.signal[-1] ** 2 * variance + table.noise[-1] ** 2)
        exact = mean + np.sqrt(variance) * (x - table.signal[-1] * mean) / spread
        errors.append(np.abs(found - exact).max())
    assert errors[0] / errors[1] == pytest.approx(2**order, rel=0.15)
    assert errors[1] / errors[2] == pytest.approx(2**order, rel=0.15)

import numpy as np
import pytest
from keras import ops

from components.backend import compiled
from components.networks.langevin import langevin, proper_noise

CENTRE = np.array([0.5, -1.0], "float32")
PRECISION = np.array([[2.0, 0.8], [0.8, 1.0]], "float32")


def quadratic(x):
    """Energy of the Gaussian with that mean and that inverse covariance."""
    away = x - CENTRE
    return 0.5 * ops.sum(away * ops.matmul(away, PRECISION), axis=1)


def chains(energy, x, steps, step_size, noise, **options):
    seeds = np.random.default_rng(options.pop("seed", 0)).integers(2**31, size=(steps, 2), dtype="int32")
    run = compiled(lambda x, seeds: langevin(energy, x, seeds, step_size, noise, **options))
    return [ops.convert_to_numpy(value) for value in run(x, seeds)]


@pytest.mark.parametrize(("step_size", "temperature"), [(0.05, 1.0), (0.4, 0.1)])
def test_on_a_quadratic_energy_it_gives_the_gaussians_mean_and_covariance(step_size, temperature):
    """``x' - m = (I - s A)(x - m) + σ ξ`` has the covariance ``σ² (2 s A - s² A²)⁻¹``, nearly ``T A⁻¹`` for small s."""
    noise = temperature**0.5 * proper_noise(step_size)
    x, _ = chains(quadratic, np.zeros((20_000, 2), "float32"), int(20 / step_size), step_size, noise)
    biased = noise**2 * np.linalg.inv(2 * step_size * PRECISION - step_size**2 * PRECISION @ PRECISION)
    deviations = np.sqrt(np.diag(biased))
    np.testing.assert_allclose((x.mean(0) - CENTRE) / deviations, 0, atol=0.03)
    np.testing.assert_allclose(
        np.cov(x.T) / np.outer(deviations, deviations), biased / np.outer(deviations, deviations), atol=0.04
    )
    if step_size < 0.1:
        np.testing.assert_allclose(np.cov(x.T), temperature * np.linalg.inv(PRECISION), rtol=0.2)


def test_a_short_chain_is_as_far_as_its_steps_have_brought_it():
    start = np.tile(np.array([[3.0, 3.0]], "float32"), (20_000, 1))
    x, sizes = chains(quadratic, start, 4, 0.1, 0.05)
    left = np.linalg.matrix_power(np.eye(2) - 0.1 * PRECISION, 4) @ (start[0] - CENTRE)
    np.testing.assert_allclose(x.mean(0), CENTRE + left, atol=0.003)
    assert sizes[0] == pytest.approx(np.abs(PRECISION @ (start[0] - CENTRE)).mean(), rel=1e-5)
    assert (np.diff(sizes) < 0).all()


def test_steps_have_noise_of_their_own_and_the_same_seeds_the_same_noise():
    start = np.zeros((500, 8), "float32")

    def flat(x):
        return 0.0 * ops.sum(x, axis=1)

    (walk, _), (again, _), (other, _) = (chains(flat, start, 25, 1.0, 0.2, seed=seed) for seed in (1, 1, 2))
    assert walk.std() == pytest.approx(1.0, rel=0.05)
    assert np.corrcoef(walk.T)[np.triu_indices(8, 1)] == pytest.approx(0, abs=0.2)
    np.testing.assert_array_equal(walk, again)
    assert np.corrcoef(walk.ravel(), other.ravel())[0, 1] == pytest.approx(0, abs=0.08)


def test_gradients_are_clipped_and_values_kept_in_bounds():
    start = np.full((3, 2), 0.5, "float32")

    def steep(x):
        return ops.sum(x * np.array([100.0, -0.1], "float32"), axis=1)

    clipped, sizes = chains(steep, start, 2, 0.5, 0.0, clip=0.2)
    np.testing.assert_allclose(clipped, np.tile([0.3, 0.6], (3, 1)), rtol=1e-6)
    np.testing.assert_allclose(sizes, 50.05)
    bounded, _ = chains(steep, start, 2, 0.5, 0.3, bounds=(0.0, 1.0))
    assert (bounded[:, 0] == 0).all()
    assert ((bounded >= 0) & (bounded <= 1)).all()

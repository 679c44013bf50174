import numpy as np
import pytest
from keras import ops
from scipy import stats

from components.backend import compiled, scan
from components.networks.hamiltonian import hamiltonian_step, reflected
from components.networks.langevin import langevin, proper_noise

SIZES = np.array([0.9, 0.3, 2.0], "float32")


def chains(energy, x, steps, step_size, **options):
    seeds = np.random.default_rng(0).integers(2**31, size=(steps, 4), dtype="int32")

    def step(x, seed):
        x, accepted = hamiltonian_step(energy, x, seed, step_size, **options)
        return x, ops.mean(accepted)

    run = compiled(lambda x, seeds: scan(step, x, seeds))
    return [ops.convert_to_numpy(value) for value in run(x, seeds)]


@pytest.mark.parametrize("leapfrogs", [1, 3])
def test_a_gaussian_stays_as_it_is_where_unadjusted_steps_change_it(leapfrogs):
    """Unadjusted steps ``x' = (1 - s) x + sqrt(2 s) ξ`` end at the variance ``2 / (2 - s)``; one leapfrog of size ε is
    such a step with ``s = ε² / 2``."""
    start = np.random.default_rng(1).normal(size=(20_000, 2)).astype("float32")

    def energy(x):
        return 0.5 * ops.sum(x**2, axis=1)

    x, accepted = chains(energy, start, 40, np.float32(1.2), leapfrogs=leapfrogs)
    np.testing.assert_allclose(x.mean(0), 0, atol=0.03)
    np.testing.assert_allclose(np.cov(x.T), np.eye(2), atol=0.03)
    assert np.abs(np.corrcoef(start[:, 0], x[:, 0])[0, 1]) < 0.05
    assert 0.5 < accepted.mean() < 0.95

    seeds = np.random.default_rng(0).integers(2**31, size=(40, 2), dtype="int32")
    s = 1.2**2 / 2
    unadjusted = compiled(lambda x, seeds: langevin(energy, x, seeds, s, proper_noise(s))[0])
    np.testing.assert_allclose(ops.convert_to_numpy(unadjusted(start, seeds)).var(), 2 / (2 - s), rtol=0.03)


def test_between_walls_a_cut_gaussian_stays_as_it_is():
    """Each coordinate with a step size of its own; the last is longer than the walls are apart."""
    means, deviations = np.array([0.1, 0.9, 0.5], "float32"), np.array([0.3, 0.1, 5.0], "float32")
    cut = stats.truncnorm(-means / deviations, (1 - means) / deviations, means, deviations)
    start = cut.rvs((20_000, 3), random_state=1).astype("float32")

    def energy(x):
        return 0.5 * ops.sum(((x - means) / deviations) ** 2, axis=1)

    x, accepted = chains(energy, start, 40, 0.5 * SIZES, bounds=(0.0, 1.0))
    assert ((x >= 0) & (x <= 1)).all()
    assert (stats.kstest(cut.cdf(x), "uniform", axis=0).pvalue > 0.001).all()
    np.testing.assert_allclose([np.corrcoef(start[:, i], x[:, i])[0, 1] for i in range(3)], 0, atol=0.05)
    assert 0.4 < accepted.mean() < 0.99


def test_refusals_matter_where_walls_and_slopes_are_steep():
    """An exponential against a wall."""
    start = np.random.default_rng(1).exponential(0.05, size=(20_000, 1)).astype("float32")
    x, accepted = chains(lambda x: 20 * x[:, 0], np.minimum(start, 1), 40, np.float32(0.15), bounds=(0.0, 1.0))
    assert x.mean() == pytest.approx(0.05, rel=0.03)
    assert x.std() == pytest.approx(0.05, rel=0.03)
    assert accepted.mean() < 0.9


def test_paths_are_those_of_a_ball_between_walls():
    """Followed step by step, in steps too small to meet both walls."""
    x, way = np.linspace(-0.9, 0.9, 40), np.linspace(-20, 20, 40)
    place, direction = x.copy(), np.ones(40)
    for _ in range(2000):
        place += direction * way / 2000
        over, under = place > 1, place < -1
        place = np.where(over, 2 - place, np.where(under, -2 - place, place))
        direction = np.where(over | under, -direction, direction)
    end, sign = map(ops.convert_to_numpy, reflected(ops.convert_to_tensor(x + way), (-1.0, 1.0)))
    np.testing.assert_allclose(end, place, atol=1e-4)
    np.testing.assert_array_equal(sign, direction)

import numpy as np
import pytest

from components.networks.probability_paths import PATHS, cosine_path, linear_path, straight_path

PAIRS = [(0, 1), (1, 2), (17, 18), (3, 40), (49, 50), (1, 50)]


@pytest.mark.parametrize("name", PATHS)
@pytest.mark.parametrize(("earlier", "later"), PAIRS)
def test_the_posterior_is_that_of_gaussian_conditioning(name, earlier, later):
    """From the joint covariance of both ends of a step, given x: a step shrinks what it finds and adds noise."""
    path, x, seen = PATHS[name](50), 0.7, -1.3
    kept = path.signal[later] / path.signal[earlier]
    start = path.noise[earlier] ** 2
    added = path.noise[later] ** 2 - kept**2 * start
    assert added > 0
    covariance = np.array([[start, kept * start], [kept * start, kept**2 * start + added]])
    slope = covariance[0, 1] / covariance[1, 1]
    mean = path.signal[earlier] * x + slope * (seen - path.signal[later] * x)
    variance = covariance[0, 0] - slope * covariance[1, 0]
    of_seen, of_x, found = path.posterior(np.array([earlier]), np.array([later]))
    assert (of_seen * seen + of_x * x)[0] == pytest.approx(mean, rel=1e-9)
    assert found[0] == pytest.approx(variance, rel=1e-9, abs=1e-15)


def test_the_published_schedules():
    betas = 1 - (linear_path(1000).signal[1:] / linear_path(1000).signal[:-1]) ** 2
    np.testing.assert_allclose(betas, np.linspace(1e-4, 0.02, 1000), rtol=1e-9)
    path = cosine_path(4000)  # the number of steps of the paper's figure 5
    f = np.cos((np.arange(4001) / 4000 + 0.008) / 1.008 * np.pi / 2) ** 2
    np.testing.assert_allclose(path.signal[:3990] ** 2, (f / f[0])[:3990], rtol=1e-9)
    assert 1 - (path.signal[-1] / path.signal[-2]) ** 2 == pytest.approx(0.999)
    line = straight_path(10)
    np.testing.assert_allclose(line.signal + line.noise, 1)


@pytest.mark.parametrize("name", PATHS)
def test_a_path_goes_from_data_to_noise_at_the_speed_it_states(name):
    path = PATHS[name](2000)
    assert (path.signal[0], path.noise[0]) == (1, 0)
    assert path.signal[-1] < 0.01
    assert path.noise[-1] == pytest.approx(1, abs=1e-4)
    assert (np.diff(path.clock) > 0).all()
    inner = slice(1, 1900)  # the last step of the cosine is longer than all others
    for column, rate in [(path.signal, path.signal_rate), (path.noise, path.noise_rate)]:
        np.testing.assert_allclose(np.gradient(column, path.clock)[inner], rate[inner], atol=2e-3)
    np.testing.assert_allclose(path.signal * path.noise_rate - path.noise * path.signal_rate, 1)


@pytest.mark.parametrize("name", PATHS)
def test_a_descent_is_evenly_spaced_by_the_clock_and_visits_no_time_twice(name):
    path = PATHS[name](2000)
    np.testing.assert_allclose(path.clock[path.descent(10)], np.linspace(path.clock[-1], 0, 11), atol=0.01)
    for steps in (1, 19, 20):
        times = PATHS[name](20).descent(steps)
        assert (len(times), times[0], times[-1]) == (steps + 1, 20, 0)
        assert (np.diff(times) < 0).all()

import keras
import numpy as np
import pytest
from keras import ops

from components.backend import compiled
from components.networks.replay import ReplayBuffer


@pytest.mark.parametrize("rate", [0.0, 0.05, 1.0])
def test_chains_begin_anew_at_the_stated_rate(rate):
    """The number of new ones is binomial: within four of its standard deviations. Old ones stay as they are."""
    buffer, random = ReplayBuffer(10, (2, 2, 1), rate), keras.random.SeedGenerator(1)
    old = np.full((8_000, 2, 2, 1), 2.0, "float32")
    x = ops.convert_to_numpy(compiled(lambda x: buffer.begun_anew(x, random), [random.state])(old))
    new = (x < 2).all(axis=(1, 2, 3))
    assert ((x == 2).all(axis=(1, 2, 3)) == ~new).all()
    assert abs(new.mean() - rate) <= 4 * np.sqrt(rate * (1 - rate) / len(x))
    if rate:
        assert ((x[new] >= 0) & (x[new] <= 1)).all()
        assert x[new].mean() == pytest.approx(0.5, abs=0.03)


def test_what_is_drawn_is_put_back_where_it_was():
    buffer, random = ReplayBuffer(11, (2, 1, 1), 0.1), keras.random.SeedGenerator(1)
    before = ops.convert_to_numpy(buffer.chains.value)
    assert ((before >= 0) & (before <= 1)).all()

    def turn():
        places, x = buffer.draw(4, random)
        buffer.put(places, x + 5)
        return places

    variables = [buffer.chains, random.state]
    run, counts = compiled(turn, variables), np.zeros(11)
    for _ in range(300):
        places = ops.convert_to_numpy(run())
        assert len(set(places)) == 4
        counts[places] += 1
    moved = (ops.convert_to_numpy(buffer.chains.value) - before) / 5
    np.testing.assert_allclose(moved[:, 0, 0, 0], counts, rtol=1e-4)
    sizes = np.array([2, 2, 3, 3, 3, 3, 3, 3, 3, 3, 3])
    np.testing.assert_allclose(counts, 300 / sizes, atol=4 * np.sqrt(300 / 4))

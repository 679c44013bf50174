import numpy as np
from sklearn.metrics.pairwise import euclidean_distances

from components.metrics import pairwise


def test_distances_are_those_of_an_independent_library_block_by_block(monkeypatch):
    rng = np.random.default_rng(0)
    x, y = rng.normal(3, 1, (50, 7)), rng.normal(3, 1, (40, 7)).astype("float32")
    y[3] = x[5] = 1
    expected = euclidean_distances(x, y.astype("float64"), squared=True)
    np.testing.assert_allclose(pairwise.squared_distances(x, y), expected, atol=1e-12)
    assert pairwise.squared_distances(x, x).min() >= 0
    monkeypatch.setattr(pairwise, "MEGABYTES", 7 * 40 * 8 / 2**20)
    parts = list(pairwise.blocks(x, y))
    assert [part.stop - part.start for part, _ in parts] == [7] * 7 + [1]
    np.testing.assert_allclose(np.concatenate([squares for _, squares in parts]), expected, atol=1e-12)

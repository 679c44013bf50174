"""Precision, recall, density and coverage against plain loops, closed forms, and data spoilt on purpose."""

import math
import tracemalloc

import numpy as np
import pytest

from components.metrics.neighbourhoods import Neighbourhoods, neighbourhoods, radii
from components.metrics.pairwise import MEGABYTES

FIELDS = ("precision", "density", "recall", "coverage")


def means(found: Neighbourhoods) -> dict[str, float]:
    return {field: float(getattr(found, field).mean()) for field in FIELDS}


def by_loops(samples: np.ndarray, real: np.ndarray, k: int) -> dict[str, np.ndarray]:
    """The papers' equations, one pair at a time."""

    def reach(z: np.ndarray) -> list[float]:
        return [sorted(math.dist(a, b) for j, b in enumerate(z) if j != i)[k - 1] for i, a in enumerate(z)]

    of_samples, of_real = reach(samples), reach(real)
    held = np.array([[math.dist(y, x) <= r for x, r in zip(real, of_real, strict=True)] for y in samples])
    recalled = [any(math.dist(x, y) <= r for y, r in zip(samples, of_samples, strict=True)) for x in real]
    return {
        "precision": held.any(axis=1).astype(float),
        "density": held.sum(axis=1) / k,
        "recall": np.array(recalled, float),
        "coverage": held.any(axis=0).astype(float),
    }


@pytest.mark.parametrize("k", [1, 2, 5])
@pytest.mark.parametrize("kind", ["apart", "ties", "duplicates"])
def test_it_is_what_the_equations_say(kind: str, k: int):
    random = np.random.default_rng(k)
    if kind == "apart":
        samples, real = random.standard_normal((30, 3)), 0.7 + random.standard_normal((41, 3))
    elif kind == "ties":  # on a grid, many distances are equal, and many examples on surfaces
        samples, real = random.integers(0, 4, (30, 3)).astype(float), random.integers(1, 5, (41, 3)).astype(float)
    else:
        real = np.repeat(random.standard_normal((7, 3)), 6, axis=0)
        samples = np.concatenate([real[:20], random.standard_normal((10, 3))])
    found = neighbourhoods(samples, real, k)
    for field, expected in by_loops(samples, real, k).items():
        values = getattr(found, field)
        assert values.dtype == np.float64
        np.testing.assert_array_equal(values, expected, err_msg=field)


def test_radii_are_those_of_the_other_examples_and_may_be_given():
    line = np.array([0.0, 1, 3, 7])[:, None]
    assert radii(line, 1).tolist() == [1, 1, 2, 4]
    assert radii(line, 3).tolist() == [7, 6, 4, 7]
    assert radii(np.full((4, 5), 0.1), 3).tolist() == [0, 0, 0, 0]
    samples = np.array([[0.5], [2.0]])
    given = neighbourhoods(samples, line, k=1, real_radii=np.array([0.6, 0, 0, 0]))
    assert (given.precision.tolist(), given.coverage.tolist()) == ([1, 0], [1, 0, 0, 0])


def test_copies_of_the_real_set_are_in_it_and_far_samples_are_not():
    real = np.random.default_rng(0).standard_normal((200, 8)) * 10 + 5
    assert means(neighbourhoods(real.copy(), real)) == {"precision": 1, "density": 6 / 5, "recall": 1, "coverage": 1}
    assert means(neighbourhoods(real + 1e3, real)) == dict.fromkeys(FIELDS, 0)


@pytest.mark.parametrize(("n", "m", "k", "dimensions"), [(60, 40, 5, 2), (40, 60, 3, 20)])
def test_equal_distributions_have_density_one_and_the_coverage_of_the_lemma(n: int, m: int, k: int, dimensions: int):
    random = np.random.default_rng(n)
    found = [
        means(neighbourhoods(random.standard_normal((n, dimensions)), random.standard_normal((m, dimensions)), k))
        for _ in range(100)
    ]
    expected = 1 - math.prod((m - i) / (n + m - i) for i in range(1, k + 1))
    for field, value in [("density", 1), ("coverage", expected)]:
        values = [each[field] for each in found]
        assert np.mean(values) == pytest.approx(value, abs=4 * np.std(values) / 10)


def test_a_dropped_mode_lowers_recall_and_coverage_alone():
    random = np.random.default_rng(1)
    modes = np.array([[0, 0], [50, 0], [0, 50], [50, 50]])
    real, samples = (np.repeat(modes, 50, axis=0) + random.standard_normal((200, 2)) for _ in range(2))
    dropped = np.repeat(modes[:2], 100, axis=0) + random.standard_normal((200, 2))
    whole, half = means(neighbourhoods(samples, real)), means(neighbourhoods(dropped, real))
    assert min(whole.values()) > 0.85
    assert max(half["recall"], half["coverage"]) <= 0.5
    assert half["precision"] > whole["precision"] - 0.05
    assert half["density"] > whole["density"] - 0.1


def test_more_noise_is_worse():
    random = np.random.default_rng(2)
    real, samples, noise = random.standard_normal((3, 400, 6))
    reach = radii(real)
    found = [means(neighbourhoods(samples + scale * noise, real, real_radii=reach)) for scale in (0, 0.7, 1.5, 3, 9)]
    for field in ("precision", "density", "coverage"):
        values = [each[field] for each in found]
        assert values == sorted(values, reverse=True)
        assert values[0] > values[2] > values[4]


def test_memory_grows_with_the_examples_and_not_with_their_pairs():
    samples, real = np.random.default_rng(3).standard_normal((2, 5_000, 4))
    neighbourhoods(samples[:10], real[:10])
    tracemalloc.start()
    neighbourhoods(samples, real)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 3 * MEGABYTES * 2**20  # the distances of all pairs are 200 MB


def test_too_few_examples_are_refused():
    few, many = np.zeros((5, 2)), np.zeros((6, 2))
    for samples, real in [(few, many), (many, few)]:
        with pytest.raises(ValueError, match="5 examples have no neighbour number 5"):
            neighbourhoods(samples, real)
    with pytest.raises(ValueError, match="k is 1 or more"):
        radii(many, 0)

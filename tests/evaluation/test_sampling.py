"""What sampling costs."""

import numpy as np
import pytest
from keras import ops

from components.backend import compiled
from components.evaluation.sampling import draw


class Products:
    """A sampler whose work is known: a product of matrices."""

    def __init__(self):
        self._product = compiled(lambda x: ops.matmul(x, np.ones((4, 5), "float32")))

    def sample(self, n, seed, *, knob):
        return ops.convert_to_numpy(self._product(np.full((n * knob, 4), seed, "float32")))


def test_costs_are_those_of_the_last_set():
    drawn = draw(Products(), 2, 10, seeds=2, seed=7, knob=3)
    assert [len(drawn.first), *map(len, drawn.sets)] == [6, 30, 30]
    assert [samples[0, 0] for samples in (drawn.first, *drawn.sets)] == [4 * 7, 4 * 8, 4 * 9]
    assert drawn.costs["samples_per_second"] * drawn.seconds == pytest.approx(drawn.costs["samples"])
    assert drawn.costs["samples"] == 30
    assert drawn.costs["flops_per_thousand_samples"] == 1000 * 2 * 4 * 5

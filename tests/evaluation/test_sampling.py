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


def test_costs_are_those_of_the_second_draw():
    drawn = draw(Products(), 2, 10, 7, knob=3)
    costs = drawn.costs
    assert [len(drawn.first), len(drawn.more), drawn.more[0, 0]] == [6, 30, 32]
    assert costs["samples_per_second"] * costs["seconds"] == pytest.approx(costs["samples"])
    assert costs["samples"] == 30
    assert costs["flops_per_thousand_samples"] == 1000 * 2 * 4 * 5

"""Active units: counted by hand."""

import numpy as np

from components.metrics import active_units


def test_a_unit_is_active_where_its_variance_is_above_the_threshold():
    spread = np.array([0.0, 0.05, 0.11, 1.0])
    latents = np.concatenate([np.full((50, 4), 3.0) - spread, np.full((50, 4), 3.0) + spread])
    assert active_units(latents) == 2
    assert active_units(100 * latents) == 3


def test_without_a_prior_the_largest_variance_is_the_scale():
    random = np.random.default_rng(0)
    latents = random.standard_normal((1000, 3)) * [1.0, 0.2, 0.05]
    assert active_units(latents, relative=True) == active_units(1e-4 * latents, relative=True) == 2
    assert active_units(np.zeros((10, 3)), relative=True) == 0

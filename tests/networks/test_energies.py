import numpy as np
import pytest
from keras import ops

from components.backend import compiled, input_gradient
from components.networks.energies import ENERGIES


@pytest.mark.parametrize(
    ("name", "shape", "widths", "spectral_norm"),
    [("dense", (5, 3, 2), (6,), False), ("convolutional", (7, 6, 1), (3, 4, 5), True)],
)
def test_every_pixel_has_a_say_in_the_energy(name, shape, widths, spectral_norm):
    energy = ENERGIES[name](shape, widths, spectral_norm)
    x = np.random.default_rng(0).random((3, *shape), "float32")
    values, gradient = compiled(lambda x: (energy(x), input_gradient(energy, x)), energy.variables)(x)
    assert values.shape == (3,)
    assert len(set(ops.convert_to_numpy(values))) == 3
    assert (ops.convert_to_numpy(gradient) != 0).all()


def test_with_spectral_norm_an_energy_is_lipschitz_whatever_the_size_of_its_kernels():
    """Swish is nowhere steeper than 1.1, and images are stretched by two on entry."""
    energy = ENERGIES["dense"]((4, 4, 1), (16, 16), True)
    for variable in energy.trainable_variables:
        variable.assign(50 * ops.convert_to_numpy(variable.value))
    x = np.random.default_rng(0).random((40, 4, 4, 1), "float32")
    y = x + np.random.default_rng(1).normal(0, 0.1, x.shape).astype("float32")
    rises = np.abs(ops.convert_to_numpy(compiled(lambda x, y: energy(x) - energy(y), energy.variables)(x, y)))
    steepness = rises / np.sqrt(((x - y) ** 2).sum(axis=(1, 2, 3)))
    assert 0.01 < steepness.max() <= 2 * 1.1**2

"""The same computation gives the same bits, however its parts are timed."""

import keras
import numpy as np

from components.backend import compiled, value_and_grad
from components.networks.unet import UNet

TIMES = 60


def test_gradients_of_a_network_with_many_branches_are_the_same_every_time():
    keras.utils.set_random_seed(0)
    network = UNet(1, 4, (1, 2), blocks=1, heads=2)
    random = np.random.default_rng(0)
    for variable in network.trainable_variables:
        variable.assign(0.3 * random.standard_normal(variable.shape))
    x, time = random.standard_normal((4, 8, 8, 1)).astype("float32"), np.arange(4, dtype="float32")

    def loss():
        return keras.ops.mean(keras.ops.square(network(x, time, None))), {}

    run = compiled(value_and_grad(loss, network.trainable_variables), network.variables)
    (_, first), *others = (run() for _ in range(TIMES))
    for _, gradients in others:
        for one, other in zip(first, gradients, strict=True):
            np.testing.assert_array_equal(keras.ops.convert_to_numpy(one), keras.ops.convert_to_numpy(other))

import numpy as np
from keras import ops

from components.backend import compiled
from components.networks.unet import UNet, group_normalized, sinusoids


def test_images_of_any_size_a_time_and_a_class_or_none():
    net = UNet(3, 4, (1, 2, 2), blocks=1, heads=2, classes=3)
    run = compiled(lambda x, time, label: net(x, time, label=label), net.variables)
    assert len({weight.path for weight in net.weights}) == len(net.weights)
    random = np.random.default_rng(1)
    x = np.tile(random.standard_normal((1, 7, 9, 3)), (6, 1, 1, 1)).astype("float32")
    time, label = np.array([30, 31, 30, 30, 30, 30], "float32"), np.array([0, 0, 1, 2, -1, 0], "int32")
    np.testing.assert_array_equal(run(x, time, label), np.zeros_like(x))  # as it begins
    net.set_weights([weight + random.normal(0, 0.3, weight.shape) for weight in net.get_weights()])
    out = ops.convert_to_numpy(run(x, time, label))
    np.testing.assert_allclose(out[0], out[5], atol=1e-4)
    assert min(np.abs(out[i] - out[j]).max() for i in range(5) for j in range(i)) > 0.01


def test_attention_takes_part():
    net = UNet(1, 4, (1,), blocks=1, heads=2)
    random = np.random.default_rng(1)
    net.leave.set_weights([random.standard_normal(weight.shape) for weight in net.leave.get_weights()])
    x = random.standard_normal((1, 6, 7, 1)).astype("float32")
    with_it = ops.convert_to_numpy(net(x, np.zeros(1), np.zeros(1)))
    net.attention.out.set_weights([0 * weight for weight in net.attention.out.get_weights()])
    assert (with_it != ops.convert_to_numpy(net(x, np.zeros(1), np.zeros(1)))).any()


def test_group_normalization_is_that_of_its_definition():
    random = np.random.default_rng(2)
    x = (5 + 3 * random.standard_normal((3, 4, 5, 12))).astype("float32")  # four groups of three channels
    scale, shift = random.standard_normal((2, 3, 12)).astype("float32")
    grouped = x.astype("float64").reshape(3, 20, 4, 3)
    normal = (grouped - grouped.mean((1, 3), keepdims=True)) / grouped.std((1, 3), keepdims=True)
    exact = normal.reshape(x.shape) * scale[:, None, None] + shift[:, None, None]
    np.testing.assert_allclose(ops.convert_to_numpy(group_normalized(x, scale, shift)), exact, atol=1e-4)


def test_sinusoids_tell_all_times_apart():
    code = ops.convert_to_numpy(sinusoids(np.arange(1001), 16))
    distance = np.linalg.norm(code[:, None] - code[None], axis=2) + 9 * np.eye(1001)
    assert distance.min() > 0.1
    np.testing.assert_allclose(np.linalg.norm(code, axis=1), np.sqrt(8), rtol=1e-5)

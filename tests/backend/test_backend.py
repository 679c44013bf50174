"""The backend's face, on whichever backend runs: against closed forms, finite differences and plain loops."""

import keras
import numpy as np
import pytest
from keras import ops

from components.backend import compiled, fold, fused, in_batches, input_gradient, scan, value_and_grad


def array(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype("float32")


@pytest.fixture
def network():
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(8, "tanh"), keras.layers.Dense(1)])
    return model


def test_gradient_of_a_quadratic_form_is_exact():
    a, x = array(4, 4), keras.Variable(array(4))
    run = value_and_grad(lambda scale: (scale * ops.dot(x.value, ops.matmul(a, x.value)), {}), [x])
    (loss, _), (gradient,) = run(2.0)
    value = np.array(x)
    np.testing.assert_allclose(ops.convert_to_numpy(gradient), 2 * (a + a.T) @ value, rtol=1e-4)
    np.testing.assert_allclose(float(loss), 2 * value @ a @ value, rtol=1e-4)


def test_gradient_of_a_variable_that_the_loss_does_not_touch_is_zero():
    used, idle = keras.Variable(array(2)), keras.Variable(array(3))
    _, gradients = value_and_grad(lambda: (ops.sum(used.value), {}), [used, idle])()
    np.testing.assert_array_equal(ops.convert_to_numpy(gradients[0]), 1)
    np.testing.assert_array_equal(ops.convert_to_numpy(gradients[1]), 0)


def test_embedding_gradients_are_dense():
    embedding = keras.layers.Embedding(5, 2)
    embedding.build((None,))
    _, (gradient,) = value_and_grad(
        lambda: (ops.sum(embedding(np.array([1, 1, 3]))), {}), embedding.trainable_variables
    )()
    np.testing.assert_array_equal(ops.convert_to_numpy(gradient)[:, 0], [0, 2, 0, 1, 0])


def test_variables_written_by_a_loss_keep_what_was_written():
    x, count = keras.Variable(1.0), keras.Variable(0.0, trainable=False)

    def loss():
        count.assign_add(x.value * 3)
        return ops.square(x.value), {"count": count.value}

    (_, aux), _ = value_and_grad(loss, [x])()
    assert float(count) == 3.0
    assert float(aux["count"]) == 3.0


def test_input_gradient_is_the_jacobian_of_the_sum():
    x = array(5, 3)
    gradient = ops.convert_to_numpy(input_gradient(lambda x: ops.sum(ops.sin(x) * x, axis=1), x))
    np.testing.assert_allclose(gradient, np.cos(x) * x + np.sin(x), rtol=1e-4, atol=1e-5)


def test_second_derivatives_agree_with_finite_differences(network):
    """The gradient penalty of a WGAN: a loss of input gradients, differentiated by the weights."""
    x, variables = array(6, 3), network.trainable_variables

    def penalty():
        gradient = input_gradient(lambda x: network(x)[:, 0], x)
        return ops.mean(ops.square(ops.sqrt(ops.sum(ops.square(gradient), axis=1) + 1e-12) - 1)), {}

    run = compiled(lambda: value_and_grad(penalty, variables)()[1], variables)
    gradients = [ops.convert_to_numpy(gradient) for gradient in run()]
    assert np.abs(gradients[-1]).max() == 0  # the last bias moves no input gradient
    for variable, gradient in zip(variables[:-1], gradients, strict=False):
        value, step = np.array(variable), 1e-2
        for index in list(np.ndindex(value.shape))[:5]:
            sides = []
            for sign in (1, -1):
                moved = value.copy()
                moved[index] += sign * step
                variable.assign(moved)
                sides.append(float(penalty()[0]))
            variable.assign(value)
            np.testing.assert_allclose(gradient[index], (sides[0] - sides[1]) / (2 * step), rtol=2e-2, atol=2e-3)


def test_input_gradient_keeps_what_is_written_under_it():
    count = keras.Variable(0.0, trainable=False)

    def function(x):
        count.assign_add(1.0)
        return ops.square(x)

    run = compiled(lambda x: input_gradient(function, x), [count])
    np.testing.assert_allclose(ops.convert_to_numpy(run(array(2))), 2 * array(2), rtol=1e-6)
    assert float(count) == 1.0


def test_fused_steps_equal_single_steps():
    def steps(together):
        x, draws = keras.Variable(array(3)), keras.random.SeedGenerator(5)

        def step(batch):
            x.assign(0.9 * x.value + batch["a"] + 0.1 * keras.random.normal((3,), seed=draws))
            return {"norm": ops.sum(ops.square(x.value)), "first": x.value[0]}

        chunk, run = {"a": array(6, 3)}, fused(step, [x, draws.state])
        parts = [(0, 6)] if together else [(i, i + 1) for i in range(6)]
        records = [run({"a": chunk["a"][a:b]}, b - a) for a, b in parts]
        return np.array(x), {name: np.concatenate([r[name] for r in records]) for name in ("norm", "first")}

    (x, record), (y, single) = steps(True), steps(False)
    np.testing.assert_array_equal(x, y)
    assert all(np.array_equal(record[name], single[name]) for name in record)
    assert record["norm"].shape == (6,)


def test_fused_steps_leave_the_padding_alone():
    total = keras.Variable(0.0)

    def step(batch):
        total.assign_add(batch["a"])
        return {"total": total.value}

    run = fused(step, [total])
    record = run({"a": np.array([1.0, 2.0, 100.0, 100.0], "float32")}, 2)
    assert float(total) == 3.0
    np.testing.assert_array_equal(record["total"], [1, 3])


def test_scan_is_a_loop_and_has_its_gradient():
    w, xs = keras.Variable(0.5), array(7, 2)

    def loss():
        def step(state, x):
            state = ops.tanh(w.value * state + x)
            return state, 2 * state

        last, ys = scan(step, ops.zeros(2), ops.convert_to_tensor(xs))
        return ops.sum(ys), {"last": last}

    def by_hand(w):
        state, total = np.zeros(2), 0.0
        for x in xs.astype("float64"):
            state = np.tanh(w * state + x)
            total += 2 * state.sum()
        return total, state

    (value, aux), (gradient,) = value_and_grad(loss, [w])()
    np.testing.assert_allclose(float(value), by_hand(0.5)[0], rtol=1e-5)
    np.testing.assert_allclose(ops.convert_to_numpy(aux["last"]), by_hand(0.5)[1], rtol=1e-5)
    difference = (by_hand(0.5 + 1e-5)[0] - by_hand(0.5 - 1e-5)[0]) / 2e-5
    np.testing.assert_allclose(float(gradient), difference, rtol=1e-4)


def test_scan_takes_another_length_in_the_same_compiled_function():
    run = compiled(lambda xs: scan(lambda state, x: (state + x, state + x), ops.zeros(2), xs)[1])
    for n in (3, 5, 4):
        np.testing.assert_allclose(ops.convert_to_numpy(run(array(n, 2))), np.cumsum(array(n, 2), axis=0), rtol=1e-5)


def test_fold_is_horners_rule_in_order():
    digits = np.array([3.0, 1.0, 4.0, 1.0, 5.0], "float32")
    run = compiled(lambda x: fold(lambda total, now: total * 10 + now["digit"] * now["one"], ops.zeros(()), x))
    assert ops.convert_to_numpy(run({"digit": digits, "one": np.ones(5, "float32")})) == 31415
    assert ops.convert_to_numpy(run({"digit": digits[:2], "one": np.ones(2, "float32")})) == 31


def test_compiled_reads_variables_as_they_are_now():
    x = keras.Variable(1.0)
    run = compiled(lambda a: a + x.value, [x])
    assert float(run(np.float32(1))) == 2.0
    x.assign(5.0)
    assert float(run(np.float32(1))) == 6.0


def test_in_batches_gives_every_example_once_and_meets_one_shape():
    shapes = []

    def double(a, b):
        shapes.append(a.shape)
        return ops.convert_to_tensor(a) * 2 + b

    a, b = array(10, 2), array(10, 2, seed=1)
    np.testing.assert_allclose(in_batches(double, a, b, size=4), a * 2 + b, rtol=1e-6)
    assert set(shapes) == {(4, 2)}

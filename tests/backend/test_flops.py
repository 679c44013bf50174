"""Counted operations against closed forms, XLA's own count, and loops written out; the same on either backend."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from components.backend import (
    apply_gradients,
    compiled,
    counting,
    fold,
    in_batches,
    input_gradient,
    scan,
    value_and_grad,
)


def ones(*shape):
    return np.ones(shape, "float32")


def flops(function, *args, variables=()):
    """What one call counts for."""
    run = compiled(function, variables)
    with counting() as counter:
        run(*args)
    return counter.flops


def of_layer(layer, *shape):
    layer.build((None, *shape[1:]))
    return flops(layer, ones(*shape), variables=layer.variables)


@pytest.mark.parametrize(
    ("equation", "shapes", "expected"),
    [
        ("ij,jk->ik", [(3, 4), (4, 5)], 2 * 3 * 4 * 5),
        ("bhqd,bhkd->bhqk", [(2, 3, 4, 5), (2, 3, 6, 5)], 2 * 2 * 3 * 4 * 6 * 5),
        ("b...d,dk->b...k", [(2, 3, 4, 5), (5, 6)], 2 * 2 * 3 * 4 * 5 * 6),
        ("abc->a", [(2, 3, 4)], 0),
    ],
)
def test_einsum_multiplies_and_adds_over_every_label(equation, shapes, expected):
    assert flops(lambda *xs: ops.einsum(equation, *xs), *[ones(*shape) for shape in shapes]) == expected


def test_products_of_matrices_in_every_orientation():
    assert flops(ops.matmul, ones(3, 4), ones(4, 5)) == 2 * 3 * 4 * 5
    assert flops(ops.matmul, ones(2, 3, 4), ones(2, 4, 5)) == 2 * 2 * 3 * 4 * 5
    assert flops(lambda x, y: ops.matmul(ops.transpose(x), y), ones(4, 3), ones(4, 5)) == 2 * 3 * 4 * 5
    assert flops(lambda x: ops.exp(x) + x * x, ones(3, 4)) == 0
    assert of_layer(layers.Dense(7), 3, 4, 5) == 2 * 3 * 4 * 5 * 7


@pytest.mark.parametrize(
    ("layer", "shape", "expected"),
    [
        (layers.Conv2D(5, 3), (2, 8, 6, 4), 2 * (6 * 4) * 9 * 4 * 5),
        (layers.Conv2D(5, 3, padding="same"), (2, 8, 6, 4), 2 * (8 * 6) * 9 * 4 * 5),
        (layers.Conv2D(5, 3, strides=2, padding="same"), (2, 8, 6, 4), 2 * (4 * 3) * 9 * 4 * 5),
        (layers.Conv2D(6, 3, groups=2), (2, 8, 6, 4), 2 * (6 * 4) * 9 * 2 * 6),
        (layers.Conv2DTranspose(5, 4, strides=2, padding="same"), (2, 8, 6, 4), 2 * (8 * 6) * 16 * 4 * 5),
        (layers.Conv2DTranspose(5, 3), (2, 8, 6, 4), 2 * (8 * 6) * 9 * 4 * 5),
        (layers.DepthwiseConv2D(3, depth_multiplier=2), (2, 8, 6, 4), 2 * (6 * 4) * 9 * 4 * 2),
        (layers.Conv1D(5, 3, padding="causal"), (2, 8, 4), 2 * 8 * 3 * 4 * 5),
    ],
)
def test_a_convolution_is_its_kernel_at_every_place(layer, shape, expected):
    assert of_layer(layer, *shape) == 2 * expected


def gradients_of(layer, shape):
    """The gradient of a layer's squares by its kernel and by its input, as one function."""

    def run(x):
        def loss():
            return ops.sum(ops.square(layer(x))), {}

        return value_and_grad(loss, [layer.kernel])()[1], input_gradient(lambda x: ops.square(layer(x)), x)

    layer.build((None, *shape[1:]))
    return flops(run, ones(*shape), variables=layer.variables)


@pytest.mark.parametrize(
    ("layer", "forward"),
    [
        (layers.Dense(5), 2 * 2 * 8 * 8 * 4 * 5),
        (layers.Conv2D(5, 3, use_bias=False), 2 * 2 * (6 * 6) * 9 * 4 * 5),
        (layers.Conv2D(5, 3, padding="same"), 2 * 2 * (8 * 8) * 9 * 4 * 5),
        (layers.Conv2D(5, 4, strides=2, padding="same"), 2 * 2 * (4 * 4) * 16 * 4 * 5),
        (layers.Conv2DTranspose(5, 4, strides=2, padding="same"), 2 * 2 * (8 * 8) * 16 * 4 * 5),
    ],
)
def test_a_gradient_costs_what_the_layer_costs(layer, forward):
    """Forward twice, and once each by the kernel and by the input."""
    assert gradients_of(layer, (2, 8, 8, 4)) == 4 * forward


def test_a_loop_counts_as_often_as_it_turns():
    w, body = ones(4, 4), 2 * 3 * 4 * 4

    def loops(x, xs):
        def step(x, now):
            return ops.tanh(ops.matmul(x, w)), ops.sum(now)

        def nested(x, now):
            return scan(step, x, now[:5])[0]

        return scan(step, x, xs)[1], fold(nested, x, ops.ones((3, 6, 2)))

    assert flops(loops, ones(3, 4), ones(7, 2)) == (7 + 3 * 5) * body
    assert flops(lambda x: ops.fori_loop(0, 6, lambda i, x: x + 1, x), ones(3)) == 0


def test_gradients_through_a_loop_count_its_turns():
    w = keras.Variable(ones(4, 4))

    def loss(x):
        return ops.sum(fold(lambda x, _: ops.tanh(ops.matmul(x, w.value)), x, ops.ones(7))), {}

    expected = 3 * 7 * 2 * 3 * 4 * 4
    assert flops(lambda x: value_and_grad(lambda: loss(x), [w])()[1], ones(3, 4), variables=[w]) == expected


def test_a_loop_that_ends_when_its_data_say_so_is_refused():
    run = compiled(lambda x: ops.while_loop(lambda x: ops.sum(x) < 1e3, lambda x: (ops.matmul(x, x),), (x,)))
    with counting() as counter:
        run(ones(3, 3))
    with pytest.raises(ValueError, match="loop"):
        _ = counter.flops


def test_what_no_result_needs_does_not_count():
    def wasteful(x):
        ops.matmul(x, x)
        return scan(lambda state, now: (state + 1, now), ops.matmul(x, x), ops.ones((3, 2)))[0]

    assert flops(wasteful, ones(3, 3)) == 2 * 27


def test_the_dearer_branch_counts():
    def branches(x):
        return ops.cond(ops.sum(x) > 0, lambda: ops.matmul(x, ops.matmul(x, x)), lambda: ops.matmul(x, x))

    assert flops(branches, ones(3, 3)) == 2 * 2 * 27


def test_calls_add_up_whatever_their_shapes_and_only_while_it_counts():
    run, w = compiled(lambda x, nothing: ops.matmul(x, ones(4, 5))), 2 * 4 * 5
    run(ones(9, 4), None)
    with counting() as outer:
        for n in (2, 3, 3, 6):
            run(ones(n, 4), None)
        with counting() as inner:
            in_batches(lambda x: run(x, None), ones(10, 4), size=4)
    run(ones(9, 4), None)
    assert inner.flops == 12 * w
    assert outer.flops == (2 + 3 + 3 + 6 + 12) * w


def test_a_compiled_function_within_another_counts_once():
    inner = compiled(lambda x: ops.matmul(x, x))
    assert flops(lambda x: inner(inner(x)), ones(3, 3)) == 2 * 54


def test_counting_changes_no_result():
    """A counted and an uncounted twin draw the same numbers and learn the same."""

    def train(counts):
        draws, w = keras.random.SeedGenerator(3), keras.Variable(ones(4, 4))
        optimizer = keras.optimizers.Adam(0.1)
        optimizer.build([w])
        variables = [draws.state, w, *optimizer.variables]

        def step(x):
            def loss():
                return ops.sum(ops.square(ops.matmul(x + keras.random.normal((3, 4), seed=draws), w.value))), {}

            (value, _), gradients = value_and_grad(loss, [w])()
            apply_gradients(optimizer, gradients, [w])
            return value

        run, results = compiled(step, variables), []
        for n in range(4):
            if counts and n % 2:
                with counting() as counter:
                    results.append(float(run(ones(3, 4))))
                assert counter.flops == 2 * 2 * 3 * 4 * 4
            else:
                results.append(float(run(ones(3, 4))))
        return results, np.array(w)

    (one, w), (other, v) = train(False), train(True)
    assert one == other
    np.testing.assert_array_equal(w, v)


@pytest.mark.skipif(keras.backend.backend() != "jax", reason="XLA counts what JAX compiles")
def test_xla_counts_the_same():
    """Its own analysis of a network without loops; it leaves padding out and counts elementwise work."""
    jax = pytest.importorskip("jax")
    network = keras.Sequential(
        [
            keras.Input((12, 12, 16)),
            layers.Conv2D(32, 3),
            layers.Conv2D(64, 2, strides=2),
            layers.Conv2DTranspose(32, 2, strides=2),
            layers.Flatten(),
            layers.Dense(64),
        ]
    )
    values = [variable.value for variable in network.trainable_variables]
    theirs = jax.jit(lambda values, x: network.stateless_call(values, [], x)[0]).lower(values, ones(2, 12, 12, 16))
    ours = flops(network, ones(2, 12, 12, 16), variables=network.variables)
    assert theirs.compile().cost_analysis()["flops"] == pytest.approx(ours, rel=0.02)

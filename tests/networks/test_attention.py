"""Attention against Keras' own layer with the same weights, and token by token against whole sequences."""

import keras
import numpy as np
import pytest
from keras import ops
from scipy.stats import norm

from components.backend import compiled, input_gradient, scan
from components.networks.attention import SelfAttention, TransformerBlock, padded_cache

BATCH, TIME, WIDTH, HEADS = 2, 7, 12, 3
KINDS = [SelfAttention, TransformerBlock]


def make(kind, **options):
    """A layer with weights that no initialiser gives."""
    layer, random = kind(WIDTH, HEADS, **options), np.random.default_rng(2)
    layer.set_weights([random.normal(0, 0.4, weight.shape) for weight in layer.weights])
    return layer


@pytest.fixture
def x():
    return np.random.default_rng(1).standard_normal((BATCH, TIME, WIDTH)).astype("float32")


def run(layer, x):
    return np.asarray(compiled(layer, layer.variables)(x))


@pytest.mark.parametrize("causal", [False, True])
def test_keras_own_layer_gives_the_same(causal, x):
    layer, dim = make(SelfAttention, causal=causal), WIDTH // HEADS
    theirs = keras.layers.MultiHeadAttention(HEADS, dim)
    theirs.build(x.shape, x.shape)
    kernel, bias, out_kernel, out_bias = layer.get_weights()
    parts = zip(np.split(kernel, 3, axis=1), np.split(bias, 3), strict=True)
    projections = [part for k, b in parts for part in (k.reshape(WIDTH, HEADS, dim), b.reshape(HEADS, dim))]
    theirs.set_weights([*projections, out_kernel.reshape(HEADS, dim, WIDTH), out_bias])
    np.testing.assert_allclose(run(layer, x), theirs(x, x, use_causal_mask=causal), atol=1e-5)


def test_a_block_adds_what_is_made_of_normalized_tokens(x):
    block = make(TransformerBlock, mlp_ratio=2)

    def normalized(x, layer):
        scale, shift = layer.get_weights()
        return (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-5) * scale + shift

    seen = x + run(block.attention, normalized(x, block.attention_norm))
    (kernel, bias), (out_kernel, out_bias) = block.hidden.get_weights(), block.out.get_weights()
    hidden = normalized(seen, block.mlp_norm) @ kernel + bias
    gelu = hidden * norm.cdf(hidden)
    np.testing.assert_allclose(run(block, x), seen + gelu @ out_kernel + out_bias, atol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("causal", [False, True])
def test_what_a_token_depends_on(kind, causal, x):
    layer, weight = make(kind, causal=causal), np.random.default_rng(3).standard_normal(WIDTH).astype("float32")
    gradient = compiled(
        lambda x, t: input_gradient(lambda x: ops.take(layer(x), t, axis=1) * weight, x), layer.variables
    )
    for t in range(TIME):
        moved = np.abs(np.asarray(gradient(x, np.int32(t)))).max(axis=(0, 2))
        assert (moved[: t + 1] > 1e-6).all()
        assert (moved[t + 1 :] == 0).all() if causal else (moved[t + 1 :] > 1e-6).all()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("known", [2, 5])
def test_token_by_token_gives_the_same_as_all_at_once(kind, known, x):
    layer = make(kind, causal=True)

    def cached(x):
        first, cache = layer.read(x[:, :known])

        def step(cache, given):
            token, position = given
            y, cache = layer.step(token, cache, position)
            return cache, y

        rest = ops.transpose(x[:, known:], (1, 0, 2))
        _, ys = scan(step, padded_cache(cache, TIME + 2), (rest, ops.arange(known, TIME)))
        return ops.concatenate([first, ops.transpose(ys, (1, 0, 2))], axis=1)

    np.testing.assert_allclose(compiled(cached, layer.variables)(x), run(layer, x), atol=1e-5)


def test_dropout_is_for_training_alone(x):
    block = make(TransformerBlock, dropout=0.5)
    assert (np.asarray(block(x, training=True)) != np.asarray(block(x, training=True))).any()
    np.testing.assert_array_equal(block(x), block(x))


def test_kernels_that_add_to_the_stream_start_smaller_in_deeper_stacks():
    kernels = [TransformerBlock(192, 4, depth=depth).out.kernel for depth in (1, 8)]
    assert [np.std(kernel) for kernel in kernels] == pytest.approx([0.04 / 2**0.5, 0.04 / 4], rel=0.05)


def test_heads_that_do_not_divide_the_width_are_refused():
    with pytest.raises(ValueError, match="width 10 is no multiple of heads 4"):
        SelfAttention(10, 4)

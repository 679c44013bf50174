"""The transformer on texts: a distribution, causal, and a generator that draws from it."""

from itertools import product

import numpy as np
import pytest
from scipy.special import softmax

from components.params import UserError
from tests.models.building import answer, build, loss, text_spec, validate

TOKENS = np.random.default_rng(2).integers(0, 4, (3, 9)).astype("uint8")
CONTEXT = 8


def sharpened(model, by=1.0):
    """Weights under which what came before matters."""
    random = np.random.default_rng(5)
    model.set_weights([weight + random.normal(0, by, weight.shape) for weight in model.get_weights()])
    return model


def following(model, windows):
    """Probabilities ``[N, V]`` of what follows windows of tokens, without a cache."""
    symbols = range(len(model.spec.vocabulary))
    extended = [np.pad(windows, ((0, 0), (0, 1)), constant_values=v).astype("int32") for v in symbols]
    return softmax([-answer(model, "window_nats", tokens)[:, -1].astype("float64") for tokens in extended], axis=0).T


@pytest.mark.parametrize("tied", [False, True])
def test_probabilities_of_all_texts_of_a_length_sum_to_one(tied):
    model = sharpened(build("transformer", tie_embeddings=tied))
    assert any(weight.path.startswith("out/") for weight in model.weights) != tied
    log_probs = answer(model, "log_likelihood", np.array(list(product(range(4), repeat=4)), "int32")).astype("float64")
    assert np.exp(log_probs).sum() == pytest.approx(1, abs=1e-5)
    assert np.ptp(log_probs) > 1


def test_no_token_depends_on_those_after_it():
    model = sharpened(build("transformer"))
    nats = answer(model, "window_nats", TOKENS)
    for t in range(1, 9):
        changed = TOKENS.copy()
        changed[:, t] = (changed[:, t] + 1) % 4
        moved = np.abs(answer(model, "window_nats", changed) - nats).max(axis=0)
        assert (moved[: t - 1] == 0).all()
        assert (moved[t - 1 :] > 1e-4).all()


def test_a_token_of_a_window_is_as_likely_as_after_a_text_of_its_own():
    model = sharpened(build("transformer"))
    nats = answer(model, "window_nats", TOKENS)
    for t in range(8):
        expected = -np.log(following(model, TOKENS[:, : t + 1])[range(3), TOKENS[:, t + 1]])
        np.testing.assert_allclose(nats[:, t], expected, rtol=1e-4, atol=1e-5)
    begun = np.insert(TOKENS[:, :7], 0, model.sequences.start, axis=1)
    of_text = answer(model, "log_likelihood", TOKENS[:, :7])
    np.testing.assert_allclose(of_text, -answer(model, "window_nats", begun).sum(axis=1), rtol=1e-5)


@pytest.mark.parametrize(("tied", "prompt"), [(False, "ab"), (True, "abbabbaabba")], ids=["short", "long prompt, tied"])
def test_generation_is_that_of_a_model_that_remembers_nothing(tied, prompt):
    """Far beyond the context: where it is full, its later half is the beginning of a new one."""
    model, n, length, seed = sharpened(build("transformer", tie_embeddings=tied)), 3, 11, 11
    generated = model.sample(n, seed, length=length, prompt=prompt, temperature=0.8)
    assert (generated.shape, generated.dtype) == ((n, length), np.int32)
    u = np.random.default_rng(seed).random((length, n), "float32")
    seen = np.tile(np.array([model.sequences.start, *model.spec.tokens(prompt)][-CONTEXT // 2 :], "int32"), (n, 1))
    for i, quantiles in enumerate(u):
        if i and i % (CONTEXT // 2) == 0:
            seen = seen[:, -CONTEXT // 2 :]
        p = following(model, seen) ** (1 / 0.8)
        p /= p.sum(axis=1, keepdims=True)
        drawn = [np.searchsorted(row.cumsum(), q) for row, q in zip(p, quantiles, strict=True)]
        np.testing.assert_array_equal(generated[:, i], drawn)
        seen = np.concatenate([seen, generated[:, i : i + 1]], axis=1)


def test_more_texts_than_a_batch_are_other_texts_with_the_frequencies_of_their_probabilities():
    model, n = sharpened(build("transformer"), by=0.3), 1000
    first = model.sample(n, 3, length=1)[:, 0]
    p = np.exp(answer(model, "log_likelihood", np.arange(4, dtype="int32")[:, None]))
    assert np.abs(np.bincount(first, minlength=4) / n - p).max() < 4 * np.sqrt(0.25 / n)
    np.testing.assert_array_equal(first, model.sample(n, 3, length=1)[:, 0])
    assert (first != model.sample(n, 4, length=1)[:, 0]).any()
    likeliest = set(np.argsort(p)[-2:])
    assert set(model.sample(n, 3, length=1, top_k=2)[:, 0]) == likeliest
    assert set(model.sample(n, 3, length=1, top_p=float(p.max() + 0.01))[:, 0]) == likeliest
    assert set(model.sample(20, 3, length=1, temperature=0.0)[:, 0]) == {p.argmax()}


def test_losses_are_means_over_tokens_and_dropout_is_for_training_alone():
    model = sharpened(build("transformer", dropout=0.5))
    expected = answer(model, "window_nats", TOKENS).mean()
    assert validate(model, {"tokens": TOKENS})["loss"] == pytest.approx(expected, rel=1e-5)
    assert len({loss(model, {"tokens": TOKENS})[0] for _ in range(3)}) == 3


def test_a_text_longer_than_the_context_has_no_likelihood_and_wrong_knobs_are_named():
    model = build("transformer")
    with pytest.raises(UserError, match="9 tokens are more than the context: 8"):
        answer(model, "log_likelihood", TOKENS)
    for knobs, words in [
        ({"prompt": "abz"}, "prompt: 'z' is not in the model's vocabulary"),
        ({"length": 0}, "length: 0; allowed: whole numbers from 1"),
        ({"temperature": -1.0}, "temperature: -1; allowed: numbers from 0"),
        ({"top_k": -1}, "top_k: -1; allowed: whole numbers from 0"),
        ({"top_p": 0.0}, "top_p: 0; allowed: numbers over 0 and up to 1"),
    ]:
        with pytest.raises(UserError, match=words):
            model.sample(1, 1, **knobs)


def test_a_text_without_line_ends_begins_too():
    model = build("transformer", text_spec("ab"), context=3)
    texts = np.array(list(product(range(3), repeat=3)), "int32")
    assert np.exp(answer(model, "log_likelihood", texts)).sum() == pytest.approx(1, abs=1e-5)
    assert model.sample(2, 1, length=7).shape == (2, 7)

"""The recurrent language model: a distribution over texts, and a generator that draws from it."""

from itertools import product

import numpy as np
import pytest
from scipy.special import log_softmax, softmax

from components.backend import compiled
from components.params import UserError
from tests.models.building import answer, build, loss, text_spec, validate

KINDS = [
    {"cell": cell, "layers": layers, "tie_embeddings": tied}
    for cell, layers, tied in product(("lstm", "gru"), (1, 2), (False, True))
]
TOKENS = np.random.default_rng(2).integers(0, 4, (2, 17)).astype("uint8")


def sharpened(model):
    """Weights under which what came before matters."""
    random = np.random.default_rng(5)
    model.set_weights([random.normal(0, 1.2, weight.shape) for weight in model.weights])
    model.begin_epoch()
    return model


class Forgetful:
    """The same model without a cache: before each character it reads the whole text anew."""

    def __init__(self, model):
        self.start = model.sequences.start
        self.read = compiled(
            lambda x: model._logits(x, model._zero_states(x.shape[0]), training=False)[0], model.variables
        )

    def logits(self, texts, t):
        """Of character ``t``, ``[N, V]``, from those before it."""
        before = np.full_like(texts, self.start)
        before[:, 1 : t + 1] = texts[:, :t]
        return np.asarray(self.read(before), "float64")[:, t]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: "-".join(map(str, kind.values())))
def test_probabilities_of_all_texts_of_a_length_sum_to_one(kind):
    model = sharpened(build("lstm", **kind))
    texts = np.array(list(product(range(4), repeat=4)), "int32")
    log_probs = answer(model, "log_likelihood", texts).astype("float64")
    assert np.exp(log_probs).sum() == pytest.approx(1, abs=1e-5)
    assert np.ptp(log_probs) > 1


def test_the_probability_of_a_text_is_the_product_of_those_of_its_characters():
    model = sharpened(build("lstm"))
    forgetful, texts = Forgetful(model), TOKENS[:, :5].astype("int32")
    steps = [log_softmax(forgetful.logits(texts, t), axis=1)[[0, 1], texts[:, t]] for t in range(5)]
    np.testing.assert_allclose(answer(model, "log_likelihood", texts), np.sum(steps, axis=0), rtol=1e-5)


@pytest.mark.parametrize(("kind", "prompt"), [(KINDS[2], "abba"), (KINDS[7], "")], ids=["lstm-abba", "gru-tied"])
def test_generation_is_that_of_a_model_that_remembers_nothing(kind, prompt):
    model, n, length, seed = sharpened(build("lstm", **kind)), 3, 6, 11
    generated = model.sample(n, seed, length=length, prompt=prompt, temperature=0.8)
    u = np.random.default_rng(seed).random((length, n), "float32")
    forgetful = Forgetful(model)
    texts = np.tile(np.array([*model.spec.tokens(prompt), *[0] * length], "int32"), (n, 1))
    for i, quantiles in enumerate(u):
        p = softmax(forgetful.logits(texts, len(prompt) + i) / 0.8, axis=1)
        texts[:, len(prompt) + i] = [np.searchsorted(row.cumsum(), q) for row, q in zip(p, quantiles, strict=True)]
    np.testing.assert_array_equal(generated, texts[:, len(prompt) :])


def test_temperature_zero_takes_the_likeliest_character_always():
    model = sharpened(build("lstm"))
    forgetful, texts = Forgetful(model), model.sample(3, 1, length=8, temperature=0.0)
    for t in range(8):
        np.testing.assert_array_equal(forgetful.logits(texts, t).argmax(axis=1), texts[:, t])


def test_first_characters_have_the_frequencies_of_their_probabilities():
    model, n = sharpened(build("lstm")), 4000
    p = np.exp(answer(model, "log_likelihood", np.arange(4, dtype="int32")[:, None]))
    counts = np.bincount(model.sample(n, 3, length=1)[:, 0], minlength=4)
    assert np.abs(counts / n - p).max() < 4 * np.sqrt(0.25 / n)
    likeliest = set(np.argsort(p)[-2:])
    assert set(model.sample(n, 3, length=1, top_k=2)[:, 0]) == likeliest
    assert set(model.sample(n, 3, length=1, top_p=float(p.max() + 0.01))[:, 0]) == likeliest


def test_prompts_and_lengths_change_from_call_to_call():
    """What is generated goes on alike when a part of it is given as the prompt."""
    model = sharpened(build("lstm"))
    whole = model.sample(2, 1, length=9, temperature=0.0, prompt="a")
    assert set(model.spec.text(whole[0])) > {"a"}
    for taken in (1, 3, 2):
        rest = model.sample(3, 1, length=9 - taken, temperature=0.0, prompt="a" + model.spec.text(whole[0, :taken]))
        np.testing.assert_array_equal(rest[0], whole[0, taken:])


def test_the_same_seed_gives_the_same_texts():
    model = sharpened(build("lstm"))
    texts = model.sample(3, 7, length=12)
    assert (texts.shape, texts.dtype) == ((3, 12), np.int32)
    np.testing.assert_array_equal(texts, model.sample(3, 7, length=12))
    assert (texts != model.sample(3, 8, length=12)).any()


def test_a_character_that_the_vocabulary_lacks_is_named():
    with pytest.raises(UserError, match=r"prompt: 'z' is not in the model's vocabulary"):
        build("lstm").sample(1, 1, prompt="abz")


def test_a_text_without_line_ends_begins_too():
    model = build("lstm", text_spec("ab"))
    texts = np.array(list(product(range(3), repeat=3)), "int32")
    assert np.exp(answer(model, "log_likelihood", texts)).sum() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_two_batches_with_the_state_carried_are_one_long_text(cell):
    model = sharpened(build("lstm", cell=cell))

    def nats(part):
        return validate(model, {"tokens": part})["loss"]

    whole = nats(TOKENS)
    model.begin_epoch()
    first, second = nats(TOKENS[:, :9]), nats(TOKENS[:, 8:])
    assert (first + second) / 2 == pytest.approx(whole, rel=1e-5)
    assert nats(TOKENS[:, :9]) != pytest.approx(first, rel=1e-3)
    model.begin_epoch()
    assert nats(TOKENS[:, :9]) == first


def test_a_batch_predicts_every_character_but_the_first():
    model = sharpened(build("lstm"))
    forgetful = Forgetful(model)
    logits = np.asarray(forgetful.read(TOKENS[:, :-1].astype("int32")), "float64")
    expected = -np.take_along_axis(log_softmax(logits, axis=2), TOKENS[:, 1:, None].astype(int), axis=2).mean()
    assert validate(model, {"tokens": TOKENS})["loss"] == pytest.approx(expected, rel=1e-5)


def test_the_training_loss_is_the_same_and_carries_the_state_too():
    model = sharpened(build("lstm"))
    first, second = (loss(model, {"tokens": TOKENS})[0] for _ in range(2))
    assert second != pytest.approx(first, rel=1e-3)
    model.begin_epoch()
    assert validate(model, {"tokens": TOKENS})["loss"] == pytest.approx(first, rel=1e-6)


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_gates_are_those_of_each_layer_as_it_reads_the_one_below(cell):
    model = sharpened(build("lstm", cell=cell))
    gates = answer(model, "gates", TOKENS)
    assert {gate.shape for gate in gates.values()} == {(2, 17, 2, 5)}
    x = model.embedding(TOKENS.astype("int32"))
    for i, layer in enumerate(model.recurrent):
        x, opened = layer.watch(x, layer.zero_state(2))
        for k, name in enumerate(layer.gates):
            np.testing.assert_allclose(gates[name][:, :, i], np.asarray(opened)[:, :, k], atol=1e-5)


def test_dropout_is_for_training_alone():
    model = build("lstm", dropout=0.5)

    def fresh(ask):
        model.begin_epoch()
        return ask(model, {"tokens": TOKENS})

    assert len({fresh(loss)[0] for _ in range(3)}) == 3
    assert len({fresh(validate)["loss"] for _ in range(3)}) == 1

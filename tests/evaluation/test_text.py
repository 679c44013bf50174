"""Evaluation of texts: each counted character from as much before it as may be; samples; gates as files."""

import numpy as np
import pytest
from PIL import Image

from components.evaluation import text
from tests.models.building import answer, build

TOKENS = np.random.default_rng(1).integers(0, 4, 62).astype("uint8")


def sharpened(family, **changes):
    model, random = build(family, **changes), np.random.default_rng(5)
    model.set_weights([weight + random.normal(0, 0.5, weight.shape) for weight in model.get_weights()])
    return model


@pytest.mark.parametrize(("context", "first", "count"), [(8, 5, 56), (7, 4, 56), (90, 31, 31)])
def test_a_model_of_windows_counts_characters_with_half_a_context_before_them(context, first, count):
    """Windows of 8 begin at every fourth character; a text shorter than the context is one window."""
    model = sharpened("transformer", context=context)
    found = text.measure(model, TOKENS)
    context = min(context, len(TOKENS) - 1)
    block = (context + 1) // 2
    nats = []
    for at in range(first, first + count):
        begin = (at - first) // block * block
        nats.append(answer(model, "window_nats", TOKENS[None, begin : at + 1])[0, -1])
        assert at - begin > context / 2
    assert (found["characters"], found["block_characters"]) == (count, block)
    assert found["bits_per_character"]["mean"] == pytest.approx(np.mean(nats) / np.log(2), rel=1e-4)
    errors = np.array(nats).reshape(-1, block).mean(axis=1) / np.log(2)
    if len(errors) > 1:
        spread = errors.std(ddof=1) / len(errors) ** 0.5
        assert found["bits_per_character"]["standard_error"] == pytest.approx(spread, rel=1e-3)


def test_samples_are_judged_set_by_set_and_long_n_grams_left_out():
    random = np.random.default_rng(2)
    train = random.integers(1, 4, 500).astype("uint8")
    sets = [random.integers(1, 4, (6, 12)) for _ in range(3)]
    found = text.measure_samples(sets, train, grams=(2, 4, 16))
    assert found.keys() == {"texts", "longest_copied_run", "distinct_2", "distinct_4", "novelty_2", "novelty_4"}
    each = [text.measure_samples([one], train, grams=(4,)) for one in sets]
    assert found["texts"] == 6
    for name in ("distinct_4", "novelty_4", "longest_copied_run"):
        assert found[name]["mean"] == pytest.approx(np.mean([one[name]["mean"] for one in each]))
    errors = np.array([one["distinct_4"]["standard_error"] for one in each])
    assert found["distinct_4"]["standard_error"] == pytest.approx(np.sqrt((errors**2).sum()) / 3)
    copies = text.measure_samples([np.stack([train[:50], train[100:150]])], train)
    assert copies["novelty_16"]["mean"] == 0
    assert copies["longest_copied_run"] == {"mean": 50, "standard_error": 0, "longest": 50}


def test_the_floor_is_the_test_text_and_the_ceiling_characters_that_say_nothing():
    random = np.random.default_rng(3)
    words = [random.integers(1, 30, random.integers(2, 9)) for _ in range(50)]  # a language of fifty words
    train, test = (np.concatenate([words[i] for i in random.integers(0, 50, size)]) for size in (9_000, 900))
    found = text.baselines(test, train.astype("uint8"), 31, (40, 100), seed=7)
    assert (found["test"]["texts"], found["uniform"]["texts"]) == (40, 40)
    for name in ("distinct_4", "novelty_4", "novelty_8"):
        assert found["test"][name]["mean"] < 0.5 < found["uniform"][name]["mean"]
    assert found["test"]["longest_copied_run"]["mean"] > 3 * found["uniform"]["longest_copied_run"]["mean"]
    assert found["uniform"]["perplexity"]["mean"] == pytest.approx(31)
    short = text.baselines(test[:150], train, 31, (40, 100), seed=7)
    assert (short["test"]["texts"], short["test"]["distinct_4"]["standard_error"]) == (1, None)
    whole = text.measure_samples([test[None, :100]], train)
    assert text.baselines(test[:100], train, 31, (40, 500), seed=7)["test"] == whole


@pytest.mark.parametrize(
    ("cell", "layers", "names"), [("lstm", 1, ["forget", "input", "output"]), ("gru", 2, ["reset", "update"])]
)
def test_gates_are_written_as_arrays_and_as_a_picture(cell, layers, names, tmp_path):
    model = sharpened("lstm", cell=cell, layers=layers)
    text.show(model, TOKENS, tmp_path)
    with np.load(tmp_path / "gates.npz", allow_pickle=False) as arrays:
        assert list(arrays) == ["tokens", *names]
        np.testing.assert_array_equal(arrays["tokens"], TOKENS)
        for name in names:
            np.testing.assert_array_equal(arrays[name], answer(model, "gates", TOKENS[None])[name][0])
            assert arrays[name].shape == (62, layers, 5)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    assert Image.open(tmp_path / "gates.png").width > 62 * 8
    text.show(model, TOKENS, tmp_path)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_model_without_gates_has_none_to_show(tmp_path):
    text.show(build("transformer"), TOKENS, tmp_path)
    assert not list(tmp_path.iterdir())

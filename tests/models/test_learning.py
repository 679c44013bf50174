"""Families trained for a few seconds, judged by what they learned of data that they never saw."""

import numpy as np
import pytest

from tests.models.building import answer, build, fit


def entropy(train: np.ndarray, held_out: np.ndarray, symbols: int) -> float:
    """Nats of a held-out symbol under the frequencies of the training symbols, one added to each count."""
    counts = np.bincount(train.ravel(), minlength=symbols) + 1
    return float(-np.log(counts / counts.sum())[held_out].mean())


def test_a_vae_learns_more_of_digits_than_the_intensities_of_each_pixel(digits):
    train, held_out, test = digits[:1300], digits[1300:1500], digits[1500:]
    model = build(
        "vae",
        training={"epochs": 12, "batch_size": 40, "optimizer": {"learning_rate": 0.003}},
        widths=(128,),
        latent_dim=8,
        likelihood="discretized_logistic",
        kl_warmup_steps=100,
    )
    before = -answer(model, "elbo", test).mean()
    history = fit(model, train, held_out)
    after = -answer(model, "elbo", test).mean()
    pixels = sum(entropy(train[:, i, j], test[:, i, j], 17) for i in range(8) for j in range(8))
    print("VAE", before, after, pixels, [row["val_loss"] for row in history])
    assert after < pixels - 5
    assert history[-1]["val_loss"] == pytest.approx(after, rel=0.05)
    assert history[-1]["kl"] > 2


def test_a_transformer_learns_more_of_a_text_than_the_frequencies_of_characters(prose):
    tokens, spec = prose
    train, held_out = tokens[:36_000], tokens[36_000:]
    optimizer = {"learning_rate": 0.005, "warmup_steps": 20, "beta_2": 0.99, "clip_norm": 1.0}
    model = build(
        "transformer",
        spec,
        training={"epochs": 6, "batch_size": 8, "optimizer": optimizer},
        layers=2,
        heads=4,
        width=32,
        context=32,
    )
    history = fit(model, train, held_out)
    unigram = entropy(train, held_out, len(spec.vocabulary))
    print("transformer", history[0], history[-1], unigram)
    assert history[-1]["val_loss"] < unigram - 0.6


def test_a_recurrent_model_learns_more_of_a_text_than_the_frequencies_of_characters(prose):
    tokens, spec = prose
    train, held_out = tokens[:36_000], tokens[36_000:]
    model = build(
        "lstm",
        spec,
        training={"epochs": 6, "batch_size": 16, "optimizer": {"learning_rate": 0.01, "clip_norm": 1.0}},
        layers=1,
        units=64,
        embedding_dim=16,
        sequence_length=32,
    )
    history = fit(model, train, held_out)
    unigram = entropy(train, held_out, len(spec.vocabulary))
    print("LSTM", history[0], history[-1], unigram)
    assert history[-1]["val_loss"] < unigram - 0.8

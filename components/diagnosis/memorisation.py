"""Memorisation: samples that are training examples.

Meehan, Chaudhuri and Dasgupta, *A Non-Parametric Test to Detect Data-Copying in Generative Models*,
https://arxiv.org/abs/2004.05675: samples that are nearer to training examples than new examples are have been copied.
"""

from collections.abc import Iterator

from components.diagnosis.evidence import Evidence
from components.diagnosis.finding import Finding, cures

__all__ = ["memorisation", "recitation"]

NEAR = {"error": 0.2, "warning": 0.5}
"""Median distance to the nearest training example, by that of test examples: half of the samples are half as far as new
ones are, or a fifth. Good models of digits are from 0.84 on."""

COPIED = {"error": 0.5, "warning": 0.1}
"""Share of samples nearer than the nearest hundredth of test examples: ten times as many as by chance, or half."""

NEW = {"error": 0.1, "warning": 0.5}
"""Share of a generated text's runs of sixteen characters, about three words, that the training text has not, by that of
the test text where it is known: what people write holds phrases that they wrote before."""

FORGET = {
    "training.epochs": "fewer",
    "training.best_weights": "true",
    "training.early_stopping": "10",
    "mixture_components": "fewer",
    "prior_components": "fewer",
    "widths": "narrower",
    "units": "fewer",
    "width": "narrower",
    "base_width": "narrower",
    "dropout": "0.2",
    "training.optimizer.weight_decay": "0.0001, with adamw",
}


def memorisation(evidence: Evidence) -> Iterator[Finding]:
    """Samples are nearer to training images than new images are."""
    names = ("nearest_training_pixel", "nearest_training_feature", "copies")
    numbers = {name: value for name in names if (value := evidence.metric(name)) is not None}
    for severity in ("error", "warning"):
        near = [name for name in names[:2] if numbers.get(name, 1.0) < NEAR[severity]]
        if near or numbers.get("copies", 0.0) > COPIED[severity]:
            yield Finding(
                "memorisation",
                severity,
                "memorisation: samples are nearer to training images than new images are "
                f"({', '.join(f'{name} {value:.2f}' for name, value in numbers.items())}).",
                numbers,
                cures(evidence.config, FORGET),
            )
            return


def recitation(evidence: Evidence) -> Iterator[Finding]:
    """A text model's samples stand in the training text."""
    new, beside = evidence.metric("novelty_16"), evidence.beside_floor("novelty_16")
    usual = beside[1] if beside else 1.0
    if new is None or new >= NEW["warning"] * usual:
        return
    yield Finding(
        "recitation",
        "error" if new < NEW["error"] * usual else "warning",
        f"memorisation: of the runs of sixteen characters in generated text {1 - new:.0%} stand in the training text"
        f"{f', of those in the test text {1 - usual:.0%}' if beside else ''}.",
        {"novelty_16": new} | ({"novelty_16_of_test_text": usual} if beside else {}),
        cures(evidence.config, FORGET),
    )

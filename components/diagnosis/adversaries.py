"""Two networks that play against each other, one of which plays too well.

Goodfellow et al., *Generative Adversarial Networks*, https://arxiv.org/abs/1406.2661: where both have learned all that
there is, the discriminator is right half of the time. Arjovsky and Bottou, *Towards Principled Methods for Training
Generative Adversarial Networks*, https://arxiv.org/abs/1701.04862: one that is always right has a gradient that teaches
the generator nothing. A critic of the Wasserstein distance cannot be too good, and has no accuracy.
"""

from collections.abc import Iterator

from components.diagnosis.evidence import Evidence
from components.diagnosis.finding import Finding, cures

__all__ = ["discriminator_overpowers", "generator_overpowers"]

OVERPOWERED = 0.95
"""Accuracy of a discriminator that fewer than one generated image in ten deceives, even if it errs nowhere else. The
default game on digits is over this while the generator knows nothing, from its third epoch to its eleventh, and ends at
0.68: what counts is where training ends."""

DECEIVED = 0.45
"""Accuracy below chance: the generator is a step ahead for whole epochs, and what the discriminator teaches is old."""

BLIND = 0.55
"""Accuracy that may be chance. That is right in the end, and wrong while samples are far from data."""

FAR = 0.25
"""Part of the way from real images to noise: samples that lie further than this are told from data at a glance."""

STRONGER_GENERATOR = {
    "label_smoothing": "0.1",
    "input_noise": "0.1, and over input_noise_steps less",
    "discriminator.dropout": "0.3",
    "discriminator.spectral_normalization": "true",
    "discriminator.optimizer.learning_rate": "lower than the generator's",
    "discriminator.updates": "1",
    "generator.updates": "2",
}
STRONGER_DISCRIMINATOR = {
    "discriminator.optimizer.learning_rate": "higher than the generator's",
    "discriminator.updates": "2",
    "generator.updates": "1",
    "discriminator.widths": "wider",
    "label_flips": "lower",
    "label_noise": "lower",
    "input_noise": "lower",
}


def discriminator_overpowers(evidence: Evidence) -> Iterator[Finding]:
    """The discriminator is nearly always right at the end of training."""
    accuracy = evidence.late("accuracy")
    if accuracy is None or accuracy < OVERPOWERED:
        return
    yield Finding(
        "discriminator_overpowers",
        "warning",
        f"the discriminator overpowers the generator: over the last quarter of training it is right in {accuracy:.1%} "
        "of all cases, and from one that is always right the generator learns nothing.",
        {"accuracy": accuracy},
        cures(evidence.config, STRONGER_GENERATOR),
    )


def generator_overpowers(evidence: Evidence) -> Iterator[Finding]:
    """The discriminator is wrong more often than chance, or guesses while samples are far from data."""
    accuracy, way = evidence.late("accuracy"), evidence.way_to_noise("frechet_distance")
    if accuracy is None or accuracy > BLIND:
        return
    numbers = {"accuracy": accuracy} | ({} if way is None else {"way_to_noise": way})
    if accuracy < DECEIVED:
        seen = "less often than by chance"
    elif way is not None and way > FAR:
        seen = f"as often as by chance, though samples lie {way:.0%} of the way from data to noise"
    else:
        return
    yield Finding(
        "generator_overpowers",
        "warning",
        f"the generator overpowers the discriminator: over the last quarter of training it is right in {accuracy:.1%} "
        f"of all cases, {seen}; what it teaches has no direction.",
        numbers,
        cures(evidence.config, STRONGER_DISCRIMINATOR),
    )

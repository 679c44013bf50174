"""An inverse that is none in the numbers of a machine.

Behrmann et al., *Understanding and Mitigating Exploding Inverses in Invertible Neural Networks*,
https://arxiv.org/abs/2006.09347: couplings that stretch too far lose what rounding takes, and neither samples nor
likelihoods can be trusted then.
"""

from collections.abc import Iterator

from components.diagnosis.evidence import Evidence
from components.diagnosis.finding import Finding, cures

__all__ = ["imprecise_inverse"]

LOSSY = 0.5
"""Steps between two intensities: an image that comes back by this much too bright or too dark is another image."""

IMPRECISE = 0.01
"""A hundredth of a step is a thousand times what float32 rounds off sixteen of them, and no image shows it yet."""

GENTLE = {
    "training.optimizer.learning_rate": "lower",
    "training.optimizer.clip_norm": "1.0",
    "training.optimizer.weight_decay": "0.0001, with adamw",
    "alpha": "0.05",
    "couplings": "fewer",
    "training.precision": "float32",
}


def imprecise_inverse(evidence: Evidence) -> Iterator[Finding]:
    """Images that are encoded and decoded do not come back."""
    error = evidence.metric("inverse_error")
    if error is None or error < IMPRECISE:
        return
    yield Finding(
        "imprecise_inverse",
        "error" if error >= LOSSY else "warning",
        f"the inverse loses precision: images come back {error:.3g} of a step of intensity from where they were.",
        {"inverse_error": error},
        cures(evidence.config, GENTLE),
    )

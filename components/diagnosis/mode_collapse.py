"""Mode collapse: samples that look right, and are few different ones.

Goodfellow, *NIPS 2016 Tutorial: Generative Adversarial Networks*, https://arxiv.org/abs/1701.00160, section 5.1.1. No
loss shows it. What does: samples as different from one another as images of the data (Odena, Olah and Shlens,
*Conditional Image Synthesis with Auxiliary Classifier GANs*, https://arxiv.org/abs/1610.09585, section 4.2), coverage
and recall (Naeem et al., *Reliable Fidelity and Diversity Metrics for Generative Models*,
https://arxiv.org/abs/2002.09797), and the classes of samples. Each is here a share of what real images have, so that
one bound serves them all. Noise, too, covers nothing and is of few classes: but for the first, the signs count only
where precision says that samples are where data is.
"""

import math
from collections.abc import Iterator

from components.diagnosis.evidence import Evidence
from components.diagnosis.finding import Finding, cures

__all__ = ["mode_collapse"]

COLLAPSED = 0.25
"""A quarter of what real images have, in classes or in coverage: an error."""

COLLAPSING = 0.5
"""Half of it: a warning. Good models of digits have more than 0.6 by each of the signs (the least is the recall of a
denoiser, whose samples are smooth)."""

MISSING = 0.9
"""Part of the classes that real images show in as many samples; fewer are a class or more that is never drawn."""

PRECISE = 0.5
"""Part of the precision of real images from which on samples are where data is."""

DIVERSE = {
    "discriminator.minibatch_stddev": "true",
    "critic.minibatch_stddev": "true",
    "n_critic": "more",
    "discriminator.updates": "more",
    "generator.updates": "1",
    "training.optimizer.learning_rate": "lower",
    "input_noise": "0.1",
    "latent_dim": "more",
}


def mode_collapse(evidence: Evidence) -> Iterator[Finding]:
    """Samples are too like one another, cover too little, or leave classes out; or came to be so in training."""
    shares = _at_the_end(evidence)
    worst = min(shares.values(), default=1.0)
    missing = shares.get("classes_found", 1.0) < MISSING
    fallen = _in_training(evidence)
    if worst < COLLAPSING or missing:
        low = ", ".join(f"{_words(name)} {share:.0%}" for name, share in shares.items() if share < MISSING)
        sentence = f"mode collapse: of what as many real images have, samples have of {low}"
    elif fallen:
        sentence = "mode collapse in training"
    else:
        return
    if fallen:
        sentence += "; " + ", ".join(
            f"{_words(name)} fell to {share:.0%} of the most that it had" for name, share in fallen.items()
        )
    yield Finding(
        "mode_collapse",
        "error" if worst < COLLAPSED else "warning",
        f"{sentence}. {_losses(evidence)}",
        {f"{name}_share": share for name, share in shares.items()}
        | {f"{name}_left": share for name, share in fallen.items()},
        cures(evidence.config, DIVERSE),
    )


def _at_the_end(evidence: Evidence) -> dict[str, float]:
    """What samples have of what real images have: of diversity always, of the rest where they are where data is."""
    diversity, precision = evidence.metric("diversity"), evidence.beside_floor("precision")
    found = {} if diversity is None else {"diversity": diversity}
    if precision is None or precision[0] < PRECISE * precision[1]:
        return found
    for name in ("coverage", "recall", "classes_found", "class_entropy"):
        both = evidence.beside_floor(name)
        if both is not None and both[1] > 0:
            found[name] = math.exp(both[0] - both[1]) if name == "class_entropy" else both[0] / both[1]
    return found


def _in_training(evidence: Evidence) -> dict[str, float]:
    """What is left at the last look of the most that there was, where that is less than half and was worth having."""
    left = {}
    for name, worth in (("coverage", 0.2), ("class_entropy", math.log(2))):
        seen = [point[name] for point in evidence.quality if math.isfinite(point.get(name, math.nan))]
        if seen and max(seen) >= worth:
            share = math.exp(seen[-1] - max(seen)) if name == "class_entropy" else seen[-1] / max(seen)
            if share < COLLAPSING:
                left[name] = share
    return left


def _losses(evidence: Evidence) -> str:
    """What the losses did over the second half of training, during which they might have shown it."""
    said = []
    for player in evidence.players:
        losses = evidence.curve(player)
        if len(losses) > 1:
            said.append(f"{player} went from {losses[len(losses) // 2]:.3g} to {losses[-1]:.3g}")
    return f"Over the second half of training {' and '.join(said)}." if said else "No loss is known."


def _words(name: str) -> str:
    return {"class_entropy": "classes in equal parts", "classes_found": "classes"}.get(name, name)

"""Latents that hold nothing: a posterior that is the prior, and a bottleneck that is not used.

Bowman et al., *Generating Sentences from a Continuous Space*, https://arxiv.org/abs/1511.06349, section 3: a decoder
that does without its latents lets the divergence fall to zero. A unit is active where its posterior mean varies over
the data (Burda, Grosse and Salakhutdinov, *Importance Weighted Autoencoders*, https://arxiv.org/abs/1509.00519, who
call a variance over 0.01 active). A model with a divergence among its curves has a posterior, others with
active units a bottleneck.
"""

from collections.abc import Iterator

from components.diagnosis.evidence import Evidence
from components.diagnosis.finding import Finding, cures
from components.params import Severity

__all__ = ["posterior_collapse", "unused_bottleneck"]

SILENT = 0.01
"""Nats of divergence a dimension that a collapsed posterior stays under. That it takes such a bound is in Lucas et al.,
*Don't Blame the ELBO!*, https://arxiv.org/abs/1911.02469; a hundredth of a nat tells an image from another as well as
a coin that falls on one side 57 times of 100."""

USED = 0.5
"""Part of the units that should be active. Some fall asleep in most models with room to spare; where most do, the
latent space is not what params.yaml says."""

SPEAK = {
    "beta": "1.0",
    "kl_warmup_steps": "more",
    "free_bits": "0.1",
    "latent_dim": "fewer",
    "training.optimizer.learning_rate": "lower",
}
NARROW = {
    "latent_dim": "fewer",
    "normalization": "layer",
    "activation": "silu",
    "training.optimizer.learning_rate": "lower",
}


def posterior_collapse(evidence: Evidence) -> Iterator[Finding]:
    """The latents of a model with a divergence say nothing of an image, or most of them do not."""
    kl, size = _divergence(evidence), getattr(evidence.config, "latent_dim", None)
    if kl is None or not size:
        return
    active = evidence.metric("active_units")
    numbers = {"kl": kl, "latent_dim": float(size)} | ({} if active is None else {"active_units": active})
    severity: Severity
    if active == 0 or kl < SILENT * size:
        severity, seen = "error", "latents say nothing of an image, and samples do without them"
    elif active is not None and active < USED * size:
        severity, seen = "warning", f"only {active:.0f} of {size} latent units are active"
    else:
        return
    yield Finding(
        "posterior_collapse",
        severity,
        f"posterior collapse: {seen}; the divergence from the prior is {kl:.3g} nats.",
        numbers,
        cures(evidence.config, SPEAK),
    )


def unused_bottleneck(evidence: Evidence) -> Iterator[Finding]:
    """Most latent units of a model without a divergence are the same whatever the image."""
    active, size = evidence.metric("active_units"), getattr(evidence.config, "latent_dim", None)
    if active is None or not size or _divergence(evidence) is not None or active >= USED * size:
        return
    yield Finding(
        "unused_bottleneck",
        "error" if active == 0 else "warning",
        f"unused bottleneck: {active:.0f} of {size} latent units vary from image to image.",
        {"active_units": active, "latent_dim": float(size)},
        cures(evidence.config, NARROW),
    )


def _divergence(evidence: Evidence) -> float | None:
    """Nats of an image over the last quarter of training, held out if they were taken there."""
    held_out = evidence.late("val_kl")
    return evidence.late("kl") if held_out is None else held_out

"""What went wrong in a run, named from its curves and metrics, with evidence and what cures it.

An illness is looked for wherever the numbers exist that show it; no family is asked for by name. Bounds are constants
with their reasons beside them.
"""

from collections.abc import Callable, Iterator

from components.diagnosis.adversaries import discriminator_overpowers, generator_overpowers
from components.diagnosis.energies import adrift, energies_drift
from components.diagnosis.evidence import Evidence
from components.diagnosis.finding import GRAVITY, Finding, gravest, paragraph, read_findings, write_findings
from components.diagnosis.gradients import exploding_gradients, non_finite, vanishing_gradients
from components.diagnosis.informative_loss import informative_loss
from components.diagnosis.inverse import imprecise_inverse
from components.diagnosis.latents import posterior_collapse, unused_bottleneck
from components.diagnosis.memorisation import memorisation, recitation
from components.diagnosis.mode_collapse import mode_collapse
from components.diagnosis.noise_like import noise_like
from components.diagnosis.overfitting import critic_overfits, overfitting
from components.params import Severity

__all__ = [
    "ILLNESSES",
    "Evidence",
    "Finding",
    "Severity",
    "adrift",
    "diagnose",
    "gravest",
    "paragraph",
    "read_findings",
    "write_findings",
]

ILLNESSES: tuple[Callable[[Evidence], Iterator[Finding]], ...] = (
    non_finite,
    noise_like,
    mode_collapse,
    memorisation,
    recitation,
    discriminator_overpowers,
    generator_overpowers,
    posterior_collapse,
    unused_bottleneck,
    energies_drift,
    imprecise_inverse,
    vanishing_gradients,
    exploding_gradients,
    overfitting,
    critic_overfits,
    informative_loss,
)
"""Every illness that is looked for; each gives no finding, or one (of gradients, one a player)."""


def diagnose(evidence: Evidence) -> list[Finding]:
    """All that is wrong with a run, the gravest first; empty where nothing is."""
    findings = [finding for illness in ILLNESSES for finding in illness(evidence)]
    return sorted(findings, key=lambda finding: GRAVITY.index(finding.severity))

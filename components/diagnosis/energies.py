"""Energies of data and of samples that drift apart.

Du and Mordatch, *Implicit Generation and Modeling with Energy-Based Models*, https://arxiv.org/abs/1903.08689, hold
energies down by a penalty; Nijkamp et al., *On the Anatomy of MCMC-Based Maximum Likelihood Learning of Energy-Based
Models*, https://arxiv.org/abs/1903.12370: the difference of the two mean energies scatters around zero where
training is stable, and where it is not, chains no longer reach what the energy calls likely.
"""

from collections.abc import Iterator, Mapping

import numpy as np

from components.diagnosis.evidence import Evidence
from components.diagnosis.finding import Finding, cures

__all__ = ["DRIFT", "adrift", "energies_drift"]

DRIFT = 5.0
"""Spreads of the data's energies that may lie between the mean energies of data and of samples."""

OFTEN = 0.1
"""Part of the epochs that may be adrift, if the last is not: chains that were lost for a while may be found again."""

HOLD = {
    "energy_penalty": "more",
    "training.optimizer.learning_rate": "lower",
    "spectral_norm": "true",
    "steps": "more",
    "reinitialise": "lower",
    "data_noise": "0.03",
    "clip": "0.1",
}


def adrift(logs: Mapping[str, float]) -> Iterator[str]:
    """What to say of an epoch while a model trains, if its energies say that it is adrift."""
    if {"energy_gap", "energy_spread"} <= logs.keys() and _drifted(logs["energy_gap"], logs["energy_spread"]):
        gap, spread = logs["energy_gap"], logs["energy_spread"]
        yield f"energies of data and samples drift apart: {gap:.3g}, when those of data spread over {spread:.3g}"


def energies_drift(evidence: Evidence) -> Iterator[Finding]:
    """Data and samples have energies that have nothing to do with each other, at the end or often."""
    gaps, spreads = evidence.curve("energy_gap"), evidence.curve("energy_spread")
    lost = [_drifted(gap, spread) for gap, spread in zip(gaps, spreads, strict=False)]
    if not lost or not (lost[-1] or np.mean(lost) > OFTEN):
        return
    gap, spread, part = float(gaps[-1]), float(spreads[-1]), float(np.mean(lost))
    yield Finding(
        "energies_drift",
        "error" if lost[-1] else "warning",
        f"energies of data and samples drift apart in {part:.0%} of the epochs; in the last they are {gap:.3g} apart, "
        f"when those of data spread over {spread:.3g}.",
        {"energy_gap": gap, "energy_spread": spread, "epochs_adrift": part},
        cures(evidence.config, HOLD),
    )


def _drifted(gap: float, spread: float) -> bool:
    return abs(gap) > DRIFT * spread

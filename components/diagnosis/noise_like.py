"""Samples that are hardly nearer to the data than noise is.

A distance says something between two others only: that of real images, the floor, and that of uniform noise, the
ceiling, by the same metric at the same size.
"""

from collections.abc import Iterator

from components.diagnosis.evidence import Evidence
from components.diagnosis.finding import Finding, cures

__all__ = ["noise_like"]

DISTANCES = ("frechet_distance", "kernel_distance", "energy_distance")
"""The first of these that is known of the model, the floor and the ceiling is what counts."""

NO_BETTER = 0.5
"""Half of the way from real images to noise: an error."""

POOR = 0.1
"""A tenth of the way: a warning. Good models of digits have gone less than a twentieth of it."""

LEARN = {
    "training.epochs": "more",
    "training.optimizer.learning_rate": "another",
    "widths": "wider",
    "generator.widths": "wider",
    "sample_steps": "more",
}


def noise_like(evidence: Evidence) -> Iterator[Finding]:
    """Samples are a good part of the way from real images to noise."""
    for name in DISTANCES:
        way = evidence.way_to_noise(name)
        if way is None:
            continue
        if way >= POOR:
            yield Finding(
                "noise_like",
                "error" if way >= NO_BETTER else "warning",
                f"samples lie {way:.0%} of the way from real images to noise, by {name}.",
                {"way_to_noise": way, name: evidence.metric(name) or 0.0},
                cures(evidence.config, LEARN),
            )
        return

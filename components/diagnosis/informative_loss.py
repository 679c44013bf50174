"""Whether a loss tells how good samples are.

Arjovsky, Chintala and Bottou, *Wasserstein GAN*, https://arxiv.org/abs/1701.07875, section 4.2 and figures 3 and 4: a
critic's estimate of the Wasserstein distance falls as samples get better, while what the players of a GAN lose says
nothing of it. Whether that holds for a run is measured here, not taken on trust: rank correlation, over training, of
each loss with the Fréchet distance. Both may share a trend and nothing else, so the number is a note on the run, no
more; and of a player that wins as samples get better it may well be negative.
"""

from collections.abc import Iterator

import numpy as np

from components.diagnosis.evidence import Evidence
from components.diagnosis.finding import Finding
from components.diagnosis.ranks import rank_correlation

__all__ = ["informative_loss"]

FEWEST = 5
"""Epochs with samples that a correlation takes: of four, all in order are 1 in 24 by chance, of five 1 in 120."""

INFORMATIVE = 0.7
"""Half of the variance of one's ranks is in the other's, ``0.7² = 0.49``."""

ESTIMATES = ("wasserstein", "val_wasserstein")
"""Columns that estimate a distance of samples from data, though no player is named by them."""


def informative_loss(evidence: Evidence) -> Iterator[Finding]:
    """A note with the rank correlation of each loss with the Fréchet distance, and what it means."""
    distances = {
        point["epoch"]: point["frechet_distance"]
        for point in evidence.quality
        if np.isfinite(point.get("frechet_distance", np.nan))
    }
    names = [*evidence.players, *ESTIMATES]
    found = {name: value for name in names if (value := _correlation(evidence, name, distances)) is not None}
    if not found:
        return
    told = [name for name, value in found.items() if value >= INFORMATIVE]
    numbers = ", ".join(f"{value:.2f} for {name}" for name, value in found.items())
    meaning = f"{' and '.join(told)} told how good samples were" if told else "no loss told how good samples were"
    yield Finding(
        "informative_loss",
        "note",
        f"over training, the rank correlation of a loss with the Fréchet distance of samples is {numbers}: {meaning}.",
        {f"rank_correlation_{name}": value for name, value in found.items()},
    )


def _correlation(evidence: Evidence, name: str, distances: dict[float, float]) -> float | None:
    rows = zip(evidence.curve("epoch"), evidence.curve(name), strict=False)
    pairs = np.array([(value, distances[epoch]) for epoch, value in rows if epoch in distances and np.isfinite(value)])
    if len(pairs) < FEWEST:
        return None
    correlation = rank_correlation(pairs[:, 0], pairs[:, 1])
    return None if np.isnan(correlation) else correlation

"""The columns of likelihoods: what is exact, what bounds it, and what is on a scale of its own."""

from typing import Any

from components.reporting.column import Better, Column
from components.reporting.groups import ANNEALED, ELBO, EXACT, IMPORTANCE, OWN

__all__ = ["LIKELIHOOD_COLUMNS"]

NATS = (
    "Nats of a whole image, as a probability of its intensities: they compare where data and intensities are the same."
)
Sides = tuple[str, str]
AT_LEAST, AT_MOST, ABOUT = ("≥", "≤"), ("≤", "≥"), ("≈", "≈")
BITS = "The same as bits for each pixel and channel"


def _likelihood(group: str, key: str, meaning: str, sides: Sides = AT_LEAST, **more: Any) -> tuple[Column, Column]:
    """Nats and bits of one likelihood, with the signs of a bound: so many nats at least are so many bits at most."""
    nats, bits = sides if group != EXACT else ("", "")
    better: tuple[Better | None, Better | None] = ("higher", "lower") if sides == AT_LEAST else (None, None)
    return (
        Column(group, "nats ↑", (f"{key}_nats",), meaning + NATS, sign=nats, better=better[0], **more),
        Column(group, "bits/dim ↓", (f"{key}_bits_per_dim",), f"{BITS}.", sign=bits, better=better[1], **more),
    )


LIKELIHOOD_COLUMNS = (
    *_likelihood(EXACT, "log_likelihood", ""),
    *_likelihood(ELBO, "elbo", "Evidence lower bound: the log-likelihood is at least this. "),
    *_likelihood(
        IMPORTANCE,
        "importance_bound",
        "Lower bound of the same log-likelihood from k draws, on average tighter than the ELBO. ",
        extra="k",
    ),
    *_likelihood(
        ANNEALED,
        "log_likelihood_lower",
        "An estimate and no bound, from chains that lead back from the model's own samples, which are not exact ones. ",
        sides=ABOUT,
    ),
    *_likelihood(
        ANNEALED,
        "log_likelihood_upper",
        "At most this, but for luck, from chains that lead from noise to the model. Where it is far from the estimate"
        " neither is worth much. ",
        sides=AT_MOST,
    ),
    Column(
        OWN,
        "exact",
        ("log_likelihood_own_scale_nats",),
        "A log-likelihood that is no probability of intensities (a density, a coin of greys): comparable only between"
        " models of the same likelihood, so no best is marked.",
        unit="nats",
    ),
    Column(OWN, "ELBO", ("elbo_own_scale_nats",), "Evidence lower bound of such a one.", unit="nats", sign="≥"),
    Column(
        OWN,
        "importance bound",
        ("importance_bound_own_scale_nats",),
        "Importance-weighted lower bound of such a one, from k draws.",
        unit="nats",
        sign="≥",
        extra="k",
    ),
)

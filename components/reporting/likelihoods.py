"""The columns of likelihoods: what is exact, what bounds it, and what is on a scale of its own."""

from typing import Any

from components.reporting.column import Column
from components.reporting.groups import ANNEALED, ELBO, EXACT, IMPORTANCE, OWN

__all__ = ["LIKELIHOOD_COLUMNS"]

NATS = (
    "Nats of a whole image, as a probability of its intensities: they compare where data and intensities are the same."
)
BITS = "The same as bits for each pixel and channel"


def _likelihood(group: str, key: str, meaning: str, **more: Any) -> tuple[Column, Column]:
    """Nats and bits of one likelihood."""
    return (
        Column(group, "nats ↑", (f"{key}_nats",), meaning + NATS, **more),
        Column(group, "bits/dim ↓", (f"{key}_bits_per_dim",), f"{BITS}.", **more),
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
    ),
    *_likelihood(
        ANNEALED,
        "log_likelihood_upper",
        "At most this, but for luck, from chains that lead from noise to the model. Where it is far from the estimate"
        " neither is worth much. ",
    ),
    Column(
        OWN,
        "exact",
        ("log_likelihood_own_scale_nats",),
        "A log-likelihood that is no probability of intensities (a density, a coin of greys): comparable only between"
        " models of the same likelihood, so no best is marked.",
        unit="nats",
    ),
    Column(OWN, "ELBO", ("elbo_own_scale_nats",), "Evidence lower bound of such a one.", unit="nats"),
    Column(
        OWN,
        "importance bound",
        ("importance_bound_own_scale_nats",),
        "Importance-weighted lower bound of such a one, from k draws.",
        unit="nats",
        extra="k",
    ),
)

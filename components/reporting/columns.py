"""The columns of the table: which number each holds, and what that number means."""

from dataclasses import dataclass
from typing import Any

from components.reporting.results import Result

__all__ = ["COLUMNS", "COST", "LIKELIHOODS", "SIZE", "Column"]


@dataclass(frozen=True)
class Column:
    """A column of numbers.

    Args:
        group: what it belongs with; numbers of two groups say nothing about one another.
        heading: its title, below the group's.
        where: the key in the metrics, or ``costs`` and the keys in the costs.
        meaning: one sentence for the page.
        unit: what its numbers count.
        sign: a bound's sign, written before the number.
        factor: what the number is multiplied by where it is shown; the CSV has it as it is.
    """

    group: str
    heading: str
    where: tuple[str, ...]
    meaning: str
    unit: str = ""
    sign: str = ""
    factor: float = 1

    @property
    def title(self) -> str:
        """The heading with its unit."""
        return f"{self.heading}, {self.unit}" if self.unit else self.heading

    def value(self, result: Result) -> Any:
        """What the model has here: a number, a mapping with ``mean`` and ``standard_error``, or None."""
        found: Any = {**result.metrics, "costs": result.costs}
        for key in self.where:
            found = found.get(key) if isinstance(found, dict) else None
        return found


SIZE, COST = "Size", "Cost here"
SQUARED, DISTANCE, ENERGY = "Squared error × 10⁻³", "Energy distance × 10⁻³", "Energy"
EXACT, ELBO, IMPORTANCE = "Log-likelihood, exact", "ELBO", "Importance bound"
OWN, TEXT = "On a scale of its own", "Text"
LIKELIHOODS = (EXACT, ELBO, IMPORTANCE, OWN)

NATS = (
    "Nats of a whole image, as a probability of its intensities: they compare where data and intensities are the same."
)
BITS = "The same as bits for each pixel and channel"

COLUMNS = (
    Column(SIZE, "parameters", ("parameters",), "Numbers that training moves."),
    Column(
        SQUARED,
        "reconstruction",
        ("reconstruction_error",),
        "Squared distance of a test image from its reconstruction, mean over pixels in [0, 1].",
        factor=1000,
    ),
    Column(
        SQUARED,
        "denoised",
        ("denoising_error",),
        "The same where the model saw the image under the noise that it was trained with.",
        factor=1000,
    ),
    Column(
        SQUARED,
        "noisy input",
        ("noisy_input_error",),
        "What that noise costs if nothing is done: the error to beat.",
        factor=1000,
    ),
    Column(
        DISTANCE,
        "samples",
        ("energy_distance",),
        "How far samples are from test images, over all pairs: a number that every model of images has. Unbiased, so"
        " it can be below zero.",
        factor=1000,
    ),
    Column(
        DISTANCE,
        "training images",
        ("energy_distance_of_training_images",),
        "The same of as many training images: the floor, which a model is below by chance only.",
        factor=1000,
    ),
    Column(EXACT, "nats", ("log_likelihood_nats",), NATS),
    Column(EXACT, "bits/dim", ("log_likelihood_bits_per_dim",), f"{BITS}."),
    Column(
        ELBO, "nats", ("elbo_nats",), f"Evidence lower bound: the log-likelihood is at least this. {NATS}", sign="≥"
    ),
    Column(ELBO, "bits/dim", ("elbo_bits_per_dim",), f"{BITS}, so an upper bound.", sign="≤"),
    Column(
        IMPORTANCE,
        "nats",
        ("importance_bound_nats",),
        "Lower bound of the same log-likelihood from evaluation.importance_samples draws, on average tighter than the"
        " ELBO.",
        sign="≥",
    ),
    Column(IMPORTANCE, "bits/dim", ("importance_bound_bits_per_dim",), f"{BITS}, so an upper bound.", sign="≤"),
    Column(
        OWN,
        "exact",
        ("log_likelihood_own_scale_nats",),
        "A log-likelihood that is no probability of intensities (a density, a coin of greys): comparable only between"
        " models of the same likelihood.",
        unit="nats",
    ),
    Column(OWN, "ELBO", ("elbo_own_scale_nats",), "Evidence lower bound of such a one.", unit="nats", sign="≥"),
    Column(
        OWN,
        "importance bound",
        ("importance_bound_own_scale_nats",),
        "Importance-weighted lower bound of such a one.",
        unit="nats",
        sign="≥",
    ),
    Column(
        ENERGY,
        "test images",
        ("test_energy",),
        "Mean energy: known up to a constant, so only the gap to the next column counts.",
    ),
    Column(
        ENERGY,
        "samples",
        ("sample_energy",),
        "The same of samples; where it is near that of test images, chains reach them.",
    ),
    Column(
        TEXT,
        "bits per character",
        ("bits_per_character",),
        "Exact code length of a character of the test text, given those before it.",
    ),
    Column(
        TEXT,
        "perplexity",
        ("perplexity",),
        "Two to the power of the bits: as hard to guess as one of so many equally likely characters.",
    ),
    Column(COST, "training", ("costs", "training", "seconds"), "Wall-clock seconds of training.", unit="s"),
    Column(
        COST,
        "sampling",
        ("costs", "sampling", "samples_per_second"),
        "Images, or texts of the length in params.yaml, a second, once compiled.",
        unit="1/s",
    ),
    Column(COST, "evaluation", ("costs", "evaluation", "seconds"), "Wall-clock seconds of the evaluation.", unit="s"),
)

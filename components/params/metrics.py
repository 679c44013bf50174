"""What is known of a metric by its name alone: which way is better, and what a bound tells of the true value."""

from dataclasses import dataclass
from typing import Literal

__all__ = ["METRICS", "Better", "Metric"]

Better = Literal["lower", "higher"]


@dataclass(frozen=True)
class Metric:
    """How a number of ``artifacts/metrics`` is read.

    Args:
        better: which way is better, if models may be ranked by it at all.
        sign: what the true value is to this number where it is no measurement of that value itself: ``≥`` or ``≤`` a
            bound, ``≈`` an estimate.
    """

    better: Better | None = None
    sign: str = ""

    @property
    def kind(self) -> str:
        """What its sign says, in words; empty where there is none."""
        return {"≥": "lower bound", "≤": "upper bound", "≈": "estimate"}.get(self.sign, "")


MEASURED, LOWER, HIGHER = Metric(), Metric("lower"), Metric("higher")
AT_LEAST, AT_MOST, ABOUT = Metric(sign="≥"), Metric(sign="≤"), Metric(sign="≈")

METRICS = {
    "frechet_distance": LOWER,
    "frechet_distance_infinite": LOWER,
    "kernel_distance": LOWER,
    "energy_distance": LOWER,
    "precision": HIGHER,
    "recall": HIGHER,
    "density": MEASURED,
    "coverage": HIGHER,
    "diversity": MEASURED,
    "class_entropy": MEASURED,
    "class_distance": LOWER,
    "classes_found": HIGHER,
    "nearest_training_feature": MEASURED,
    "nearest_training_pixel": MEASURED,
    "copies_feature": MEASURED,
    "copies_pixel": MEASURED,
    "reconstruction_error": LOWER,
    "denoising_error": LOWER,
    "noisy_input_error": MEASURED,
    "inverse_error": LOWER,
    "active_units": MEASURED,
    "test_energy": MEASURED,
    "sample_energy": MEASURED,
    "log_likelihood_nats": HIGHER,
    "log_likelihood_bits_per_dim": LOWER,
    "elbo_nats": Metric("higher", "≥"),
    "elbo_bits_per_dim": Metric("lower", "≤"),
    "importance_bound_nats": Metric("higher", "≥"),
    "importance_bound_bits_per_dim": Metric("lower", "≤"),
    "log_likelihood_lower_nats": ABOUT,
    "log_likelihood_lower_bits_per_dim": ABOUT,
    "log_likelihood_upper_nats": AT_MOST,
    "log_likelihood_upper_bits_per_dim": AT_LEAST,
    "log_partition_lower": AT_LEAST,
    "log_partition_upper": ABOUT,
    "log_likelihood_own_scale_nats": MEASURED,
    "elbo_own_scale_nats": AT_LEAST,
    "importance_bound_own_scale_nats": AT_LEAST,
    "bits_per_character": LOWER,
    "perplexity": LOWER,
    **{f"distinct_{n}": MEASURED for n in (1, 2, 3, 4, 8, 16)},
    **{f"novelty_{n}": MEASURED for n in (4, 8, 16, 32)},
    "longest_copied_run": MEASURED,
    "parameters": MEASURED,
}
"""Every metric that ``evaluate`` may give, but for the numbers of examples that others rest on."""

"""One file a metric: NumPy in, numbers out."""

from components.metrics.bootstrap import bootstrap, bootstrap_means
from components.metrics.classes import class_distance, class_entropy, classes_found, histogram
from components.metrics.energy_distance import energy_distance
from components.metrics.frechet import (
    fit_gaussian,
    frechet_contributions,
    frechet_distance,
    frechet_distance_infinite,
    frechet_from_moments,
)
from components.metrics.kernel_distance import kernel_distance
from components.metrics.latents import active_units
from components.metrics.likelihood import bits_per_dim
from components.metrics.memorisation import copies, memorisation, nearest
from components.metrics.moments import Moments
from components.metrics.neighbourhoods import Neighbourhoods, neighbourhoods, radii
from components.metrics.ngrams import copied_lengths, distinct, longest_copied_run, novelty
from components.metrics.reconstruction import squared_error
from components.metrics.text import bits_per_character, perplexity

__all__ = [
    "Moments",
    "Neighbourhoods",
    "active_units",
    "bits_per_character",
    "bits_per_dim",
    "bootstrap",
    "bootstrap_means",
    "class_distance",
    "class_entropy",
    "classes_found",
    "copied_lengths",
    "copies",
    "distinct",
    "energy_distance",
    "fit_gaussian",
    "frechet_contributions",
    "frechet_distance",
    "frechet_distance_infinite",
    "frechet_from_moments",
    "histogram",
    "kernel_distance",
    "longest_copied_run",
    "memorisation",
    "nearest",
    "neighbourhoods",
    "novelty",
    "perplexity",
    "radii",
    "squared_error",
]

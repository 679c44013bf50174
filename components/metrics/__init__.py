"""One file a metric: NumPy in, numbers out."""

from components.metrics.energy_distance import energy_distance
from components.metrics.likelihood import bits_per_dim
from components.metrics.moments import Moments
from components.metrics.reconstruction import squared_error
from components.metrics.text import bits_per_character, perplexity

__all__ = ["Moments", "bits_per_character", "bits_per_dim", "energy_distance", "perplexity", "squared_error"]

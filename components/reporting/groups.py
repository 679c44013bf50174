"""What columns of the table belong with, in the words of their headings."""

__all__ = [
    "ANNEALED",
    "CLASSES",
    "COPIES",
    "COPYING",
    "ELBO",
    "ENERGY",
    "ENERGY_DISTANCE",
    "EXACT",
    "FRECHET",
    "IMPORTANCE",
    "KERNEL",
    "LIKELIHOODS",
    "MEMORISATION",
    "MEMORY",
    "NEIGHBOURHOODS",
    "OWN",
    "PARTS",
    "RECONSTRUCTION",
    "SECONDS",
    "SIZE",
    "SPREAD",
    "TEXT",
    "THOUSAND",
    "VARIETY",
]

SIZE, SECONDS, THOUSAND, MEMORY = "Size", "Seconds here", "A thousand samples", "Peak memory here"
FRECHET = "Fréchet classifier distance (FCD), lower is better"
KERNEL = "Kernel distance, lower is better"
ENERGY_DISTANCE = "Energy distance × 10⁻³, lower is better"
NEIGHBOURHOODS = "Among nearest neighbours, higher is better (density: best near the floor)"
CLASSES = "Classes, by the reference classifier"
MEMORISATION = "Nearest training image, 1 is as new as test images"
SPREAD, COPIES = "Diversity, 1 is the test images'", "Near copies, %, 1 in new images"
RECONSTRUCTION, ENERGY = "Squared error × 10⁻³, lower is better", "Energy"
EXACT = "Log-likelihood, exact"
ELBO, IMPORTANCE = "ELBO, a bound", "Importance bound"
ANNEALED = "Log-likelihood, by annealed importance sampling"
OWN = "Log-likelihood on a scale of its own"
TEXT, VARIETY = "Text, lower is better", "Sampled text, best near the test text's"
COPYING = "Copied by samples, best near the test text's"
LIKELIHOODS = (EXACT, ELBO, IMPORTANCE, ANNEALED, OWN)

PARTS = {
    "Samples": (FRECHET, KERNEL, ENERGY_DISTANCE, NEIGHBOURHOODS, SPREAD, CLASSES, MEMORISATION, COPIES),
    "Likelihood": LIKELIHOODS,
    "Reconstruction and energy": (RECONSTRUCTION, ENERGY),
    "Text": (TEXT, VARIETY, COPYING),
    "Cost": (SIZE, SECONDS, THOUSAND, MEMORY),
}
"""Groups of columns that are shown as one table; every group is in one of them."""

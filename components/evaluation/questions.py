"""The questions that a model of images answers, each compiled once and asked in batches of one size.

Which ones it answers is seen from its methods, not from its family.
"""

from collections.abc import Callable

import numpy as np

from components.backend import compiled, in_batches
from components.models.contract import (
    Autoencodes,
    Denoises,
    HasBounds,
    HasEnergy,
    HasImportanceBound,
    HasLikelihood,
    HasPartition,
    ImageFamily,
    Inverts,
)

__all__ = ["Questions"]


class Questions:
    """The questions to one model.

    Args:
        model: a trained model.
        batch_size: images a compiled call.
        k: draws of the importance-weighted bound, and of the integral over what is rounded to an image.
    """

    def __init__(self, model: ImageFamily, batch_size: int, k: int):
        self.model, self.batch_size, self.k = model, batch_size, k
        found = _methods(model, k)
        self._compiled = {name: compiled(method, model.variables) for name, method in found.items()}

    def __contains__(self, question: str) -> bool:
        return question in self._compiled

    def __call__(self, question: str, *arrays: np.ndarray, label: np.ndarray | None = None) -> np.ndarray:
        """Answers ``[N, …]`` to a question about ``N`` examples; a conditional model is told their classes."""
        told = (*arrays, label) if self.model.conditional and label is not None else arrays
        return in_batches(self._compiled[question], *told, size=self.batch_size)


def _methods(model: ImageFamily, k: int) -> dict[str, Callable]:
    found: dict[str, Callable] = {}
    if isinstance(model, Autoencodes):
        found |= {"encode": model.encode, "decode": model.decode}
    if isinstance(model, Denoises) and model.corrupts:
        found |= {"corrupt": lambda x: model.corrupt(model.to_unit(x)), "denoise": model.denoise}
    if isinstance(model, HasBounds):
        found["elbo"] = model.elbo
    if isinstance(model, HasImportanceBound):
        found["importance_bound"] = lambda x, *label: model.importance_bound(x, k, *label)
    if isinstance(model, HasLikelihood):
        found["log_likelihood"] = model.log_likelihood
    if isinstance(model, Inverts):
        found["inverse_error"] = model.inverse_error
    if isinstance(model, HasEnergy):
        found["energy"] = model.energy
    if isinstance(model, HasPartition) and model.normalisable:
        found["log_mass"] = lambda x: model.log_mass(x, k)
    return found

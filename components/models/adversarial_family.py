"""What is common to the families whose generator learns from a network that judges."""

from functools import cached_property
from typing import Any

import numpy as np

from components.backend import compiled, in_batches
from components.models.contract import Batch, ImageFamily
from components.networks.adversarial import Generator, latents

__all__ = ["AdversarialFamily"]


class AdversarialFamily(ImageFamily):
    """A model whose ``generator`` makes images of Gaussian noise."""

    generator: Generator

    def given(self, batch: Batch) -> tuple[Any, Any]:
        """Images of a batch in [0, 1], and their classes if the model is told them."""
        return self.to_unit(batch["image"]), batch["label"] if self.conditional else None

    def sample(self, n: int, seed: int, *, label: int = -1, truncation: float = 0.0) -> np.ndarray:
        """Images of noise.

        Args:
            n: how many.
            seed: same seed, same images.
            label: class of all of them; -1 draws classes, or is for a model without.
            truncation: noise farther out than this is drawn again: fewer odd images, less variety; 0 for none.

        Returns:
            ``uint8[n, H, W, C]`` of intensities.

        Raises:
            UserError: there is no such class, or the truncation is negative or so small that drawing would not end.
        """
        random = np.random.default_rng(seed)
        classes = self.sampled_labels(n, label, random)
        z = latents(n, self.config.latent_dim, random, truncation)
        return self.to_intensities(in_batches(self._generate, z, classes))

    @cached_property
    def _generate(self):
        return compiled(lambda z, label: self.generator(z, label if self.conditional else None), self.variables)

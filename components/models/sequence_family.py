"""What is common to the families that draw one token after another."""

from abc import abstractmethod
from typing import Any

import numpy as np

from components.models.contract import Family
from components.networks.choosing import limits
from components.networks.sequences import Sequences
from components.params import Spec

__all__ = ["SequenceFamily"]


class SequenceFamily(Family):
    """A model of texts or of images as sequences of intensities.

    Args:
        config: its section of ``params.yaml``.
        spec: an image or a text data set.
    """

    discrete = True

    def __init__(self, config: Any, spec: Spec):
        super().__init__(config, spec)
        self.sequences = Sequences(spec)

    @abstractmethod
    def continued(self, prefix: list[int], u: np.ndarray, chosen: Any) -> np.ndarray:
        """Draw the tokens that follow a beginning.

        Args:
            prefix: the beginning, the same for all, at least one token.
            u: the number in [0, 1) that chooses each token, ``float32[n, T]``.
            chosen: how, as :func:`components.networks.choosing.choose` takes it.

        Returns:
            ``int32[n, T]``.
        """

    def sample(
        self,
        n: int,
        seed: int,
        *,
        length: int = 500,
        temperature: float = 1.0,
        top_k: int = 0,
        top_p: float = 1.0,
        prompt: str = "",
    ) -> np.ndarray:
        """Images, or continuations of a prompt.

        Args:
            n: how many.
            seed: same seed, same samples.
            length: characters of each text.
            temperature: below 1 likelier, above 1 stranger; 0 takes the likeliest token always.
            top_k: choose among so many likeliest tokens only; 0 for all.
            top_p: choose among the likeliest tokens that make up this probability only; 1 for all.
            prompt: what a text continues; it is not repeated. Where a context limits the model, only its end is read.

        Returns:
            ``uint8[n, H, W, C]``, or tokens ``int32[n, length]``.

        Raises:
            UserError: the prompt has a character that the vocabulary lacks, or a knob is out of its range.
        """
        chosen = limits(temperature, top_k, top_p)
        prefix, u = self.sequences.begin(n, seed, length, prompt)
        return self.sequences.examples(self.continued(prefix, u, chosen))

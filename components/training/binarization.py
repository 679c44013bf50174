"""Black and white drawn from greys, anew each time an image is seen.

Burda, Grosse and Salakhutdinov, *Importance Weighted Autoencoders*, https://arxiv.org/abs/1509.00519, section 5, after
Salakhutdinov and Murray, https://www.cs.toronto.edu/~rsalakhu/papers/dbn_ais.pdf.
"""

import numpy as np

__all__ = ["binarized"]

PURPOSE = 1  # tells this use of (seed, epoch) from the order of examples
PER_BLOCK = 16  # numbers of 16 bits in what Philox makes of one value of its counter
BELOW = ((np.arange(256) * 65536 + 254) // 255).astype(np.uint32)
"""For each intensity how many of 65,536 equally likely numbers make it white: none of black, all of white."""


def binarized(intensities: np.ndarray, seed: int, epoch: int, first: int) -> np.ndarray:
    """A coin for each pixel, whose chance of 1 is the intensity.

    Args:
        intensities: ``uint8[K, …]``, 0 … 255, of consecutive positions of an epoch.
        seed: of the whole training.
        epoch: which one.
        first: position of the first of them; where an epoch is cut changes no draw.

    Returns:
        ``uint8[K, …]`` of 0 and 1.
    """
    pixels = intensities[0].size
    blocks = -(-pixels // PER_BLOCK)  # of one image
    key = np.random.SeedSequence((seed, epoch, PURPOSE)).generate_state(2, np.uint64)
    raw = np.random.Philox(counter=first * blocks, key=key).random_raw(len(intensities) * blocks * 4)
    numbers = raw.view(np.uint16).reshape(len(intensities), blocks * PER_BLOCK)[:, :pixels]
    return (numbers < BELOW[intensities.reshape(len(intensities), pixels)]).astype(np.uint8).reshape(intensities.shape)

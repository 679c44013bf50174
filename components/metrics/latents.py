"""How much of a latent space is used."""

import numpy as np

__all__ = ["active_units"]


def active_units(latents: np.ndarray, relative: bool = False, threshold: float = 0.01) -> int:
    """Latent units whose value depends on the example: their variance over the data is above ``threshold``.

    Burda, Grosse and Salakhutdinov, *Importance Weighted Autoencoders*, https://arxiv.org/abs/1509.00519, section 5.2,
    where latents are posterior means under a standard normal prior.

    Args:
        latents: ``float[N, D]``, one of each example.
        relative: the threshold is a part of the largest variance: for latents without a prior, which have no scale.
        threshold: of the variance.

    >>> active_units(np.array([[0.0, 1.0], [2.0, 1.0]]))
    1
    """
    variances = np.var(np.asarray(latents, np.float64), axis=0)
    return int(np.sum(variances > threshold * (variances.max() if relative else 1.0)))

"""How far reconstructions are from their originals."""

import numpy as np

__all__ = ["squared_error"]


def squared_error(original: np.ndarray, reconstruction: np.ndarray) -> np.ndarray:
    """Mean squared error per pixel of each example.

    Args:
        original: ``float[N, …]``, pixels in [0, 1].
        reconstruction: the same shape and range.

    Returns:
        ``float64[N]``, in squared units of the full range of intensities.
    """
    original, reconstruction = np.asarray(original, np.float64), np.asarray(reconstruction, np.float64)
    if original.shape != reconstruction.shape:
        raise ValueError(f"originals {original.shape} and reconstructions {reconstruction.shape} differ in shape")
    return ((original - reconstruction) ** 2).reshape(len(original), -1).mean(axis=1)

"""A Gaussian mixture over latents, kept among a model's weights."""

import numpy as np
from keras import layers, ops

__all__ = ["GaussianMixture"]


class GaussianMixture(layers.Layer):
    """Weights, means and Cholesky factors of Gaussians with full covariances.

    Args:
        components: how many Gaussians.
        dim: of the space.
    """

    def __init__(self, components: int, dim: int):
        super().__init__(name="mixture", dtype="float32")
        zeros = {"initializer": "zeros", "trainable": False}
        self.weight = self.add_weight(shape=(components,), name="weight", **zeros)
        self.mean = self.add_weight(shape=(components, dim), name="mean", **zeros)
        self.cholesky = self.add_weight(shape=(components, dim, dim), name="cholesky", **zeros)
        self.built = True

    def fit(self, points: np.ndarray, seed: int) -> None:
        """Fit to ``float[N, dim]`` by expectation maximisation.

        Fewer points than Gaussians leave some Gaussians with no weight.
        """
        from sklearn.mixture import GaussianMixture as Fitted

        k = min(self.weight.shape[0], len(points))
        fitted = Fitted(k, reg_covar=1e-4, random_state=seed).fit(points.astype("float64"))
        for variable, value in [
            (self.weight, fitted.weights_),
            (self.mean, fitted.means_),
            (self.cholesky, np.linalg.cholesky(fitted.covariances_)),
        ]:
            full = np.zeros(variable.shape, "float32")
            full[:k] = value
            variable.assign(full)

    def sample(self, n: int, seed: int) -> np.ndarray:
        """``float32[n, dim]``; same seed, same points."""
        weight, mean, cholesky = (ops.convert_to_numpy(v) for v in (self.weight, self.mean, self.cholesky))
        random = np.random.default_rng(seed)
        chosen = random.choice(len(weight), size=n, p=weight.astype("float64") / weight.sum(dtype="float64"))
        noise = random.standard_normal((n, mean.shape[1]), "float32")
        return mean[chosen] + np.einsum("nij,nj->ni", cholesky[chosen], noise)

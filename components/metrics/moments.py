"""Mean and standard error of values that come in chunks, in constant memory.

Chan, Golub, LeVeque: Updating Formulae and a Pairwise Algorithm for Computing Sample Variances (1979),
http://i.stanford.edu/pub/cstr/reports/cs/tr/79/773/CS-TR-79-773.pdf
"""

import math

import numpy as np

__all__ = ["Moments"]


class Moments:
    """The mean of independent values, and the standard error of that mean.

    >>> moments = Moments(np.array([1.0, 2.0]))
    >>> moments.add(np.array([3.0, 4.0]))
    >>> moments.summary()
    {'mean': 2.5, 'standard_error': 0.6454972243679028}
    """

    def __init__(self, values: np.ndarray | None = None) -> None:
        self.count, self.mean, self._squares = 0, 0.0, 0.0
        if values is not None:
            self.add(values)

    def add(self, values: np.ndarray) -> None:
        """Take a further chunk of values, of any shape."""
        values = np.asarray(values, np.float64).ravel()
        if not len(values):
            return
        count, mean = self.count + len(values), float(values.mean())
        shift = mean - self.mean
        self._squares += float(((values - mean) ** 2).sum()) + shift**2 * self.count * len(values) / count
        self.mean += shift * len(values) / count
        self.count = count

    @property
    def standard_error(self) -> float:
        """Of the mean, from the sample's unbiased variance; NaN for fewer than two values."""
        return math.sqrt(self._squares / (self.count - 1) / self.count) if self.count > 1 else math.nan

    def summary(self, factor: float = 1.0) -> dict[str, float | None]:
        """Mean and standard error, both times ``factor``; ``None`` where the values are too few."""
        if not self.count:
            return {"mean": None, "standard_error": None}
        error = self.standard_error * abs(factor)
        return {"mean": self.mean * factor, "standard_error": None if math.isnan(error) else error}

from pydoc_data.topics import topics

import numpy as np
import pytest
from sklearn.datasets import load_digits

from components.params import Spec
from tests.models.building import text_spec
from tests.networks.conftest import seeded

__all__ = ["digits", "prose", "seeded"]


@pytest.fixture(scope="session")
def digits() -> np.ndarray:
    """``uint8[1797, 8, 8, 1]`` of 17 intensities."""
    return load_digits().images.astype("uint8")[..., None]


@pytest.fixture(scope="session")
def prose() -> tuple[np.ndarray, Spec]:
    """Forty thousand characters of the Python language reference as tokens, and their spec."""
    text = "\n".join(topics[name] for name in sorted(topics))[:40_000]
    spec = text_spec("".join(sorted(set(text))))
    return np.array(spec.tokens(text), "uint8"), spec

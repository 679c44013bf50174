import os

import keras
import pytest

if keras.backend.backend() == "jax":  # these tests are mostly compilation, which takes half the time unoptimised
    os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0")


@pytest.fixture(autouse=True)
def seeded():
    keras.utils.set_random_seed(7)

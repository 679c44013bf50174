import numpy as np
import pytest

from components.evaluation.normalising import bound_likelihood
from components.evaluation.questions import Questions
from tests.models.building import build


@pytest.fixture
def images():
    return np.random.default_rng(0).integers(17, size=(5, 8, 8, 1), dtype="uint8")


def test_a_larger_partition_function_makes_a_smaller_likelihood(images):
    ask = Questions(build("ebm"), batch_size=2, k=8)
    metrics = bound_likelihood(ask, images, chains=8, temperatures=12, seed=0)
    masses = ask("log_mass", images)
    for side, other in (("lower", "upper"), ("upper", "lower")):
        partition = metrics[f"log_partition_{side}"]
        assert 1 <= partition["effective_sample_size"] <= partition["chains"] == 8
        nats = metrics[f"log_likelihood_{other}_nats"]["mean"]
        assert nats == pytest.approx((masses - partition["mean"]).mean(), abs=1)
        bits = metrics[f"log_likelihood_{other}_bits_per_dim"]["mean"]
        assert bits == pytest.approx(-nats / (64 * np.log(2)))


def test_of_a_model_without_one_nothing_is_said(images):
    ask = Questions(build("ebm", clamp=False), batch_size=2, k=8)
    assert bound_likelihood(ask, images, chains=8, temperatures=12, seed=0) == {}

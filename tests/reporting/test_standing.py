"""Nobody is called the best whom the standard errors do not show to be."""

import numpy as np
import pytest
from scipy.stats import norm

from components.reporting.standing import SEPARATE, apart, leaders, ranked, separated
from tests.reporting.made import column, row

FCD = column("frechet_distance")


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ({"a": (1.0, 0.1), "b": (2.0, 0.1), "c": (3.0, 0.1)}, {"a"}),
        ({"a": (1.0, 0.1), "b": (1.2, 0.1), "c": (3.0, 0.1)}, {"a", "b"}),
        ({"a": (1.0, 2.0), "b": (1.2, 0.1), "c": (3.0, 0.1)}, set()),  # all of them, which is no news
        ({"a": (1.0, 0.1)}, set()),
        ({"a": (1.0, 0.1), "b": (9.0, None), "c": (3.0, 0.1)}, {"a", "b"}),  # who knows how far off b is
        ({"a": (float("nan"), 0.1), "b": (2.0, 0.1), "c": (3.0, 0.1)}, {"b"}),
    ],
)
def test_leaders_are_the_best_and_whoever_it_is_not_separated_from(numbers, expected):
    assert leaders(FCD, [row(name, frechet_distance=value) for name, value in numbers.items()]) == expected


def test_what_is_better_is_the_columns_matter():
    rows = [row(name, coverage=(mean, 0.01), class_entropy=(mean, 0.01)) for name, mean in (("a", 0.2), ("b", 0.9))]
    assert leaders(column("coverage"), rows) == {"b"}
    assert leaders(column("class_entropy"), rows) == set()


def test_of_a_table_of_equal_models_no_pair_is_separated_by_luck():
    pairs = 45 * 20
    assert pairs * 2 * norm.sf(SEPARATE) < 0.06
    draws = np.random.default_rng(0).normal(scale=[1.0, 3.0], size=(20 * pairs, 2))
    found = [
        separated(FCD, row("a", frechet_distance=(x, 1.0)), row("b", frechet_distance=(y, 3.0)))
        for x, y in draws.tolist()
    ]
    assert sum(found) <= 3


@pytest.mark.parametrize(("apart", "expected"), [(3.9, False), (4.1, True)])
def test_a_difference_is_measured_in_its_own_standard_error(apart, expected):
    models = row("a", frechet_distance=(1.0, 0.3)), row("b", frechet_distance=(1.0 + 0.5 * apart, 0.4))
    assert separated(FCD, *models) == expected


def test_a_number_of_another_kind_does_not_compete():
    rows = [
        row("a", elbo_nats=(-90.0, 0.1)),
        row("told", True, elbo_nats=(-50.0, 0.1)),
        row("c", elbo_nats=(-99.0, 0.1)),
    ]
    assert apart(column("elbo_nats"), rows[1]) == "given the class"
    assert [model.name for model in ranked(column("elbo_nats"), rows)] == ["a", "c"]
    assert leaders(column("elbo_nats"), rows) == {"a"}


@pytest.mark.parametrize(
    ("key", "model", "reason"),
    [
        ("class_distance", row("a", True, class_distance=(0.1, 0.1)), "given the class"),
        ("frechet_distance", row("a", True, frechet_distance=(0.1, 0.1)), ""),
        ("reconstruction_error", row("a", reconstruction_error=(1e-14, 0.0)), "by construction"),
        ("reconstruction_error", row("a", reconstruction_error=(1e-2, 0.0)), ""),
        ("elbo_own_scale_nats", row("a", elbo_own_scale_nats=(500.0, 1.0)), "own scale"),
        ("elbo_nats", row("a", True), ""),
    ],
)
def test_a_cell_that_does_not_compare_says_why(key, model, reason):
    assert apart(column(key), model) == reason

"""What is known, and that what is not is none."""

import math

import pytest

from components.diagnosis import Evidence
from tests.diagnosis.cases import section


def test_early_and_late_are_means_of_quarters_without_what_is_missing():
    curves = {"a": [8.0, 6.0, 1.0, 1.0, 1.0, 1.0, math.nan, 3.0], "none": [math.nan] * 8, "short": [2.0]}
    run = Evidence(section("vae"), curves)
    assert (run.early("a"), run.late("a")) == (7.0, 3.0)
    assert (run.early("none"), run.late("absent")) == (None, None)
    assert (run.early("short"), run.late("short")) == (2.0, 2.0)


def test_a_metric_is_a_number_or_has_a_mean():
    run = Evidence(section("vae"), metrics={"a": {"mean": 2.0, "standard_error": 0.1}, "b": 3, "c": {"mean": None}})
    assert [run.metric(name) for name in "abcd"] == [2.0, 3.0, None, None]


def test_a_distance_lies_between_floor_and_ceiling():
    known = {"metrics": {"d": 4.0}, "floor": {"d": {"mean": 1.0}}, "ceiling": {"d": 13.0}}
    assert Evidence(section("vae"), **known).way_to_noise("d") == pytest.approx(0.25)
    assert Evidence(section("vae"), **known | {"ceiling": {"d": 1.0}}).way_to_noise("d") is None
    assert Evidence(section("vae"), **known | {"floor": {}}).way_to_noise("d") is None


def test_players_are_known_by_their_gradients():
    columns = ("loss", "grad_norm", "grad_norm_first", "critic_grad_norm_last", "critic_grad_norm", "val_loss")
    run = Evidence(section("vae"), {name: [1.0] for name in columns})
    assert run.players == ["loss", "critic"]
    assert [run.gradients(player, "first") for player in run.players] == ["grad_norm_first", "critic_grad_norm_first"]

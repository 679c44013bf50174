"""The table says no more than is known."""

from dataclasses import replace

import pytest

from components.datasets.arrays import Arrays
from components.reporting import Result, Yardstick, table
from components.reporting.columns import COLUMNS
from components.reporting.groups import PARTS
from tests.reporting.made import column


def shown(results: list[Result], name: str, group: str, heading: str) -> str:
    """The cell of a model below a heading; nothing where its table has no such part."""
    for part in (part for found in table.tables(results) for part in found.parts):
        for row in (row for row in part.rows if row.name == name):
            for one, cell in zip(part.columns, part.cells(row), strict=True):
                if one.group.startswith(group) and one.heading == heading:
                    return str(cell)
    return ""


@pytest.mark.parametrize(
    ("name", "group", "heading", "text"),
    [
        ("denoiser", "Size", "parameters", "12\N{THIN SPACE}345"),
        ("denoiser", "Squared error", "reconstruction", "12.3 ± 0.4"),
        ("vae", "Squared error", "reconstruction", ""),
        ("vae", "ELBO", "nats ↑", "≥ −98.2 ± 1.3"),
        ("lstm", "Text", "perplexity", "4.36"),
        ("denoiser", "Seconds", "training", "23.5"),
        ("denoiser", "A thousand samples", "time here", "500"),
        ("vae", "Seconds", "training", "–"),
    ],
)
def test_numbers_have_the_digits_their_errors_warrant_and_bounds_their_sign(results, name, group, heading, text):
    assert shown(results, name, group, heading) == text


def test_columns_that_nobody_fills_are_left_out(results):
    images, prose = table.tables(results)
    assert [column.heading for column in images.columns] == [
        "parameters", "reconstruction", "nats ↑", "training", "time here",
    ]  # fmt: skip
    assert [column.heading for column in prose.columns] == ["parameters", "perplexity"]


def test_every_group_is_in_one_part():
    assert sorted({column.group for column in COLUMNS}) == sorted(group for part in PARTS.values() for group in part)


def test_a_metric_of_samples_is_shown_beside_its_floor_or_not_at_all(results):
    metrics = {"frechet_distance": {"mean": 3.0, "standard_error": 0.1}, "coverage": {"mean": 0.9}}
    floor = {"frechet_distance": {"mean": 1.0, "standard_error": 0.1}}
    yardstick = Yardstick({"noise": {**floor, "coverage": {"mean": 0.1}}, "training images": floor})
    (found,) = table.tables([replace(results[0], metrics=metrics, yardstick=yardstick)])
    (part, _) = found.parts
    assert [column.key for column in part.columns] == ["frechet_distance"]
    assert [column.key for column in found.floorless] == ["coverage"]
    assert [(row.name, row.label) for row in part.baselines] == [("training images", "floor"), ("noise", "ceiling")]
    (bare,) = table.tables([replace(results[0], metrics=metrics)])
    assert [column.key for column in bare.floorless] == ["frechet_distance", "coverage"]


def test_a_bounds_heading_says_how_many_draws_it_took(results):
    metrics = {"importance_bound_nats": {"mean": -90.0, "standard_error": 1.0, "k": 64}}
    (found,) = table.tables([replace(results[1], metrics=metrics)])
    assert table.title(column("importance_bound_nats"), found.rows) == "nats ↑, k = 64"


def test_models_of_one_scale_stand_together_and_nats_of_others_apart(results):
    """Binary images, 17 intensities and a density have nats that say nothing about one another."""
    vae = results[1]
    spec = vae.data.spec.model_copy(update={"levels": 2, "name": "binary", "binarization": "dynamic"})
    config = vae.config.model_copy(update={"dataset": "binary"})
    binary = replace(vae, name="binary-vae", config=config, data=Arrays(vae.data.folder, spec))
    density = replace(vae, name="density", metrics={"elbo_own_scale_nats": {"mean": 512.3, "standard_error": 2.2}})
    found = {part.name: part for part in table.tables([*results, binary, density])}
    assert {name: [row.name for row in part.rows] for name, part in found.items()} == {
        "squares": ["denoiser", "vae", "density"],
        "prose": ["lstm"],
        "binary": ["binary-vae"],
    }
    assert [part.scale for part in found.values()] == [
        "images of 4 × 4 × 1, 17 intensities",
        "text of 5 symbols",
        "binary images of 4 × 4 × 1, dynamic binarization",
    ]
    assert shown([density, vae], "vae", "ELBO", "nats ↑") == "≥ −98.2 ± 1.3"
    assert shown([density, vae], "density", "ELBO", "nats ↑") == "–"
    assert shown([density, vae], "density", "Log-likelihood on", "ELBO") == "≥ 512 ± 2 own scale"


def test_nothing_is_less_than_no_distance(results):
    metrics = {"log_likelihood_nats": {"mean": -0.2, "standard_error": 6.0}}
    assert shown([replace(results[1], metrics=metrics)], "vae", "Log-likelihood, exact", "nats ↑") == "0 ± 6"

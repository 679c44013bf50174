"""The table says no more than is known."""

import csv
from dataclasses import replace
from typing import Any

import pytest

from components.datasets.arrays import Arrays, open_arrays
from components.reporting import Result, table
from components.reporting.columns import COLUMNS
from tests.workplace import make_workplace


@pytest.fixture(scope="module")
def results(tmp_path_factory) -> list[Result]:
    folder = tmp_path_factory.mktemp("results")
    params = make_workplace(folder)
    metrics: dict[str, Any] = {
        "denoiser": {"parameters": 12345, "reconstruction_error": {"mean": 0.01234, "standard_error": 0.00042}},
        "vae": {"parameters": 99, "elbo_nats": {"mean": -98.23, "standard_error": 1.26, "k": 2}},
        "lstm": {"parameters": 7, "perplexity": {"mean": 4.3649, "standard_error": None}},
    }
    costs = {"denoiser": {"training": {"seconds": 23.456}}}
    return [
        Result(
            name,
            config,
            open_arrays(folder / "data/arrays" / config.dataset),
            metrics[name],
            costs.get(name, {}),
            receipt={},
            curves={},
            files={},
            series={},
        )
        for name, config in params.models.items()
    ]


def shown(results: list[Result], name: str, heading: str) -> str:
    column = next(column for column in COLUMNS if heading in (column.heading, f"{column.group}: {column.heading}"))
    return table.cells(next(result for result in results if result.name == name), [column])[0]


@pytest.mark.parametrize(
    ("name", "heading", "text"),
    [
        ("denoiser", "parameters", "12\N{THIN SPACE}345"),
        ("denoiser", "reconstruction", "12.3 ± 0.4"),
        ("vae", "reconstruction", "–"),
        ("vae", "ELBO: nats", "≥ −98.2 ± 1.3"),
        ("lstm", "perplexity", "4.36"),
        ("denoiser", "training", "23.5"),
        ("vae", "training", "–"),
    ],
)
def test_numbers_have_the_digits_their_errors_warrant_and_bounds_their_sign(results, name, heading, text):
    assert shown(results, name, heading) == text


def test_columns_that_nobody_fills_are_left_out(results):
    assert [column.heading for column in table.used(results)] == [
        "parameters", "reconstruction", "nats", "perplexity", "training",
    ]  # fmt: skip


def test_the_csv_has_every_metric_as_it_is_and_no_cost(results):
    lines = list(csv.DictReader(table.to_csv(results).splitlines()))
    assert [line["model"] for line in lines] == ["denoiser", "vae", "lstm"]
    assert lines[0]["reconstruction_error"] == "0.01234"
    assert lines[0]["reconstruction_error_standard_error"] == "0.00042"
    assert lines[1]["reconstruction_error"] == ""
    assert not any("second" in name for name in lines[0])


def test_models_of_one_scale_stand_together_and_nats_of_others_apart(results):
    """Binary images, 17 intensities and a density have nats that say nothing about one another."""
    vae = results[1]
    spec = vae.data.spec.model_copy(update={"levels": 2, "name": "binary", "binarization": "dynamic"})
    config = vae.config.model_copy(update={"dataset": "binary"})
    binary = replace(vae, name="binary-vae", config=config, data=Arrays(vae.data.folder, spec))
    density = replace(vae, name="density", metrics={"elbo_own_scale_nats": {"mean": 512.3, "standard_error": 2.2}})
    found = {part.name: part for part in table.tables([*results, binary, density])}
    assert {name: [result.name for result in part.results] for name, part in found.items()} == {
        "squares": ["denoiser", "vae", "density"],
        "prose": ["lstm"],
        "binary": ["binary-vae"],
    }
    assert [part.scale for part in found.values()] == [
        "images of 4 × 4 × 1, 17 intensities",
        "text of 5 symbols",
        "binary images of 4 × 4 × 1, dynamic binarization",
    ]
    (elbo,) = (column for column in COLUMNS if column.where == ("elbo_nats",))
    (own,) = (column for column in COLUMNS if column.where == ("elbo_own_scale_nats",))
    assert table.cells(density, [elbo, own]) == ["–", "≥ 512 ± 2"]
    assert table.cells(vae, [elbo, own]) == ["≥ −98.2 ± 1.3", "–"]
    assert [line["levels"] for line in csv.DictReader(table.to_csv([vae, binary]).splitlines())] == ["17", "2"]


def test_markdown_has_a_table_for_each_data_set_and_a_cell_for_each_heading(results):
    text = table.to_markdown(results)
    assert "## squares: images of 4 × 4 × 1, 17 intensities" in text
    parts = [[line for line in part.splitlines() if line.startswith("|")] for part in text.split("\n## ")[1:]]
    assert [len(lines) for lines in parts] == [2 + 2, 2 + 1]
    assert all(len({line.count("|") for line in lines}) == 1 for lines in parts)


def test_a_scaled_number_says_so_wherever_it_is_shown(results):
    (line,) = (line for line in table.to_markdown(results).splitlines() if line.startswith("| denoiser"))
    assert "12.3 ± 0.4" in line
    assert "Squared error × 10⁻³: reconstruction" in table.to_markdown(results)
    assert "× 10⁻³" in table.to_text(results).split("\n\n")[2].splitlines()[0]


def test_text_is_aligned_and_narrow(results):
    text = table.to_text(results)
    assert max(map(len, text.splitlines())) <= 100
    blocks = text.split("\n\n")
    titles = ["squares: images of 4 × 4 × 1, 17 intensities", "Size", "Squared error × 10⁻³", "ELBO", "Cost here"]
    assert [block.splitlines()[0] for block in blocks] == [*titles, "prose: text of 5 symbols", "Size", "Text"]
    assert "vae" not in blocks[2]
    assert all(len({len(line) for line in block.splitlines()[1:]}) <= 1 for block in blocks)

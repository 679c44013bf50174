"""The table says no more than is known."""

import csv

import pytest

from components.datasets.arrays import open_arrays
from components.reporting import Result, table
from tests.workplace import make_workplace


@pytest.fixture(scope="module")
def results(tmp_path_factory) -> list[Result]:
    folder = tmp_path_factory.mktemp("results")
    params = make_workplace(folder)
    metrics = {
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
    (column,) = (column for column in table.COLUMNS if column.heading == heading)
    return table.cells(next(result for result in results if result.name == name), [column])[0]


@pytest.mark.parametrize(
    ("name", "heading", "text"),
    [
        ("denoiser", "parameters", "12\N{THIN SPACE}345"),
        ("denoiser", "reconstruction", "12.3 ± 0.4"),
        ("vae", "reconstruction", "–"),
        ("vae", "ELBO", "≥ −98.2 ± 1.3"),
        ("lstm", "perplexity", "4.36"),
        ("denoiser", "training", "23.5"),
        ("vae", "training", "–"),
    ],
)
def test_numbers_have_the_digits_their_errors_warrant_and_bounds_their_sign(results, name, heading, text):
    assert shown(results, name, heading) == text


def test_columns_that_nobody_fills_are_left_out(results):
    assert [column.heading for column in table.used(results)] == [
        "parameters", "reconstruction", "ELBO", "perplexity", "training",
    ]  # fmt: skip


def test_the_csv_has_every_metric_as_it_is_and_no_cost(results):
    lines = list(csv.DictReader(table.to_csv(results).splitlines()))
    assert [line["model"] for line in lines] == ["denoiser", "vae", "lstm"]
    assert lines[0]["reconstruction_error"] == "0.01234"
    assert lines[0]["reconstruction_error_standard_error"] == "0.00042"
    assert lines[1]["reconstruction_error"] == ""
    assert not any("seconds" in name or "training" in name for name in lines[0])


def test_markdown_has_a_cell_for_each_heading(results):
    lines = [line for line in table.to_markdown(results).splitlines() if line.startswith("|")]
    assert len({line.count("|") for line in lines}) == 1
    assert len(lines) == 2 + len(results)


def test_a_scaled_number_says_so_wherever_it_is_shown(results):
    (line,) = (line for line in table.to_markdown(results).splitlines() if line.startswith("| denoiser"))
    assert "12.3 ± 0.4" in line
    assert "squared error × 10⁻³, reconstruction" in table.to_markdown(results)
    assert "× 10⁻³" in table.to_text(results).split("\n\n")[1].splitlines()[0]


def test_text_is_aligned_and_narrow(results):
    text = table.to_text(results)
    assert max(map(len, text.splitlines())) <= 100
    blocks = text.split("\n\n")
    assert [block.splitlines()[0] for block in blocks] == [name for name, _ in table.groups(table.used(results))]
    assert "lstm" not in blocks[1]
    assert all(len({len(line) for line in block.splitlines()[1:]}) == 1 for block in blocks)

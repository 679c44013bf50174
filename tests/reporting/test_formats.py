"""The table as CSV, Markdown and text says the same in every run, as far as it is the same."""

import csv
from dataclasses import replace

from components.reporting import Result, Yardstick, to_csv, to_markdown, to_text

FLOOR = {"frechet_distance": {"mean": 1.25, "standard_error": 0.1}}


def judged(results: list[Result]) -> list[Result]:
    """The same with a distance of samples: the first model's is the best beyond doubt."""
    yardstick = Yardstick({"noise": {"frechet_distance": {"mean": 99.0}}, "training images": FLOOR})
    metrics = [
        result.metrics | {"frechet_distance": _number(mean, 0.1)}
        for result, mean in zip(results, (2.0, 5.0), strict=False)
    ]
    images = [replace(result, yardstick=yardstick, metrics=own) for result, own in zip(results, metrics, strict=False)]
    return images + results[2:]


def _number(mean: float, error: float) -> dict[str, float]:
    return {"mean": mean, "standard_error": error}


def test_the_csv_has_every_metric_as_it_is_its_floor_and_no_cost(results):
    lines = list(csv.DictReader(to_csv(judged(results)).splitlines()))
    assert [(line["model"], line["row"]) for line in lines] == [
        ("training images", "floor"), ("noise", "ceiling"), ("denoiser", "model"), ("vae", "model"), ("lstm", "model"),
    ]  # fmt: skip
    assert [line["frechet_distance"] for line in lines] == ["1.25", "99", "2", "5", ""]
    assert lines[2]["reconstruction_error"] == "0.01234"
    assert lines[2]["reconstruction_error_standard_error"] == "0.00042"
    assert lines[3]["reconstruction_error"] == ""
    assert {line["levels"] for line in lines} == {"17", ""}
    assert not any("second" in name or "memory" in name for name in lines[0])


def test_work_is_in_the_csv_only_where_it_was_pinned(results):
    spent = [replace(result, costs={"sampling": {"flops_per_thousand_samples": 7e9}}) for result in results]
    assert to_csv(spent) == to_csv([replace(result, costs={}) for result in results])
    assert "| 7 |" in to_markdown(spent)
    pinned = [replace(result, metrics={"flops_per_thousand_samples": 7e9}) for result in results]
    assert {line["flops_per_thousand_samples"] for line in csv.DictReader(to_csv(pinned).splitlines())} == {"7e+09"}


def test_markdown_has_a_table_for_each_part_of_each_data_set_and_a_cell_for_each_heading(results):
    text = to_markdown(judged(results))
    assert "## squares: images of 4 × 4 × 1, 17 intensities" in text
    blocks = [block.splitlines() for block in text.split("\n\n") if block.startswith("|")]
    assert [len(lines) for lines in blocks] == [2 + 4, 2 + 1, 2 + 1, 2 + 2, 2 + 1, 2 + 1]
    assert all(len({line.count("|") for line in lines}) == 1 for lines in blocks)
    assert "| **2.00 ± 0.10** |" in text
    assert text.count("**2.00") == text.count("± 0.10** |") == 1


def test_a_scaled_number_says_so_wherever_it_is_shown(results):
    (line,) = (line for line in to_markdown(results).splitlines() if line.startswith("| denoiser") and "12.3" in line)
    assert "12.3 ± 0.4" in line
    assert "Squared error × 10⁻³, lower is better: reconstruction" in to_markdown(results)
    assert "Squared error × 10⁻³" in to_text(results)


def test_what_does_not_compare_says_so_below_its_block(results):
    told = replace(results[1], config=results[1].config.model_copy(update={"conditional": True}))
    (block,) = (block for block in to_text([told]).split("\n\n") if block.startswith("ELBO"))
    assert block.splitlines()[-2].endswith("≥ −98.2 ± 1.3 *")
    assert block.splitlines()[-1].strip() == "* given the class: compares with no other"
    assert "−98.2 ± 1.3 given the class |" in to_markdown([told])


def test_text_is_aligned_and_narrow(results):
    text = to_text(judged(results))
    assert max(map(len, text.splitlines())) <= 100
    blocks = [block.splitlines() for block in text.split("\n\n")]
    assert [lines[0].split(" (")[0].split(",")[0] for lines in blocks] == [
        "squares: images of 4 × 4 × 1", "Size", "Fréchet classifier distance", "Squared error × 10⁻³", "ELBO",
        "Seconds here", "A thousand samples", "prose: text of 5 symbols", "Size", "Text",
    ]  # fmt: skip
    assert [line.split()[0] for line in blocks[2][2:]] == ["(training", "(noise)", "denoiser", "vae"]
    assert all(len({len(line) for line in lines[1:]}) <= 1 for lines in blocks)

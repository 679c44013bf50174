"""Rules that mean something: of metrics that there are, and that let something pass and something not."""

from pathlib import Path

import pytest

from components.params import UserError, load
from tests.params.examples import VALID

ROOT = Path(__file__).parents[2]

# What is replaced in the valid file, by what, and the end of the one line that answers it.
WRONG = {
    "a bar of a metric that nobody knows": (
        "precision: {",
        "precison: {",
        "gate.bars.precison: 'precison' is no metric; allowed: a key of artifacts/metrics/NAME.json; "
        "did you mean precision?",
    ),
    "a bar that is no number": (
        "least: 0.5",
        "least: half",
        "gate.bars.precision.least: 'half' is not a number; allowed: a number or null",
    ),
    "a bar below which nothing lies": (
        "{least: 0.5}",
        "{least: 0.5, most: 0.4}",
        'gate.bars.precision: {"least": 0.5, "most": 0.4} lets nothing pass; allowed: a least that is not above most',
    ),
    "a bar of nothing": (
        "{least: 0.5}",
        "{}",
        "gate.bars.precision: {} lets everything pass; allowed: least, most or both",
    ),
    "a comparison by what has no better way": (
        "not_worse: [coverage",
        "not_worse: [density",
        "gate.not_worse[0]: 'density' has no better way, so none is worse; allowed: a bar for it, or another metric",
    ),
    "a severity that nobody knows": (
        "diagnosis: warning",
        "diagnosis: warn",
        "gate.diagnosis: 'warn' is unknown; allowed: error, warning, note or null; did you mean warning?",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_rule_without_sense_is_one_line(name: str, folder: Path) -> None:
    old, new, line = WRONG[name]
    assert old in VALID
    Path("params.yaml").write_text(VALID.replace(old, new, 1))
    with pytest.raises(UserError) as raised:
        load()
    (found,) = raised.value.lines
    assert found.endswith(f": {line}")


def test_the_committed_rules_are_read() -> None:
    gate = load(ROOT / "params.yaml").gate
    assert gate.bars["recall"].least == 0.3
    assert "frechet_distance" in gate.not_worse

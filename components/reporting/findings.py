"""What diagnosis found, in the order in which a person wants to know it."""

from collections.abc import Sequence
from typing import Any

from components.diagnosis.finding import GRAVITY
from components.reporting.results import Result

__all__ = ["correlations", "findings", "summary"]

CORRELATION = "rank_correlation_"


def findings(result: Result) -> list[dict[str, Any]]:
    """A model's findings, the gravest first; each whole, whatever its file leaves out."""
    blank = {"name": "", "severity": "note", "sentence": "", "evidence": {}, "cures": []}
    found = [blank | finding for finding in result.diagnosis or []]
    return sorted(found, key=lambda finding: (*GRAVITY, finding["severity"]).index(finding["severity"]))


def summary(results: Sequence[Result]) -> dict[str, Any]:
    """All models together: ``counts`` of findings by severity, the errors and warnings as ``lines`` with their model,
    the gravest first, ``clean`` models that have none, and those that nobody ``undiagnosed``."""
    known = {result.name: findings(result) for result in results if result.diagnosis is not None}
    grave = [(name, finding) for name, found in known.items() for finding in found if finding["severity"] != "note"]
    ill = {name for name, _ in grave}
    every = [finding["severity"] for found in known.values() for finding in found]
    return {
        "counts": [(severity, every.count(severity)) for severity in GRAVITY if severity in every],
        "lines": sorted(grave, key=lambda line: GRAVITY.index(line[1]["severity"])),
        "clean": [name for name in known if name not in ill],
        "undiagnosed": [result.name for result in results if known and result.name not in known],
    }


def correlations(result: Result) -> dict[str, float]:
    """Rank correlation over training of a loss, by its name, with the Fréchet distance of samples."""
    evidence = [item for finding in result.diagnosis or [] for item in finding.get("evidence", {}).items()]
    return {key.removeprefix(CORRELATION): value for key, value in evidence if key.startswith(CORRELATION)}

"""What a diagnosis says: an illness, how grave it is, on what evidence, and what cures it."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import get_args

from components.files import write_json
from components.params import ModelConfig, Severity

__all__ = ["GRAVITY", "Finding", "cures", "gravest", "paragraph", "read_findings", "write_findings"]

GRAVITY: tuple[Severity, ...] = get_args(Severity)


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with a run, or worth knowing of it.

    Args:
        name: of the illness.
        severity: ``error`` where nobody should use the model, ``warning`` where it could be better, ``note`` where
            nothing is wrong.
        sentence: what is seen, with its numbers, for a person.
        evidence: the numbers that the finding rests on, all of them finite.
        cures: keys of the model's section of ``params.yaml``, each with what to do: ``label_smoothing: 0.1``.
    """

    name: str
    severity: Severity
    sentence: str
    evidence: dict[str, float]
    cures: tuple[str, ...] = ()


def cures(config: ModelConfig, advice: Mapping[str, str]) -> tuple[str, ...]:
    """The advice that a model can take.

    Args:
        config: the model's section.
        advice: what to do with a key, by dotted key, as ``{"training.optimizer.learning_rate": "lower"}``.

    Returns:
        ``"key: what to do"`` for each key that the section may hold, but for those that hold it already.

    Example:
        >>> cures(config, {"label_smoothing": "0.1", "n_critic": "more"})  # of a model without a critic
        ('label_smoothing: 0.1',)
    """
    return tuple(f"{key}: {what}" for key, what in advice.items() if _may_hold(config, key, what))


def paragraph(findings: list[Finding]) -> str:
    """The findings as a person reads them; says so where there are none."""
    if not findings:
        return "Nothing is wrong with this run that is known to go wrong."
    return " ".join(map(_spoken, findings))


def write_findings(path: Path, findings: list[Finding]) -> None:
    """Write a ``diagnosis.json``."""
    write_json(path, [asdict(finding) for finding in findings])


def read_findings(path: Path) -> list[Finding]:
    """The findings of a ``diagnosis.json``; none where there is no file."""
    found = json.loads(path.read_text("utf-8")) if path.exists() else []
    return [Finding(**{**entry, "cures": tuple(entry["cures"])}) for entry in found]


def gravest(findings: list[Finding]) -> Severity | None:
    """The worst severity among findings."""
    present = {finding.severity for finding in findings}
    return next((severity for severity in GRAVITY if severity in present), None)


def _spoken(finding: Finding) -> str:
    cure = f" What helps: {', '.join(finding.cures)}." if finding.cures else ""
    return f"{finding.severity.capitalize()}: {finding.sentence}{cure}"


def _may_hold(section: object, key: str, what: str) -> bool:
    """A section that is absent, such as an optimiser of one's own, may hold whatever its kind may hold."""
    for name in key.split("."):
        if section is None:
            return True
        if not hasattr(section, name):
            return False
        section = getattr(section, name)
    return str(section).lower() != what

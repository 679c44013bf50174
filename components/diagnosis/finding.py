"""What a diagnosis says: an illness, how grave it is, on what evidence, and what cures it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from components.params import ModelConfig

__all__ = ["Finding", "Severity", "cures", "paragraph"]

Severity = Literal["error", "warning", "note"]


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

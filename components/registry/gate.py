"""The gate: what the recorded numbers of a version say by the rules of ``params.yaml``, and beside the champion's.

Judging is a function of numbers, rules and nothing else; what the numbers are is read from MLflow.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import mlflow
from mlflow.entities.model_registry import ModelVersion

from components.diagnosis import GRAVITY, Severity
from components.params import Gate
from components.params.gate import Bar
from components.params.metrics import METRICS
from components.registry.runs import PREFIX

__all__ = ["DIAGNOSIS", "REFERENCE", "TEST", "Judged", "Measured", "Verdict", "judge", "passed", "read_judged"]

DIAGNOSIS, EVALUATION, REFERENCE = f"{PREFIX}diagnosis", f"{PREFIX}evaluation", f"{PREFIX}reference"
TEST = "test/"
"""What the names of numbers of the test split begin with in MLflow."""

MEAN, ERROR = ".mean", ".standard_error"


@dataclass(frozen=True)
class Measured:
    """A number of the test split.

    Args:
        mean: the number.
        standard_error: its standard error; NaN where it is unknown.
    """

    mean: float
    standard_error: float = math.nan

    def __str__(self) -> str:
        if math.isnan(self.standard_error):
            return f"{self.mean:,.0f}" if self.mean.is_integer() else f"{self.mean:.4g}"
        return f"{self.mean:.4g} ± {self.standard_error:.2g}"


@dataclass(frozen=True)
class Judged:
    """What is known of a version that rules ask about.

    Args:
        version: its number.
        metrics: its numbers, by the keys of ``artifacts/metrics``.
        diagnosis: the gravest severity that was found.
        terms: what its numbers rest on, each by what a person calls it: numbers on other terms do not compare.
    """

    version: int
    metrics: Mapping[str, Measured]
    diagnosis: Severity | None = None
    terms: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Verdict:
    """What one rule says of a version; its text is ``passed: REASON`` or ``failed: REASON``.

    Args:
        rule: ``diagnosis``, ``bar.METRIC``, ``not_worse.METRIC``, or ``not_worse`` where nothing could be compared.
        passed: whether it lets the version pass.
        reason: the numbers that say so, on one line.
    """

    rule: str
    passed: bool
    reason: str

    def __str__(self) -> str:
        return f"{'passed' if self.passed else 'failed'}: {self.reason}"


def judge(candidate: Judged, champion: Judged | None, rules: Gate) -> list[Verdict]:
    """What each rule that applies says of a version.

    Args:
        candidate: the version.
        champion: the version that it may not be worse than; None where there is none.
        rules: the section ``gate`` of ``params.yaml``.

    Example:
        >>> rules = Gate(diagnosis="warning", bars={"coverage": Bar(least=0.5)}, not_worse=(), standard_errors=3.0)
        >>> judge(Judged(2, {"coverage": Measured(0.4, 0.01)}), None, rules)[1]
        Verdict(rule='bar.coverage', passed=False, reason='0.4 ± 0.01, allowed: 0.5 at least')
    """
    bars = [
        _judge_by_bar(metric, candidate.metrics[metric], bar)
        for metric, bar in rules.bars.items()
        if metric in candidate.metrics
    ]
    return [_judge_diagnosis(candidate, rules.diagnosis), *bars, *_compare(candidate, champion, rules)]


def passed(verdicts: Sequence[Verdict]) -> bool:
    """Whether every rule lets the version pass."""
    return all(verdict.passed for verdict in verdicts)


def read_judged(version: ModelVersion) -> Judged:
    """What MLflow holds of a version: its tags, and the latest numbers of its run."""
    run, tags = mlflow.get_run(str(version.run_id)), version.tags
    numbers = {key[len(TEST) :]: value for key, value in run.data.metrics.items() if key.startswith(TEST)}
    means = {metric: numbers.get(f"{metric}{MEAN}", numbers.get(metric)) for metric in METRICS}
    metrics = {
        metric: Measured(mean, numbers.get(f"{metric}{ERROR}", math.nan))
        for metric, mean in means.items()
        if mean is not None and math.isfinite(mean)
    }
    diagnosis = next((severity for severity in GRAVITY if severity == tags.get(DIAGNOSIS)), None)
    terms = {
        "data": tags.get(f"{PREFIX}data", ""),
        "evaluation parameters": tags.get(EVALUATION, ""),
        "reference classifier": tags.get(REFERENCE, ""),
        "conditioning": run.data.params.get("conditional", "False"),
    }
    return Judged(int(version.version), metrics, diagnosis, terms)


def _judge_diagnosis(candidate: Judged, gravest: Severity | None) -> Verdict:
    found = candidate.diagnosis
    allowed = GRAVITY[GRAVITY.index(gravest) :] if gravest else ()
    at_most = f"{gravest} at most" if gravest else "nothing"
    return Verdict("diagnosis", found is None or found in allowed, f"{found or 'nothing'} found, allowed: {at_most}")


def _judge_by_bar(metric: str, number: Measured, bar: Bar) -> Verdict:
    enough = bar.least is None or number.mean >= bar.least
    not_too_much = bar.most is None or number.mean <= bar.most
    limits = [f"{limit:g} at {name}" for name, limit in (("least", bar.least), ("most", bar.most)) if limit is not None]
    return Verdict(f"bar.{metric}", enough and not_too_much, f"{number}, allowed: {' and '.join(limits)}")


def _compare(candidate: Judged, champion: Judged | None, rules: Gate) -> Iterator[Verdict]:
    if champion is None:
        yield Verdict("not_worse", True, "there is no champion to compare with")
        return
    if other := [f"other {term}" for term, value in candidate.terms.items() if champion.terms.get(term) != value]:
        yield Verdict("not_worse", True, f"not compared with version {champion.version}: {', '.join(other)}")
        return
    for metric in rules.not_worse:
        if metric in candidate.metrics and metric in champion.metrics:
            yield _judge_beside(metric, candidate.metrics[metric], champion, rules.standard_errors)


def _judge_beside(metric: str, number: Measured, champion: Judged, most: float) -> Verdict:
    theirs = champion.metrics[metric]
    worse = (number.mean - theirs.mean) * (-1 if METRICS[metric].better == "higher" else 1)
    error = math.hypot(number.standard_error, theirs.standard_error)
    reason = f"{number}, version {champion.version} has {theirs}"
    if worse > most * error:
        by = f"by {worse / error:.1f} standard errors" if error else "and neither has an error"
        return Verdict(f"not_worse.{metric}", False, f"worse {by}: {reason}")
    return Verdict(f"not_worse.{metric}", True, reason)

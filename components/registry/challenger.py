"""Who may be promoted: a version that passes the gate is the ``challenger``, and has every rule's verdict as a tag."""

from collections.abc import Sequence

import mlflow
from mlflow.entities.model_registry import ModelVersion

from components.params import Gate
from components.registry.champions import champion
from components.registry.gate import Verdict, judge, passed, read_judged
from components.registry.runs import PREFIX

__all__ = ["CHALLENGER", "challenge", "read_verdicts", "resign"]

CHALLENGER = "challenger"
GATE = f"{PREFIX}gate"
RULE = f"{GATE}."
PASSED, FAILED = "passed", "failed"


def challenge(version: ModelVersion, rules: Gate) -> list[Verdict]:
    """Judge a version beside the champion, record the verdicts, and give it the alias, or take it away.

    The champion itself is judged alone, and is not its own challenger.
    """
    client, name, number = mlflow.MlflowClient(), version.name, version.version
    reigning = champion(name)
    rival = None if reigning in (None, int(number)) else read_judged(client.get_model_version(name, str(reigning)))
    version = client.get_model_version(name, number)
    verdicts = judge(read_judged(version), rival, rules)
    _record(version, verdicts)
    if passed(verdicts) and reigning != int(number):
        client.set_registered_model_alias(name, CHALLENGER, number)
    else:
        resign(version)
    return verdicts


def resign(version: ModelVersion) -> None:
    """Take the alias from a version that has it."""
    if CHALLENGER in version.aliases:
        mlflow.MlflowClient().delete_registered_model_alias(version.name, CHALLENGER)


def read_verdicts(version: ModelVersion) -> list[Verdict]:
    """The verdicts that a version has, by the names of their rules."""
    found = sorted((key.removeprefix(RULE), text) for key, text in version.tags.items() if key.startswith(RULE))
    return [Verdict(rule, text.startswith(PASSED), text.partition(": ")[2]) for rule, text in found]


def _record(version: ModelVersion, verdicts: Sequence[Verdict]) -> None:
    client, name, number = mlflow.MlflowClient(), version.name, version.version
    for verdict in verdicts:
        client.set_model_version_tag(name, number, f"{RULE}{verdict.rule}", str(verdict))
    for rule in {verdict.rule for verdict in read_verdicts(version)} - {verdict.rule for verdict in verdicts}:
        client.delete_model_version_tag(name, number, f"{RULE}{rule}")
    client.set_model_version_tag(name, number, GATE, PASSED if passed(verdicts) else FAILED)

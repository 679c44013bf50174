"""The ledger of releases: every decision about an alias ``champion``, a run each of MLflow's experiment ``releases``.

An entry is opened, given all that it says, marked ready; the alias is moved where the entry moves it; the entry is
finished. Only finished entries count, and they are never changed. Wherever a process dies in between, :func:`recover`
closes what it left, and alias and ledger show what is to be done again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import mlflow
from mlflow.entities import Run, RunStatus

from components.params import UserError
from components.registry.champions import champion, move_champion
from components.registry.gate import Verdict
from components.registry.runs import PREFIX
from components.registry.tracking import connect

__all__ = [
    "EXPERIMENT",
    "Action",
    "Entry",
    "describe",
    "entries",
    "in_force",
    "known_models",
    "last_good",
    "record",
    "recover",
]

EXPERIMENT = "releases"
Action = Literal["released", "rolled back", "refused", "withdrawn"]
READY, NUMBER, VERDICT = f"{PREFIX}ready", f"{PREFIX}number", f"{PREFIX}verdict."
NOTE = "mlflow.note.content"
MOST = 8000  # characters that MLflow keeps of a tag
NONE = "none"
PASSED, FAILED = "passed: ", "failed: "
LONGEST = 500  # characters of a reason


@dataclass(frozen=True)
class Entry:
    """A decision about a champion.

    Args:
        model: the registered model's name.
        action: what was decided.
        found: the version at the alias when it was decided, if any; should it have moved since, nothing is done.
        version: the version that it was decided about.
        before: the version that was released before.
        after: the version that is released from now on.
        who: the person or process that decided.
        when: ISO 8601, in UTC.
        why: the reason, for a person.
        commit: git's, of the code that verified.
        verdicts: of every rule that was looked at.
        number: its place in the ledger of its model, from 1; 0 before it is recorded.
        run_id: MLflow's; empty before it is recorded.
    """

    model: str
    action: Action
    found: int | None
    version: int
    before: int | None
    after: int | None
    who: str
    when: str
    why: str
    commit: str
    verdicts: tuple[Verdict, ...] = ()
    number: int = field(default=0, compare=False)
    run_id: str = field(default="", compare=False)

    @property
    def alias(self) -> int | None:
        """Where the alias belongs from now on: a refused version that is not the champion leaves it where it is."""
        return self.found if self.action == "refused" and self.version != self.found else self.after

    def content(self) -> dict[str, Any]:
        """All that it says, for a file of JSON; the same before it is recorded and after."""
        verdicts = sorted(self.verdicts, key=lambda verdict: verdict.rule)
        return {
            **{name: _text(getattr(self, name)) for name in ("model", "action", "who", "when", "why", "commit")},
            **{key: getattr(self, name) for key, name in VERSIONS.items()},
            "verdicts": [{"rule": one.rule, "passed": one.passed, "reason": _text(one.reason)} for one in verdicts],
        }


VERSIONS = {"found": "found", "version": "version", "from": "before", "to": "after"}
"""How the versions of an entry are called where people read them."""


def record(entry: Entry, *attachments: Path) -> Entry:
    """Write an entry, and move the alias to where it belongs from now on.

    Args:
        entry: what was decided.
        attachments: files that are kept with it, beside ``release.json`` and ``verdicts.json``.

    Raises:
        UserError: the alias is no longer where it was when this was decided.
    """
    experiment, client = connect(EXPERIMENT), mlflow.MlflowClient()
    number = len(_runs(entry.model)) + 1
    run = client.create_run(experiment, run_name=_title(entry), tags=_tags(entry) | {NUMBER: str(number)})
    run_id, content = run.info.run_id, entry.content()
    client.log_dict(run_id, content, "release.json")
    client.log_dict(run_id, {"verdicts": content["verdicts"]}, "verdicts.json")
    for path in attachments:
        client.log_artifact(run_id, str(path))
    client.set_tag(run_id, READY, "true")
    if (now := champion(entry.model)) != entry.found:
        client.set_terminated(run_id, RunStatus.to_string(RunStatus.KILLED))
        raise UserError(
            f"{entry.model}: alias champion was moved meanwhile, to {now or 'no version'}; nothing was done"
        )
    if now != entry.alias:
        move_champion(entry.model, entry.alias)
    client.set_terminated(run_id, RunStatus.to_string(RunStatus.FINISHED))
    return _read(client.get_run(run_id))


def recover(model: str) -> None:
    """Close the entries of a model that a process left open when it died.

    One that was ready, and whose version the alias points to, is finished: nothing of it was left to be done. Any other
    is marked as killed, and what it was about shows as a difference of alias and ledger.
    """
    client = mlflow.MlflowClient()
    for run in _runs(model, "RUNNING"):
        done = READY in run.data.tags and _read(run).alias == champion(model)
        client.set_terminated(run.info.run_id, RunStatus.to_string(RunStatus.FINISHED if done else RunStatus.KILLED))


def entries(model: str) -> list[Entry]:
    """The finished entries of a model, the first one first."""
    return [_read(run) for run in _runs(model, "FINISHED")]


def in_force(model: str) -> Entry | None:
    """The last entry of a model that changed what is released."""
    return next((entry for entry in reversed(entries(model)) if entry.action != "refused"), None)


def last_good(model: str) -> int | None:
    """The released version of a model: where its alias ``champion`` should be; ``None`` where it should not be."""
    entry = in_force(model)
    return entry.after if entry else None


def known_models() -> set[str]:
    """The models of which the ledger has an entry."""
    return {run.data.tags[f"{PREFIX}model"] for run in _search(f"tags.`{NUMBER}` LIKE '%'")}


def _runs(model: str, status: str | None = None) -> list[Run]:
    found = _search(f"tags.`{PREFIX}model` = '{model}'" + (f" and attributes.status = '{status}'" if status else ""))
    return sorted(found, key=lambda run: int(run.data.tags[NUMBER]))


def _search(query: str) -> list[Run]:
    found: list[Run] = mlflow.search_runs([connect(EXPERIMENT)], query, output_format="list")
    return found


def _title(entry: Entry) -> str:
    return f"{entry.model} {entry.version}: {entry.action}"


def _tags(entry: Entry) -> dict[str, str]:
    content = entry.content()
    verdicts = {
        VERDICT + one["rule"]: (PASSED if one["passed"] else FAILED) + one["reason"] for one in content.pop("verdicts")
    }
    plain = {PREFIX + key: NONE if value is None else str(value) for key, value in content.items()}
    return plain | verdicts | {NOTE: describe(entry)[:MOST]}


def _read(run: Run) -> Entry:
    tags: Mapping[str, str] = run.data.tags
    told: dict[str, Any] = {name: tags[PREFIX + name] for name in ("model", "action", "who", "when", "why", "commit")}
    for key, name in VERSIONS.items():
        told[name] = None if tags[PREFIX + key] == NONE else int(tags[PREFIX + key])
    verdicts = [
        Verdict(key.removeprefix(VERDICT), value.startswith(PASSED), value.removeprefix(PASSED).removeprefix(FAILED))
        for key, value in sorted(tags.items())
        if key.startswith(VERDICT)
    ]
    return Entry(**told, verdicts=tuple(verdicts), number=int(tags[NUMBER]), run_id=run.info.run_id)


def describe(entry: Entry) -> str:
    """An entry as Markdown."""
    rows = [f"| {one.rule} | {'passed' if one.passed else '**failed**'} | {one.reason} |" for one in entry.verdicts]
    table = ["", "| rule | | |", "|---|---|---|", *rows] if rows else []
    moved = f"from version {entry.before or NONE} to {entry.after or NONE}"
    return "\n".join([f"**{_title(entry)}**, {moved}, by {entry.who} at {entry.when}.", "", entry.why, *table])


def _text(text: str) -> str:
    return text if len(text) <= LONGEST else text[:LONGEST] + " …"

"""What follows from a moved alias: the released version, a refusal, a withdrawal, or a roll-back, each in the ledger.

Everything here may die at any line and be called again: alias, ledger and ``releases/`` then agree.
"""

import getpass
import socket
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from components.params import UserError
from components.registry.challenger import resign
from components.registry.champions import champion, champions, find_model, find_version
from components.registry.exporting import bring, export, restore
from components.registry.gate import Verdict, passed
from components.registry.ledger import Entry, entries, in_force, known_models, last_good, record, recover
from components.registry.lineage import git_state
from components.registry.pins import ExportError

__all__ = ["Change", "checkout", "conclude", "look", "previous", "roll_back", "watched"]


@dataclass(frozen=True)
class Change:
    """An alias that is not where the ledger says.

    Args:
        model: the registered model's name.
        version: the champion now, if there is one.
        before: the version that the ledger says is released, if any.
    """

    model: str
    version: int | None
    before: int | None


def watched(models: Sequence[str] | None = None) -> list[str]:
    """The registered models whose champions are watched: the given ones; all that have or had one if none is given.

    Raises:
        UserError: no registered model has a given name.
    """
    return sorted({find_model(model).name for model in models} if models else champions() | known_models())


def look(model: str) -> Change | None:
    """Close what a process left that died, and see whether somebody moved the alias since the last entry."""
    recover(model)
    entry = in_force(model)
    restore(model, entry)
    change = Change(model, champion(model), entry.after if entry else None)
    return None if change.version == change.before else change


def conclude(change: Change, verdicts: Iterable[Verdict], by: str = "") -> Entry | None:
    """Release the champion if it passed, or move the alias back if it did not; if it was deleted, say so.

    Args:
        change: what :func:`look` found.
        verdicts: of every rule that the version was held to; none where there is no version.
        by: what noticed the change.

    Returns:
        The entry that was recorded, or ``None`` where there is nothing left to do, because the alias was moved on.

    Raises:
        ExportError: it passed, but cannot be written or pinned.
    """
    if look(change.model) != change:
        return None
    about = change.before if change.version is None else change.version
    assert about is not None  # for they differ
    entry = _refused(change, about, verdicts, by)
    if change.version is None:
        entry = record(replace(entry, action="withdrawn", after=None, why="alias champion was deleted"))
        restore(change.model, entry)
        return entry
    if not passed(entry.verdicts):
        return record(entry)
    return _publish(replace(entry, action="released", after=change.version, why="alias champion was moved to it"))


def checkout(model: str) -> Path:
    """Bring the released version of a model into ``releases/NAME``; give the folder.

    Raises:
        UserError: none is released.
    """
    entry = in_force(model)
    if entry is None or entry.after is None:
        raise UserError(f"{model}: the ledger has no released version")
    return bring(entry)


def previous(model: str) -> int:
    """The version that the released one took the place of, as far as it is still registered.

    Raises:
        UserError: there is none.
    """
    line: list[int] = []
    for entry in entries(model):
        if entry.after in line:  # went back
            del line[line.index(entry.after) + 1 :]
        elif entry.after is not None:
            line.append(entry.after)
    now = last_good(model)
    for version in reversed(line):
        if version != now and _registered(model, version):
            return version
    raise UserError(f"{model}: the ledger has no version before {now or 'the first'} that is still registered")


def roll_back(model: str, version: int, why: str, verdicts: Iterable[Verdict]) -> Entry:
    """Release another version and move the alias to it; if it did not pass, record that, and leave the alias alone.

    Args:
        model: the registered model's name.
        version: the one to go back to.
        why: the reason, for a person.
        verdicts: of every rule that the version was held to.

    Raises:
        ExportError: it passed, but cannot be written or pinned.
    """
    look(model)
    now = Change(model, champion(model), last_good(model))
    entry = _refused(now, version, verdicts)
    if not passed(entry.verdicts):
        return record(replace(entry, why=f"to be gone back to: {entry.why}"))
    return _publish(replace(entry, action="rolled back", after=version, why=why))


def _publish(entry: Entry) -> Entry:
    try:
        pin = export(entry)
    except ExportError:
        restore(entry.model, in_force(entry.model))
        raise
    resign(find_version(entry.model, entry.version))
    return record(entry, pin)


def _refused(change: Change, version: int, verdicts: Iterable[Verdict], by: str = "") -> Entry:
    """An entry, decided here and now, that leaves the released version as it is."""
    commit, dirty = git_state()
    told = tuple(verdicts)
    return Entry(
        model=change.model,
        action="refused",
        found=change.version,
        version=version,
        before=change.before,
        after=_registered(change.model, change.before),
        who=", ".join(part for part in (by, f"{getpass.getuser()}@{socket.gethostname()}") if part),
        when=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        why="; ".join(f"{one.rule}: {one.reason}" for one in told if not one.passed),
        commit=commit + (" and changes" if dirty == "true" else ""),
        verdicts=told,
    )


def _registered(model: str, version: int | None) -> int | None:
    """The version, if nobody has deleted it."""
    with suppress(UserError):
        return version if version and find_version(model, version) else None
    return None

"""Champions, and what follows: ``python -m flows.release [watch | rollback NAME | history NAME | checkout NAME]``.

A person promotes a version by moving its model's alias ``champion``. Each watch sees where an alias is not where the
ledger says, verifies that version in a fresh process, and releases it, or moves the alias back with the reason.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from filelock import Timeout
from prefect import flow, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.events import emit_event
from prefect.logging import get_run_logger
from prefect.runtime import flow_run
from prefect.states import Completed, Failed, State

from components.params import UserError, load, run_step
from components.registry.champions import find_version
from components.registry.gate import Verdict
from components.registry.ledger import Entry, describe, entries
from components.registry.pins import ExportError
from components.registry.releasing import Change, checkout, conclude, look, previous, roll_back, watched
from components.registry.tracking import NoAnswerError, exclusive
from flows.command import REFUSED, ends_in_order
from flows.server import expect_server

__all__ = ["VerificationError", "main", "release", "rollback"]


class VerificationError(RuntimeError):
    """A verification that ended without verdicts."""


def may_pass(_task: Any, _run: Any, state: State) -> bool:
    """Whether a task is tried again: not after a person's mistake, for that will not pass."""
    error = state.result(raise_on_failure=False)
    return isinstance(error, ExportError | NoAnswerError) or not isinstance(error, UserError)


PATIENT: dict[str, Any] = {
    "cache_policy": NO_CACHE,
    "retries": 2,
    "retry_delay_seconds": [5, 30],
    "retry_condition_fn": may_pass,
}


find_models = task(task_run_name="find models", **PATIENT)(watched)
find_change = task(task_run_name="look at {model}", **PATIENT)(look)
conclude_change = task(task_run_name="conclude {change.model}", **PATIENT)(conclude)
go_back = task(task_run_name="roll back {model} to {version}", **PATIENT)(roll_back)


@task(task_run_name="verify {model} {version}", **PATIENT)
def verify(model: str, version: int, alone: bool = False) -> list[Verdict]:
    """The verdicts on a version, by a process of its own.

    Raises:
        UserError: it cannot be verified, for a reason that is not the version's.
        VerificationError: that process died.
    """
    with TemporaryDirectory() as folder:
        out = Path(folder, "verdicts.json")
        command = [sys.executable, "-m", "components.verify", model, str(version), "--out", str(out)]
        limit = load().execution.stage_timeout_minutes * 60.0
        try:
            done = subprocess.run(
                [*command, *(["--alone"] if alone else [])], capture_output=True, text=True, check=False, timeout=limit
            )
        except subprocess.TimeoutExpired:
            raise VerificationError(f"did not end in {limit / 60:g} minutes") from None
        lines = done.stderr.strip().splitlines()
        if done.returncode == 2:
            raise UserError(*lines)
        if done.returncode:
            raise VerificationError(f"ended with exit code {done.returncode}: {lines[-1] if lines else 'no word'}")
        return [Verdict(**one) for one in json.loads(out.read_text("utf-8"))["verdicts"]]


@flow(name="release")
def release(names: list[str] | None = None) -> State:
    """Look once at every champion that is not the released version, and release it or move the alias back.

    A model that another process is at is left to it.

    Args:
        names: registered models to look at; all where none is named.

    Returns:
        Completed, with what was decided; Failed where a model could not be looked at, with the reason.
    """
    decided: list[Entry] = []
    failed: list[str] = []
    busy: list[str] = []
    for model in find_models(names):
        try:
            with exclusive(f"release-{model}").acquire(timeout=0):
                change = find_change(model)
                entry = _decide(change) if change else None
        except Timeout:
            busy.append(f"{model}: another process is at it")
        except Exception as error:
            get_run_logger().exception("%s", model)
            failed.append(f"{model}: {error}")
        else:
            decided += [entry] if entry else []
    _tell(decided)
    said = [*failed, *busy, *(f"{entry.model} {entry.version} {entry.action}" for entry in decided)]
    return (Failed if failed else Completed)(message="; ".join(said) or "no change")


def _decide(change: Change) -> Entry | None:
    """Verify what a person chose, and act on it; what fails for good is a verdict too."""
    by, verdicts = f"release watch {flow_run.name}", []
    try:
        if change.version is not None:
            verdicts = verify(change.model, change.version)
        return conclude_change(change, verdicts, by)
    except (VerificationError, ExportError) as error:
        rule = "export" if isinstance(error, ExportError) else "verification"
        return conclude_change(change, [*verdicts, Verdict(rule, passed=False, reason=str(error))], by)


@flow(name="rollback")
def rollback(model: str, to: int | None = None, why: str = "asked for") -> State:
    """Release an earlier version of a model again.

    Args:
        model: the registered model's name.
        to: the version; the one that the released one took the place of where none is given.
        why: the reason, for the ledger.

    Returns:
        Completed; or Refused, a failed state too, where that version did not pass: then only the ledger changed.
    """
    try:
        version = int(find_version(model, to).version) if to else previous(model)
        with exclusive(f"release-{model}"):
            entry = go_back(model, version, why, verify(model, version, alone=True))
    except UserError as error:
        return Failed(name=REFUSED, message=str(error))
    _tell([entry])
    if entry.action == "refused":
        return Failed(name=REFUSED, message=f"{model} {version}: {entry.why}")
    return Completed(message=f"{model} {version} rolled back to, from {entry.before or 'none'}")


def _tell(decided: Sequence[Entry]) -> None:
    """Show entries in Prefect's UI, and tell its automations."""
    for entry in decided:
        get_run_logger().info("%s %s %s: %s", entry.model, entry.version, entry.action, entry.why)
        emit_event(
            f"menagerie.release.{entry.action.replace(' ', '-')}",
            resource={"prefect.resource.id": f"menagerie.model.{entry.model}", "prefect.resource.name": entry.model},
            payload=entry.content(),
        )
    if decided:
        create_markdown_artifact("\n\n".join(map(describe, decided)), key="releases", description="What was decided")


@ends_in_order()
def main() -> None:
    """Exit code 1 if something failed or was refused to a person who asked for it, 2 for a mistake."""
    parser = argparse.ArgumentParser(prog="python -m flows.release", description="Release champions.")
    parser.set_defaults(names=[])
    commands = parser.add_subparsers(dest="command")
    watch = commands.add_parser("watch", help="look once at every champion (the default)")
    watch.add_argument("names", metavar="NAME", nargs="*", help="registered models (default: all)")
    back = commands.add_parser("rollback", help="release an earlier version again")
    back.add_argument("model", metavar="NAME")
    back.add_argument("--to", type=int, metavar="VERSION", help="default: the one before the released one")
    back.add_argument("--why", default="asked for", metavar="TEXT", help="the reason, for the ledger")
    here = commands.add_parser("checkout", help="bring the released version into releases/NAME")
    here.add_argument("model", metavar="NAME")
    past = commands.add_parser("history", help="print the ledger of a model")
    past.add_argument("model", metavar="NAME")
    options = parser.parse_args()
    load()
    if options.command in ("history", "checkout"):
        print(_table(options.model) if options.command == "history" else checkout(options.model))
        return
    if options.command == "rollback":
        find_version(options.model, options.to) if options.to else previous(options.model)
    names = options.names and watched(options.names)
    expect_server()
    if options.command == "rollback":
        state = rollback(options.model, options.to, options.why, return_state=True)
    else:
        state = release(names, return_state=True)
    print(state.message)
    if not state.is_completed():
        sys.exit(1)


def _table(model: str) -> str:
    """The ledger of a model, a line an entry."""
    found = entries(model)
    if not found:
        raise UserError(f"the ledger has no entry of a model named {model!r}")
    head = ("", "when", "action", "version", "from", "to", "who", "why")
    rows = [
        (str(one.number), one.when, one.action, *(str(version or "-") for version in _versions(one)), one.who, one.why)
        for one in found
    ]
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in [head, *rows])


def _versions(entry: Entry) -> tuple[int | None, int | None, int | None]:
    return entry.version, entry.before, entry.after


if __name__ == "__main__":
    run_step(main)

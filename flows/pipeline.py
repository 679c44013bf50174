"""The DVC graph as a Prefect flow: ``python -m flows.pipeline [--targets …] [--parallel N] [--force]``.

The flow reads the graph from DVC and runs each stage as ``dvc repro --single-item`` in a process of its own,
independent ones at the same time. It does no stage's work and caches nothing: an up-to-date stage is one that DVC says
is, and is shown as ``Cached``. A failed stage stops what reads from it and nothing else.
"""

import argparse
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger
from prefect.runtime import flow_run
from prefect.states import Cancelled, Completed, Failed, State

from components.params import UserError, load, run_step
from flows.graph import read_graph, walk
from flows.lockfile import LockGuard
from flows.publish import publish
from flows.stages import StageRunner

__all__ = ["main", "pipeline", "run_stage"]

REFUSED = "Refused"


@task(name="stage", task_run_name="{stage}", cache_policy=NO_CACHE)
def run_stage(stage: str, runner: StageRunner, guard: LockGuard, timeout: float, force: bool = False) -> State:
    """Bring one stage up to date; its output goes to the log as it is printed.

    Args:
        stage: name of the stage.
        runner: starts it, and can end it.
        guard: watches over ``dvc.lock``.
        timeout: seconds after which the stage is ended.
        force: run it even if it is up to date.

    Returns:
        Completed, Cached where DVC had nothing to run, Failed, TimedOut, or Cancelled where the flow was ended.
    """
    logger = get_run_logger()
    outcome = runner.run(stage, timeout, logger.info, force)
    if outcome.code == 0:
        guard.keep()
        return Completed(name="Cached", message="up to date") if outcome.cached else Completed()
    if outcome.stopped:
        return Cancelled(message="ended with the flow")
    if guard.heal():
        logger.warning("dvc.lock was cut off and is as it was before this stage")
    if outcome.timed_out:
        return Failed(name="TimedOut", message=f"{stage} did not end in {timeout / 60:g} minutes")
    return Failed(message=f"{stage} ended with exit code {outcome.code}")


@flow(name="menagerie")
def pipeline(targets: list[str] | None = None, parallel: int | None = None, force: bool = False) -> State:
    """Bring the pipeline up to date.

    Args:
        targets: stages, groups of stages or outputs to make, with all that they need; everything where none is named.
        parallel: stages that run at once; ``execution.parallel_stages`` of ``params.yaml`` where not given.
        force: run stages even if they are up to date.

    Returns:
        Completed; Failed with the names of the stages that failed and of those that did not run because of them; or
        Refused, a failed state too, for a mistake that was found before any work.
    """
    logger = get_run_logger()
    guard = LockGuard()
    try:
        execution = load().execution
        with _record():
            if guard.check():
                logger.warning("dvc.lock was cut off; it is again as it was when a stage last ended")
            graph = read_graph(targets or ())
    except UserError as error:
        return Failed(name=REFUSED, message=str(error))

    runner = StageRunner({"MENAGERIE_EXECUTION": f"prefect {datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {flow_run.name}"})

    def start(stage: str, before: list[Any]) -> Any:
        timeout = execution.stage_timeout_minutes * 60.0
        return run_stage.submit(stage, runner, guard, timeout, force, return_state=False, wait_for=before)

    try:
        futures = walk(graph, parallel or execution.parallel_stages, start)
        for future in futures.values():
            future.wait()  # they have ended: this takes their final states over
    except BaseException:
        runner.stop()
        guard.heal()
        raise
    verdict = _verdict({stage: future.state for stage, future in futures.items()})
    if verdict.is_completed():
        publish()
    return verdict


@contextmanager
def _record() -> Iterator[None]:
    """Make MLflow's database before several stages reach for it, in a process of its own beside the block."""
    command = [sys.executable, "-m", "components.registry"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        yield
    finally:
        _, complaint = process.communicate()
    if process.returncode:
        raise UserError(*complaint.strip().splitlines())


def _verdict(states: dict[str, State]) -> State:
    done = [stage for stage, state in states.items() if state.is_completed()]
    not_run = [stage for stage, state in states.items() if state.name == "NotReady"]
    failed = [stage for stage in states if stage not in done and stage not in not_run]
    if failed:
        because = f"; not run because of it: {', '.join(not_run)}" if not_run else ""
        return Failed(message=f"failed: {', '.join(failed)}{because}")
    cached = sum(state.name == "Cached" for state in states.values())
    return Completed(message=f"{len(done) - cached} stages ran, {cached} were up to date")


def main() -> None:
    """Run the flow from the command line; exit code 1 if a stage failed, 2 for a mistake in parameters or targets."""
    parser = argparse.ArgumentParser(prog="python -m flows.pipeline", description="Bring the pipeline up to date.")
    parser.add_argument("--targets", nargs="+", metavar="TARGET", help="stages, groups of stages or outputs")
    parser.add_argument("--parallel", type=_positive, metavar="N", help="stages that run at once")
    parser.add_argument("--force", action="store_true", help="run stages even if they are up to date")
    options = parser.parse_args()
    _leave_in_order()
    load()
    if options.targets:  # a misspelt one is told before Prefect takes its seconds to start
        read_graph(options.targets)
    try:
        state = pipeline(options.targets, options.parallel, options.force, return_state=True)
    except KeyboardInterrupt:
        sys.exit(130)
    if state.name == REFUSED:
        raise UserError(state.message or REFUSED)
    if not state.is_completed():
        sys.exit(1)


def _leave_in_order() -> None:
    """Turn signals that would end this process at once into an exit, so that stages and Prefect's server end too."""
    for sent in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(sent) is signal.SIG_DFL:  # under nohup, a hang-up stays ignored
            signal.signal(sent, lambda number, _: sys.exit(128 + number))


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


if __name__ == "__main__":
    run_step(main)

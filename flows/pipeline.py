"""The DVC graph as a Prefect flow: ``python -m flows.pipeline [--targets …] [--parallel N] [--force] [--cluster …]``.

The flow reads the graph from DVC and runs each stage as ``dvc repro --single-item`` in a process of its own,
independent ones at the same time. It does no stage's work and caches nothing: an up-to-date stage is one that DVC says
is, and is shown as ``Cached``. A failed stage stops what reads from it and nothing else. What may pass (a lock, the
network, a killed process) is tried again.
"""

import argparse
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger
from prefect.runtime import flow_run
from prefect.states import Completed, Failed, State

from components.params import UserError, load, run_step
from components.params.schema import Execution
from flows.clones import is_clone
from flows.command import REFUSED, ends_in_order, expect_completed, positive
from flows.events import announce
from flows.graph import Graph, read_graph, read_resources, walk
from flows.lockfile import LockGuard, at_rest
from flows.plan import Plan
from flows.publish import publish, publish_lock
from flows.slots import expect_limit, gpus, slots
from flows.stages import StageRunner
from flows.states import state_of, was_interrupted

__all__ = ["main", "pipeline", "run_stage"]


@task(name="stage", task_run_name="{stage}", cache_policy=NO_CACHE, retry_condition_fn=was_interrupted)
def run_stage(
    stage: str, runner: StageRunner, guard: LockGuard, needs: dict[str, float], *, timeout: float, force: bool = False
) -> State:
    """Bring one stage up to date; its output goes to the log as it is printed.

    Args:
        stage: name of the stage.
        runner: starts it, and can end it.
        guard: watches over ``dvc.lock``.
        needs: what it must have to itself.
        timeout: seconds after which the stage is ended.
        force: run it even if it is up to date.

    Returns:
        The state of its outcome.
    """
    logger = get_run_logger()
    with slots(needs):
        outcome = runner.run(stage, timeout, logger.info, force)
    if outcome.code == 0:
        guard.keep()
    elif not outcome.stopped and guard.heal():
        logger.warning("dvc.lock was cut off and is as it was before this stage")
    return state_of(outcome, stage, timeout)


@flow(name="menagerie", on_completion=[announce], on_failure=[announce], on_crashed=[announce])
def pipeline(
    targets: list[str] | None = None, parallel: int | None = None, force: bool = False, cluster: str | None = None
) -> State:
    """Bring the pipeline up to date.

    Args:
        targets: stages, groups of stages or outputs to make, with all that they need; everything where none is named.
        parallel: stages that run at once; ``execution.parallel_stages`` of ``params.yaml`` where not given.
        force: run stages even if they are up to date.
        cluster: address of a Dask scheduler on whose workers the stages run; here where it is not given, nor in
            ``MENAGERIE_CLUSTER``. As many run at once there as workers are free, where ``parallel`` is not given.

    Returns:
        Completed; Failed with the names of the stages that failed and of those that did not run because of them; or
        Refused, a failed state too, for a mistake that was found before any work.
    """
    environment = {"MENAGERIE_EXECUTION": f"prefect {datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {flow_run.name}"}
    cluster = cluster or os.environ.get("MENAGERIE_CLUSTER")
    try:
        execution, graph, needs = _before_work(targets or ())
        plan = Plan(graph, needs, execution, environment, parallel, force)
        states, pushed = (_run_on(cluster, plan), True) if cluster else _run_here(plan)
    except UserError as error:
        return Failed(name=REFUSED, message=str(error))
    publish_lock()
    verdict = _verdict(states)
    if verdict.is_completed():
        publish()
    return verdict if pushed else Failed(message=f"results were not pushed; {verdict.message}")


def _before_work(targets: Sequence[str]) -> tuple[Execution, Graph, dict[str, dict[str, float]]]:
    """How to run what, and what each stage needs, once everything is seen to be in order."""
    from components.registry.runs import close_abandoned
    from components.registry.tracking import connect

    execution = load().execution
    if LockGuard().check():
        get_run_logger().warning("dvc.lock was cut off; it is again as it was when a stage last ended")
    with at_rest():
        graph = read_graph(targets)
    close_abandoned(connect())  # MLflow's database is made before several stages reach for it
    resources = read_resources()
    return execution, graph, {stage: resources.get(stage.partition("@")[0], {}) for stage in graph}


def _run_here(plan: Plan) -> tuple[dict[str, State], bool]:
    """The last state of each stage, and whether results are at the remote if that is where they belong."""
    if gpus() and any("GPU" in needs for needs in plan.needs.values()):
        expect_limit()
    guard, clone = LockGuard(), is_clone()
    runner = StageRunner(plan.environment, pull=clone, push=clone)
    stage_task = run_stage.with_options(**plan.retries)

    def start(stage: str, before: list[Any]) -> Any:
        needs = plan.needs[stage]
        return stage_task.submit(
            stage, runner, guard, needs, timeout=plan.timeout, force=plan.force, return_state=False, wait_for=before
        )

    try:
        futures = walk(plan.graph, plan.parallel or plan.execution.parallel_stages, start)
        for future in futures.values():
            future.wait()  # they have ended: this takes their final states over
        states = {stage: future.state for stage, future in futures.items()}
        done = [stage for stage, state in states.items() if state.is_completed()]
        pushed = not (clone and done) or runner.push(done, plan.timeout, get_run_logger().info).code == 0
    except BaseException:
        try:
            runner.stop()
        finally:  # a second signal does not wait for stages to end
            guard.heal()
        raise
    return states, pushed


def _run_on(cluster: str, plan: Plan) -> dict[str, State]:
    try:
        from flows.cluster import run_on_cluster
    except ImportError:
        raise UserError("--cluster: Dask is not installed; it comes with the extra `cluster`") from None
    return run_on_cluster(cluster, plan)


def _verdict(states: dict[str, State]) -> State:
    done = [stage for stage, state in states.items() if state.is_completed()]
    not_run = [stage for stage, state in states.items() if state.name == "NotReady"]
    failed = [stage for stage in states if stage not in done and stage not in not_run]
    if failed:
        because = f"; not run because of it: {', '.join(not_run)}" if not_run else ""
        return Failed(message=f"failed: {', '.join(failed)}{because}")
    cached = sum(state.name == "Cached" for state in states.values())
    return Completed(message=f"{len(done) - cached} stages ran, {cached} were up to date")


@ends_in_order()
def main() -> None:
    """Run the flow from the command line; exit code 1 if a stage failed, 2 for a mistake in parameters or targets."""
    parser = argparse.ArgumentParser(prog="python -m flows.pipeline", description="Bring the pipeline up to date.")
    parser.add_argument("--targets", nargs="+", metavar="TARGET", help="stages, groups of stages or outputs")
    parser.add_argument("--parallel", type=positive, metavar="N", help="stages that run at once")
    parser.add_argument("--force", action="store_true", help="run stages even if they are up to date")
    parser.add_argument("--cluster", metavar="ADDRESS", help="Dask scheduler on whose workers stages run")
    options = parser.parse_args()
    load()
    if options.targets:  # a misspelt one is told before Prefect takes its seconds to start
        read_graph(options.targets)
    expect_completed(
        lambda: pipeline(options.targets, options.parallel, options.force, options.cluster, return_state=True)
    )


if __name__ == "__main__":
    run_step(main)

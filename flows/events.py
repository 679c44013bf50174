"""What a pipeline tells Prefect's automations: that it failed, and that it recovered."""

from typing import Any
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    FlowFilter,
    FlowFilterId,
    FlowRunFilter,
    FlowRunFilterDeploymentId,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.client.schemas.sorting import FlowRunSort
from prefect.events import emit_event
from prefect.states import State

__all__ = ["FAILED", "RECOVERED", "announce"]

FAILED, RECOVERED = "menagerie.pipeline.failed", "menagerie.pipeline.recovered"
FAILURES = "menagerie.failures"
"""Label of both events: failures in a row, this one among them; or those that a success followed."""

ENDS = [StateType.COMPLETED, StateType.FAILED, StateType.CRASHED]
FURTHEST_BACK = 50


def announce(flow: Any, flow_run: FlowRun, state: State) -> None:
    """Hook of a flow that has ended: an event if it failed, and one at its first success after a failure.

    Their resource is ``menagerie.pipeline.DEPLOYMENT``, or ``….none`` of runs without one. Its label
    ``menagerie.failures`` counts the failures in a row, so that an automation can act on the third.
    """
    before = _failures_before(flow_run)
    if not state.is_completed():
        _emit(FAILED, flow_run, state, before + 1)
    elif before:
        _emit(RECOVERED, flow_run, state, before)


def _failures_before(run: FlowRun) -> int:
    """Runs in a row of the same deployment, or of the same flow without one, that failed before ``run``."""
    deployment = run.deployment_id
    same = FlowRunFilterDeploymentId(any_=[deployment]) if deployment else FlowRunFilterDeploymentId(is_null_=True)
    with get_client(sync_client=True) as client:
        runs = client.read_flow_runs(
            flow_filter=FlowFilter(id=FlowFilterId(any_=[run.flow_id])),
            flow_run_filter=FlowRunFilter(
                deployment_id=same, state=FlowRunFilterState(type=FlowRunFilterStateType(any_=ENDS))
            ),
            sort=FlowRunSort.END_TIME_DESC,
            limit=FURTHEST_BACK,
        )
    count = 0
    for other in runs:
        if other.id == run.id:
            continue
        if other.state_type == StateType.COMPLETED:
            break
        count += 1
    return count


def _emit(event: str, run: FlowRun, state: State, failures: int) -> None:
    deployment = [_related("deployment", run.deployment_id)] if run.deployment_id else []
    emit_event(
        event,
        resource={
            "prefect.resource.id": f"menagerie.pipeline.{run.deployment_id or 'none'}",
            "prefect.resource.name": run.name,
            FAILURES: str(failures),
        },
        related=[_related("flow-run", run.id), *deployment],
        payload={"message": state.message or ""},
    )


def _related(kind: str, identity: UUID) -> dict[str, str]:
    return {"prefect.resource.id": f"prefect.{kind}.{identity}", "prefect.resource.role": kind}

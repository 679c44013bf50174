"""How the end of a stage is shown in Prefect, and which ends are tried again."""

from typing import Any

from prefect.states import Cancelled, Completed, Failed, State

from flows.stages import Outcome

__all__ = ["state_of", "was_interrupted"]

INTERRUPTED = "Interrupted"


def state_of(outcome: Outcome, stage: str, timeout: float, data: Any = None) -> State:
    """The state of a task that ran ``stage``.

    Args:
        outcome: how it ended.
        stage: its name.
        timeout: seconds that it had.
        data: what a completed state carries.

    Returns:
        Completed, Cached where DVC had nothing to run, Cancelled where the flow was ended, TimedOut, Interrupted by
        what may pass, or Failed.
    """
    if outcome.code == 0:
        return Completed(name="Cached", message="up to date", data=data) if outcome.cached else Completed(data=data)
    if outcome.stopped:
        return Cancelled(message="ended with the flow")
    if outcome.timed_out:
        return Failed(name="TimedOut", message=f"{stage} did not end in {timeout / 60:g} minutes")
    message = f"{stage} ended with exit code {outcome.code}"
    return Failed(name=INTERRUPTED, message=message) if outcome.may_pass else Failed(message=message)


def was_interrupted(_task: Any, _run: Any, state: State) -> bool:
    """Whether a stage is tried again: the ``retry_condition_fn`` of its task."""
    return state.name == INTERRUPTED

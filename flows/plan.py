"""What a run of the flow is to do, found before any work and followed wherever the stages run."""

from dataclasses import dataclass
from typing import Any

from components.params.schema import Execution
from flows.graph import Graph

__all__ = ["Plan"]


@dataclass(frozen=True)
class Plan:
    """The stages of a run, and how they are run.

    Args:
        graph: the stages, each with those that it reads from.
        needs: what each of them asks to have to itself, such as ``{"GPU": 1}``.
        execution: how many at once, how long one may take, how often it is tried again.
        environment: variables that they see.
        parallel: how many at once, over what ``execution`` says.
        force: run them even if they are up to date.
    """

    graph: Graph
    needs: dict[str, dict[str, float]]
    execution: Execution
    environment: dict[str, str]
    parallel: int | None = None
    force: bool = False

    @property
    def timeout(self) -> float:
        """Seconds after which a stage is ended."""
        return self.execution.stage_timeout_minutes * 60.0

    @property
    def retries(self) -> dict[str, Any]:
        """Options of a task by which Prefect tries a stage again."""
        return {"retries": self.execution.stage_retries, "retry_delay_seconds": self.execution.retry_seconds}

"""A flow as a command: how a signal, a mistake or a failed run ends the process."""

import signal
import sys
from collections.abc import Callable

from prefect.states import State

from components.params import UserError

__all__ = ["REFUSED", "expect_completed", "leave_in_order", "positive"]

REFUSED = "Refused"
"""Name of the failed state of a run that a person's mistake ended before any work."""


def leave_in_order() -> None:
    """Turn signals that would end this process at once into an exit, so that what it has started ends too."""
    for sent in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(sent) is signal.SIG_DFL:  # under nohup, a hang-up stays ignored
            signal.signal(sent, lambda number, _: sys.exit(128 + number))


def expect_completed(run: Callable[[], State]) -> None:
    """Run a flow, and leave the process with exit code 1 where it failed, with 130 where a person ended it.

    Raises:
        UserError: the flow refused to begin.
    """
    try:
        state = run()
    except KeyboardInterrupt:
        sys.exit(130)
    if state.name == REFUSED:
        raise UserError(state.message or REFUSED)
    if not state.is_completed():
        sys.exit(1)


def positive(text: str) -> int:
    """The whole number that an option holds, 1 or more."""
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number

"""A flow as a command: how a signal, a mistake or a failed run ends the process."""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from prefect.states import State

from components.params import UserError
from flows.server import expect_server

__all__ = ["REFUSED", "ends_in_order", "expect_completed", "positive"]

REFUSED = "Refused"
"""Name of the failed state of a run that a person's mistake ended before any work."""


@contextmanager
def ends_in_order() -> Iterator[None]:
    """Turn signals that would end this process at once into an interrupt: what the block has started ends too."""
    for sent in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(sent) is signal.SIG_DFL:  # under nohup, a hang-up stays ignored
            signal.signal(sent, _interrupt)
    try:
        yield
    except KeyboardInterrupt as interrupt:
        sent = signal.Signals(*interrupt.args or [signal.SIGINT])
        print(f"ended by {sent.name}; the same command goes on where it was", file=sys.stderr)
        sys.exit(128 + sent)


def _interrupt(number: int, _frame: object) -> None:
    raise KeyboardInterrupt(number)


def expect_completed(run: Callable[[], State]) -> None:
    """Run a flow, and leave the process with exit code 1 where it failed.

    Raises:
        UserError: the flow refused to begin.
    """
    expect_server()
    state = run()
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

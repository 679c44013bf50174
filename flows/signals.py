"""What a process of ours does when it is asked to end."""

import signal
import sys

__all__ = ["leave_in_order"]


def leave_in_order() -> None:
    """Turn signals that would end this process at once into an exit, so that what it has started ends too."""
    for sent in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(sent) is signal.SIG_DFL:  # under nohup, a hang-up stays ignored
            signal.signal(sent, lambda number, _: sys.exit(128 + number))

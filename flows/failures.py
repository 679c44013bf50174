"""Which failures of a stage may pass by themselves, told by its exit code and its last words."""

import re
from collections.abc import Sequence

__all__ = ["is_busy", "may_pass"]

BUSY = re.compile(
    r"is busy, it is being blocked by|Unable to acquire lock"
    r"|No such file or directory: '.*/runs/.*\.tmp'"  # another clone wrote its entry of the run cache that both share
)
PASSING = re.compile(
    r"database is locked|Connection (refused|reset|aborted|timed out)|Connection(Refused|Reset|Aborted)?Error"
    r"|RemoteDisconnected|Max retries exceeded|(Connect|Read)Timeout|timed out"
    r"|Temporary failure in name resolution|Name or service not known|Network is unreachable|No route to host"
    r"|(429|502|503|504) (Client|Server) Error|failed to (push|pull|transfer|upload|download)",
    re.IGNORECASE,
)
LASTING = re.compile(r"NonFiniteLossError")
EXITED = re.compile(r"exited with (-?\d+)")  # what DVC says of the command of a stage
MISTAKE = 2  # exit code of a person's mistake
SIGNALS = 128  # a shell adds the number of the signal that ended a command


def is_busy(words: Sequence[str]) -> bool:
    """Whether DVC stood back because another process of DVC's works on the same files, or holds its lock."""
    return any(map(BUSY.search, words))


def may_pass(code: int, words: Sequence[str]) -> bool:
    """Whether a stage may end well if it is tried again: a lock, the network, or a process that was killed.

    Args:
        code: exit code of ``dvc``; negative is the signal that ended it.
        words: its last lines.
    """
    exits = [int(found[1]) for line in words if (found := EXITED.search(line))]
    status = exits[-1] if exits else code
    if status == MISTAKE or any(map(LASTING.search, words)):
        return False
    killed = code < 0 or status < 0 or SIGNALS < status < 2 * SIGNALS - 1
    return killed or is_busy(words) or any(map(PASSING.search, words))

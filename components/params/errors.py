"""How a person is told of a mistake: one line each, exit code 2, no traceback."""

import sys
from collections.abc import Callable

__all__ = ["UserError", "run_step"]


class UserError(Exception):
    """A mistake of the person who runs the program, as lines to be read: each names place, value and what is allowed."""

    def __init__(self, *lines: str):
        super().__init__("\n".join(lines))
        self.lines = lines


def run_step(main: Callable[[], None]) -> None:
    """Run a command's ``main``; a :class:`UserError` goes to standard error and ends the process with exit code 2."""
    try:
        main()
    except UserError as error:
        print(error, file=sys.stderr)
        sys.exit(2)

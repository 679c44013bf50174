"""How a person is told of a mistake: one line each, exit code 2, no traceback."""

import difflib
import sys
from collections.abc import Callable, Iterable

__all__ = ["UserError", "did_you_mean", "nearest", "run_step"]


class UserError(Exception):
    """A mistake of the person who runs the program, in lines that name the place, the value and what is allowed."""

    def __init__(self, *lines: str):
        super().__init__("\n".join(lines))
        self.lines = lines


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that ``word`` is most likely a misspelling of, if any is near."""
    return next(iter(difflib.get_close_matches(word, list(known), n=1)), None)


def did_you_mean(word: object, known: Iterable[str]) -> str:
    """The end of a line about an unknown word: ``; did you mean …?``, or nothing where no known word is near."""
    guess = nearest(str(word), known)
    return f"; did you mean {guess}?" if guess else ""


def run_step(main: Callable[[], None]) -> None:
    """Run a command's ``main``; a :class:`UserError` goes to standard error and ends the process with exit code 2."""
    try:
        main()
    except UserError as error:
        print(error, file=sys.stderr)
        sys.exit(2)

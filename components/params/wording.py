"""What is wrong with parameters, in words: pydantic says what and where, their schema what is allowed there."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from pydantic_core import ErrorDetails

from components.params.document import Mistake, Place
from components.params.errors import did_you_mean, nearest
from components.params.shape import Shape

__all__ = ["mistakes"]

# pydantic's type of error → what is said after the place. Errors of other types keep pydantic's own words.
NOT_THAT = "{value} is not {noun}; allowed: {allowed}"
OUT_OF_RANGE = "{value} is out of range; allowed: {allowed}"
WRONG_LENGTH = "{value} has the wrong length; allowed: {allowed}"
WORDING = {
    "complaint": "{value} {message}",
    "missing": "required key is missing; allowed: {allowed}",
    "literal_error": "{value} is unknown; allowed: {allowed}{guess}",
    "string_pattern_mismatch": "not a name; allowed: lower-case letters, digits, - and _, of which - and _ not first",
    "finite_number": "{value} is not finite; allowed: {allowed}",
    "bool_type": NOT_THAT,
    "dict_type": NOT_THAT,
    "float_type": NOT_THAT,
    "int_type": NOT_THAT,
    "model_type": NOT_THAT,
    "string_type": NOT_THAT,
    "tuple_type": NOT_THAT,
    "greater_than": OUT_OF_RANGE,
    "greater_than_equal": OUT_OF_RANGE,
    "less_than": OUT_OF_RANGE,
    "less_than_equal": OUT_OF_RANGE,
    "too_short": WRONG_LENGTH,
    "too_long": WRONG_LENGTH,
    "string_too_short": WRONG_LENGTH,
}
LONGEST = 60  # characters of a value that a line shows


def mistakes(errors: Iterable[ErrorDetails], shape: Shape) -> Iterator[Mistake]:
    """Place and words of each of pydantic's errors; a misspelt required key is one mistake, though two errors.

    Args:
        errors: all errors of one validation.
        shape: of the class that was validated.
    """
    meant: set[Place] = set()
    plain = [_plain(error) for error in errors if not _counts_only_valid_entries(error)]
    for kind, location, value, message in sorted(plain, key=lambda error: error[0] != "extra_forbidden"):
        place, around, here = shape.follow(location)
        if kind == "extra_forbidden":
            guess = nearest(str(place[-1]), around.keys)
            meant.add((*place[:-1], guess or ""))
            known = f"did you mean {guess}?" if guess else f"allowed: {', '.join(around.keys)}"
            yield place, f"unknown key (value {_show(value)}); {known}"
        elif kind != "missing" or place not in meant:
            yield (
                place,
                WORDING.get(kind, "{value}: {message}").format(
                    value=_show(value),
                    noun=here.noun,
                    allowed=here.allowed,
                    guess=did_you_mean(value, here.choices),
                    message=message,
                ),
            )


def _plain(error: ErrorDetails) -> tuple[str, Place, Any, str]:
    """Type, location, value and message of an error, each about the place that a person would look for."""
    kind, location, value = error["type"], error["loc"], error["input"]
    if kind == "union_tag_invalid":  # the value of the key that chooses among classes
        key = error["ctx"]["discriminator"].strip("'")
        kind, location, value = "literal_error", (*location, key), value[key]
    elif kind == "union_tag_not_found":
        key = error["ctx"]["discriminator"].strip("'")
        misspelt = nearest(key, value)
        kind, location = ("extra_forbidden", (*location, misspelt)) if misspelt else ("missing", (*location, key))
        value = value.get(misspelt)
    elif kind == "missing" and isinstance(location[-1], int):  # an entry of a list
        kind, location = "too_short", location[:-1]
    elif location[-1:] == ("[key]",):
        location = location[:-1]
    return kind, location, value, error["msg"]


def _counts_only_valid_entries(error: ErrorDetails) -> bool:
    """Whether a list is called too short because entries of it are wrong, which other errors say already."""
    return error["type"] == "too_short" and len(error["input"]) >= error["ctx"]["min_length"]


def _show(value: Any) -> str:
    """A value as it may stand in the file, on one line and not too long."""
    text = repr(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"

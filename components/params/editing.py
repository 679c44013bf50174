"""Changing values in the text of ``params.yaml``, with every character that is not about them left as it is."""

import json
import re
from collections.abc import Mapping
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.nodes import MappingNode, Node

from components.params.document import Place

__all__ = ["edited"]

PLAIN = re.compile(r"[A-Za-z][\w./-]*")


def edited(text: str, values: Mapping[Place, Any]) -> str:
    """The text of a YAML file with some values in place of those that it has.

    A key that a mapping lacks is added after the last value there that is no mapping itself.

    Args:
        text: of the file, valid.
        values: numbers, texts or lists of them, for the keys that lead to each.

    Example:
        >>> edited("beta: 1.0   # of the KL term\\n", {("beta",): 2.25, ("likelihood",): "bernoulli"})
        'beta: 2.25  # of the KL term\\nlikelihood: bernoulli\\n'
    """
    for keys, value in values.items():
        text = _put(text, YAML(typ="safe", pure=True).compose(text), list(keys), value)
    return text


def _put(text: str, section: MappingNode, keys: list[Any], value: Any) -> str:
    key, *further = keys
    for name, entry in section.value:
        if name.value == key and further and isinstance(entry, MappingNode):
            return _put(text, entry, further, value)
        if name.value == key:
            return _replaced(text, name, entry, _written(further, value))
    return _added(text, section, key, _written(further, value))


def _replaced(text: str, name: Node, old: Node, value: str) -> str:
    """A comment behind the value keeps its column where it can."""
    start, end = _span(text, name, old)
    value = value if start < end else f" {value}"
    after = text[end:]
    if gap := re.match(r"( +)#", after):
        width = len(gap[1]) + (end - start) - len(value)
        after = " " * max(width, min(2, len(gap[1]))) + after.lstrip(" ")
    return text[:start] + value + after


def _added(text: str, around: MappingNode, key: str, value: str) -> str:
    if around.flow_style:
        end = around.end_mark.index - 1
        return f"{text[:end]}{', ' if around.value else ''}{key}: {value}{text[end:]}"
    line = around.start_mark.index - around.start_mark.column
    plain = [pair for pair in around.value if not isinstance(pair[1], MappingNode)]
    if plain:
        line = text.find("\n", _span(text, *plain[-1])[1]) + 1
    if not line and plain:  # the last line does not end
        text, line = f"{text}\n", len(text) + 1
    return f"{text[:line]}{' ' * around.start_mark.column}{key}: {value}\n{text[line:]}"


def _span(text: str, name: Node, node: Node) -> tuple[int, int]:
    """Where a value begins and ends, without the lines behind a block that say nothing; behind the colon if empty."""
    start = node.start_mark.index
    lines = text[start : node.end_mark.index].splitlines(keepends=True)
    while lines and (not lines[-1].strip() or lines[-1].lstrip().startswith("#")):
        lines.pop()
    return (start, start + len("".join(lines).rstrip())) if lines else (name.end_mark.index + 1,) * 2


def _written(keys: list[Any], value: Any) -> str:
    """A value as YAML on one line, inside the mappings that ``keys`` lead through."""
    if keys:
        return f"{{{keys[0]}: {_written(keys[1:], value)}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_written([], entry) for entry in value)}]"
    if isinstance(value, float):
        return re.sub(r"^(-?\d+)e", r"\1.0e", repr(value))  # older YAML takes 1e-05 for text
    plain = isinstance(value, str) and PLAIN.fullmatch(value) and YAML(typ="safe", pure=True).load(value) == value
    return str(value) if plain else json.dumps(value, ensure_ascii=False)

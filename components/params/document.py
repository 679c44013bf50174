"""A YAML file as values, the line of each, and what is wrong with it as YAML."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from components.params.errors import UserError

__all__ = ["Document", "Mistake", "Place"]

Place = tuple[str | int, ...]
"""Keys and list positions that lead to a value."""

Mistake = tuple[Place, str]
"""Where something is wrong, and what."""

TEXT = "tag:yaml.org,2002:str"
MERGE = "tag:yaml.org,2002:merge"


@dataclass(frozen=True)
class Document:
    """A YAML file that has been read.

    Args:
        values: its content.
        lines: the line, from 1, on which each place begins.
        mistakes: keys that are given twice or are not text.
    """

    values: dict[str, Any]
    lines: dict[Place, int]
    mistakes: list[Mistake]

    @classmethod
    def read(cls, path: Path) -> "Document":
        """Read a file that holds one mapping.

        Raises:
            UserError: it is missing, unreadable, not UTF-8, not YAML or no mapping.
        """
        yaml = YAML(typ="safe", pure=True)
        yaml.allow_duplicate_keys = True  # reported here, all at once, instead of by the first exception
        try:
            root = yaml.compose(path.read_text("utf-8"))
            lines: dict[Place, int] = {(): 1}
            mistakes: list[Mistake] = []
            _survey(root, (), lines, mistakes)  # first: construction writes merged keys into the tree
            values = yaml.constructor.construct_document(root) if root else None
        except OSError as error:
            raise UserError(f"{path}: cannot be read: {error.strerror}") from None
        except UnicodeDecodeError as error:
            raise UserError(f"{path}: not UTF-8 text: {error.reason} at byte {error.start}") from None
        except MarkedYAMLError as error:
            line = f"{error.problem_mark.line + 1}: " if error.problem_mark else " "
            raise UserError(f"{path}:{line}not YAML: {error.problem}") from None
        except RecursionError:
            raise UserError(f"{path}: not parameters: nested too deeply, or in itself") from None
        except (YAMLError, ValueError) as error:
            raise UserError(f"{path}: not YAML: {' '.join(str(error).split())}") from None
        if not isinstance(values, dict):
            raise UserError(f"{path}: holds no mapping of parameters")
        return cls(values, lines, mistakes)

    def line(self, place: Place) -> int:
        """The line of a place, or of the nearest one around it that is in the file."""
        while place not in self.lines:
            place = place[:-1]
        return self.lines[place]


def _survey(node: Node, place: Place, lines: dict[Place, int], mistakes: list[Mistake]) -> None:
    """Note the lines of everything under ``place``, and keys that are wrong in themselves."""
    if isinstance(node, SequenceNode):
        for position, entry in enumerate(node.value):
            lines[*place, position] = entry.start_mark.line + 1
            _survey(entry, (*place, position), lines, mistakes)
    if isinstance(node, MappingNode):
        for key, value in node.value:
            inner = (*place, key.value if isinstance(key, ScalarNode) else "?")
            if key.tag not in (TEXT, MERGE):
                mistakes.append((inner, "a key that is not text; write it in quotes"))
            if inner in lines:
                mistakes.append((inner, f"given twice, first on line {lines[inner]}"))
            lines[inner] = key.start_mark.line + 1
            _survey(value, inner, lines, mistakes)

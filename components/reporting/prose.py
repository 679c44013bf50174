"""What a family's module says of itself, as paragraphs of the page. The module is read, not imported."""

import ast
import re
from pathlib import Path

from markupsafe import Markup, escape

__all__ = ["paragraphs"]

MODELS = Path(__file__).parents[1] / "models"
ADDRESS = r"https?://[^\s,;)<]*[^\s,;:.)<]"


def paragraphs(family: str) -> list[Markup]:
    """Its docstring below the title: first what it is, then where it departs from the papers."""
    source = MODELS / f"{family}.py"
    docstring = ast.get_docstring(ast.parse(source.read_text("utf-8"))) if source.exists() else None
    return [_marked_up(" ".join(part.split())) for part in (docstring or "").split("\n\n")[1:]]


def _marked_up(text: str) -> Markup:
    """A docstring's *titles* with their addresses as links, and its ``names`` as code."""
    html = str(escape(text))
    html = re.sub(rf"\*([^*]+)\*,\s*({ADDRESS})", r'<a href="\2">\1</a>', html)
    html = re.sub(rf'(?<!")({ADDRESS})', r'<a href="\1">\1</a>', html)
    html = re.sub(r"\*([^*\s][^*]*)\*", r"<em>\1</em>", html)
    return Markup(re.sub(r"``([^`]+)``", r"<code>\1</code>", html))

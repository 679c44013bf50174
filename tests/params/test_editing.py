from pathlib import Path

import pytest
from ruamel.yaml import YAML

from components.params.editing import edited

ROOT = Path(__file__).parents[2]

# A text, what is put where, and the text that comes out.
CASES = {
    "a comment keeps its column": ("a: 1.0    # why\n", {("a",): 2.25}, "a: 2.25   # why\n"),
    "a long value pushes its comment": ("a: 1  # why\n", {("a",): 12345}, "a: 12345  # why\n"),
    "a list on one line": ("a: [1, 2]\nb: 3\n", {("a",): (3, 4, 5)}, "a: [3, 4, 5]\nb: 3\n"),
    "a list on many": ("a:\n  - 1\n  - 2\n\n# of b\nb: 3\n", {("a",): [4]}, "a:\n  [4]\n\n# of b\nb: 3\n"),
    "in a mapping on one line": ("a: {b: 1, c: {d: 2}}\n", {("a", "c", "d"): 3}, "a: {b: 1, c: {d: 3}}\n"),
    "where nothing stands": ("a:\n  b:   # why\n  c: 1\n", {("a", "b"): 2}, "a:\n  b: 2  # why\n  c: 1\n"),
    "a new key": ("a:\n  b: 1\n  c:\n    d: 2\n", {("a", "e"): True}, "a:\n  b: 1\n  e: true\n  c:\n    d: 2\n"),
    "a new key at the end": (
        "a:\n  b: 1\n\n# of c\nc: 2",
        {("a", "d"): 3, ("e",): 4},
        "a:\n  b: 1\n  d: 3\n\n# of c\nc: 2\ne: 4\n",
    ),
    "a new key before mappings": ("a:\n  b:\n    c: 1\n", {("a", "d"): 2}, "a:\n  d: 2\n  b:\n    c: 1\n"),
    "a new key on one line": ("a: {b: 1}  # why\n", {("a", "c"): 2}, "a: {b: 1, c: 2}  # why\n"),
    "new keys in a new mapping": (
        "a:\n  b: 1\n",
        {("a", "c", "d"): 2, ("a", "c", "e"): "x"},
        "a:\n  b: 1\n  c: {d: 2, e: x}\n",
    ),
    "a small number": ("a: 1\n", {("a",): 1e-05}, "a: 1.0e-05\n"),
    "nothing": ("a: 1\n", {("a",): None}, "a: null\n"),
    "text that is no text": ("a: 1\n", {("a",): "yes, 1"}, 'a: "yes, 1"\n'),
    "text that would be a switch": ("a: 1\n", {("a",): "true"}, 'a: "true"\n'),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_only_what_is_meant_changes(name: str) -> None:
    text, values, expected = CASES[name]
    assert edited(text, values) == expected
    content = YAML(typ="safe").load(expected)
    for (*around, key), value in values.items():
        section = content
        for part in around:
            section = section[part]
        assert section[key] == (list(value) if isinstance(value, tuple) else value)


def test_the_committed_parameters() -> None:
    text = (ROOT / "params.yaml").read_text("utf-8")
    changed = edited(text, {("models", "vae", "latent_dim"): 9, ("models", "vae", "normalization"): "batch"})
    before, after = text.splitlines(), changed.splitlines()
    assert len(after) == len(before) + 1
    assert [line.strip() for line in after if line not in before] == ["latent_dim: 9", "normalization: batch"]

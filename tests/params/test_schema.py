import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from components.params.schema import json_schema

ROOT = Path(__file__).parents[2]


def test_the_committed_schema_is_in_step() -> None:
    written = json.loads((ROOT / "params.schema.json").read_text("utf-8"))
    assert written == json_schema(), "python -m components.params --schema > params.schema.json"


def test_the_file_names_its_schema() -> None:
    first = (ROOT / "params.yaml").read_text("utf-8").partition("\n")[0]
    assert first == "# yaml-language-server: $schema=params.schema.json"


def test_every_key_is_described() -> None:
    schema = json_schema()
    assert [place for place, key in keys("", schema) if "description" not in resolve(schema, key)] == []


def keys(place: str, schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for section in ({"properties": schema["properties"]}, *schema["$defs"].values()):
        for name, key in section["properties"].items():
            yield f"{section.get('title', '')}.{name}", key


def resolve(schema: dict[str, Any], key: dict[str, Any]) -> dict[str, Any]:
    return {**schema["$defs"].get(key.get("$ref", "").removeprefix("#/$defs/"), {}), **key}

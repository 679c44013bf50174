"""What may stand at a place, in words, read from the JSON Schema of the parameters' classes."""

from typing import Any

from components.params.document import Place

__all__ = ["Shape"]

NOUNS = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "an integer",
    "number": "a number",
    "object": "a mapping",
    "string": "text",
}
LIMITS = {"minimum": ">=", "exclusiveMinimum": ">", "maximum": "<=", "exclusiveMaximum": "<"}


class Shape:
    """What may stand at a place.

    Args:
        node: the part of the schema that is about it.
        definitions: the parts that others refer to.
    """

    def __init__(self, node: dict[str, Any], definitions: dict[str, Any]):
        options = node.get("anyOf", [node])  # pydantic's X | None is any of X and null
        self._null = " or null" if {"type": "null"} in options else ""
        self._node = options[0]
        if "$ref" in self._node:
            self._node = definitions[self._node["$ref"].removeprefix("#/$defs/")]
        self._definitions = definitions

    @property
    def keys(self) -> list[str]:
        """The keys of a mapping that has fixed ones; of one of several classes, the key that chooses."""
        if "discriminator" in self._node:
            return [self._node["discriminator"]["propertyName"]]
        return list(self._node.get("properties", {}))

    @property
    def choices(self) -> list[str]:
        """The values, where they are listed one by one."""
        return [str(choice) for choice in self._node.get("enum", [])]

    @property
    def noun(self) -> str:
        """What stands there, without its limits: ``a number``."""
        return NOUNS[self._node.get("type", "object")]

    @property
    def allowed(self) -> str:
        """What stands there, with its limits: ``a number > 0 or null``."""
        return (", ".join(self.choices) or self.noun + self._limits) + self._null

    @property
    def _limits(self) -> str:
        node = self._node
        limits = [f"{sign} {node[limit]}" for limit, sign in LIMITS.items() if limit in node]
        text = " " + " and ".join(limits) if limits else ""
        if "minLength" in node or "minProperties" in node:
            text += ", not empty"
        if "prefixItems" in node or "items" in node:
            entries = str(len(node["prefixItems"])) if "prefixItems" in node else f"{node.get('minItems', 0)} or more"
            text += f" of {entries}, each {self.inside(0).allowed}"
        return text

    def inside(self, part: str | int) -> "Shape":
        """The shape one key or list position further in; that of anything where there is no such key."""
        node = self._node
        if isinstance(part, int):
            inner = node["prefixItems"][part] if "prefixItems" in node else node["items"]
        elif "discriminator" in node:
            inner = {"enum": list(node["discriminator"]["mapping"])} if part in self.keys else {}
        else:
            any_key = [*node.get("patternProperties", {}).values(), node.get("additionalProperties") or {}]
            inner = node.get("properties", {}).get(part) or any_key[0]
        return Shape(inner, self._definitions)

    def follow(self, location: Place) -> tuple[Place, "Shape", "Shape"]:
        """Walk along a location of pydantic's, which also names the class chosen among several.

        Returns:
            the place that a person knows, the shape around it, and the shape at it.
        """
        place: Place = ()
        around = here = self
        for part in location:
            classes = here._node.get("discriminator", {}).get("mapping", {})
            if part in classes:
                here = Shape({"$ref": classes[part]}, self._definitions)
            else:
                place, around, here = (*place, part), here, here.inside(part)
        return place, around, here

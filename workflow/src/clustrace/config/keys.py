"""Keys of the configuration files, explained: tables made from the models' JSON schemas."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from clustrace.config.base import SLUG_PATTERN
from clustrace.config.schemas import json_schema


@dataclass(frozen=True)
class Key:
    """A key: its type, its default (``required`` if it has none) and its meaning, in Markdown."""

    name: str
    type: str
    default: str
    meaning: str


@dataclass(frozen=True)
class Section:
    """The keys of one mapping.

    Attributes:
        name: name of the model.
        places: where in the file such a mapping stands, as in ``tables[].rows[]``; empty for
            the file itself.
        meaning: what it describes.
        keys: its keys, in the order of the model.
    """

    name: str
    places: tuple[str, ...]
    meaning: str
    keys: tuple[Key, ...]


def sections(model: type[BaseModel]) -> tuple[Section, ...]:
    """The keys of a file and of every mapping inside it, in the order of their first place."""
    schema = json_schema(model)
    definitions = schema.get("$defs", {})
    places: dict[str, list[str]] = {}
    _collect_places(schema, "", definitions, places)
    nested = [_section(name, places[name], definitions[name]) for name in places]
    return (_section(model.__name__, [], schema), *nested)


def _section(name: str, places: list[str], schema: Mapping[str, Any]) -> Section:
    # Of alternatives, the first is a file that stands on its own.
    alone = schema.get("anyOf", [{}])[0].get("required", [])
    required = [*schema.get("required", []), *alone]
    keys = tuple(
        Key(key, _type(of), _default(of, key in required), of["description"])
        for key, of in schema["properties"].items()
    )
    return Section(name, tuple(places), schema["description"], keys)


def _collect_places(
    schema: Mapping[str, Any],
    here: str,
    definitions: Mapping[str, Any],
    places: dict[str, list[str]],
) -> None:
    """Add where each definition is used, going down from ``schema``, which stands at ``here``."""
    if "$ref" in schema:
        name = _target(schema)
        seen = places.setdefault(name, [])
        if here not in seen:
            seen.append(here)
        _collect_places(definitions[name], here, definitions, places)
    for key, inner in schema.get("properties", {}).items():
        _collect_places(inner, f"{here}.{key}".lstrip("."), definitions, places)
    for inner in _values(schema):
        _collect_places(inner, f"{here}.<{_key_noun(schema)}>", definitions, places)
    if "items" in schema:
        _collect_places(schema["items"], f"{here}[]", definitions, places)
    for inner in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        _collect_places(inner, here, definitions, places)


def _target(schema: Mapping[str, Any]) -> str:
    return str(schema["$ref"]).rsplit("/", 1)[-1]


def _values(schema: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Schemas of the values of a mapping whose keys are free."""
    values = [*schema.get("patternProperties", {}).values(), schema.get("additionalProperties")]
    return [value for value in values if isinstance(value, dict)]


def _key_noun(schema: Mapping[str, Any]) -> str:
    return "slug" if "patternProperties" in schema else "name"


def _type(schema: Mapping[str, Any]) -> str:
    """A type in words; the name of a model links to its section."""
    if "$ref" in schema:
        return f"[{_target(schema)}](#{_target(schema).lower()})"
    if "const" in schema:
        return f"`{schema['const']}`"
    if "enum" in schema:
        return _or([f"`{value}`" for value in schema["enum"]])
    options = schema.get("anyOf") or schema.get("oneOf")
    if options:
        return _or(_without_covered([_type(option) for option in options]))
    match schema.get("type"):
        case "null":
            return "empty"
        case "boolean":
            return "`true` or `false`"
        case "integer":
            return f"whole number{_range(schema)}"
        case "number":
            return f"number{_range(schema)}"
        case "array":
            return f"list ({_type(schema['items'])})"
        case "object":
            inner = _or([_type(value) for value in _values(schema)])
            return f"mapping ({_key_noun(schema)}: {inner})"
    pattern = schema.get("pattern")
    if pattern == SLUG_PATTERN:
        return "slug"
    return f"text of the form `{pattern}`" if pattern else "text"


def _range(schema: Mapping[str, Any]) -> str:
    bounds = {"exclusiveMinimum": "above", "minimum": "from", "maximum": "up to"}
    return "".join(f" {word} {schema[key]}" for key, word in bounds.items() if key in schema)


def _without_covered(types: list[str]) -> list[str]:
    """Whole numbers are numbers anyway."""
    covered = {kind for kind in types if kind.replace("whole number", "number") in types}
    return [kind for kind in types if "whole number" not in kind or kind not in covered]


def _or(options: list[str]) -> str:
    *others, last = options
    return f"{', '.join(others)} or {last}" if others else last


def _default(schema: Mapping[str, Any], required: bool) -> str:
    if required:
        return "required"
    value = schema.get("default")
    if value in (None, "", {}, []):
        return "empty"
    if isinstance(value, dict):
        value = {key: part for key, part in value.items() if part != {}}
    return f"`{value if isinstance(value, str) else json.dumps(value)}`"

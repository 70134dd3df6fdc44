"""JSON schemas of the configuration files, which editors complete and check keys with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from clustrace.config.datasets import DataRegistry
from clustrace.config.methods import Method
from clustrace.config.papers import Deviations, Paper
from clustrace.config.protocols import Protocol
from clustrace.config.settings import Settings

#: Models by the name of their schema, config/schemas/<name>.schema.json.
MODELS: Mapping[str, type[BaseModel]] = {
    "config": Settings,
    "datasets": DataRegistry,
    "method": Method,
    "protocol": Protocol,
    "paper": Paper,
    "deviations": Deviations,
}


class _Generator(GenerateJsonSchema):
    """Schemas as strict as the models: a mapping by slugs takes no other keys."""

    def dict_schema(self, schema: core_schema.DictSchema) -> JsonSchemaValue:
        made = super().dict_schema(schema)
        if "patternProperties" in made:
            made["additionalProperties"] = False
        return made

    def field_title_should_be_set(self, schema: Any) -> bool:
        """Titles would only repeat the keys."""
        return False


def json_schema(model: type[BaseModel]) -> dict[str, Any]:
    """JSON schema (draft 2020-12) of a model."""
    schema = model.model_json_schema(by_alias=True, schema_generator=_Generator)
    described: dict[str, Any] = _on_one_line(schema)
    return {"$schema": _Generator.schema_dialect, **described}


def schema_texts() -> dict[str, str]:
    """Content of all schema files by file name."""
    return {
        f"{name}.schema.json": json.dumps(json_schema(model), indent=2, ensure_ascii=False) + "\n"
        for name, model in MODELS.items()
    }


def _on_one_line(schema: Any) -> Any:
    """Descriptions without the line breaks of the docstrings that they come from."""
    if isinstance(schema, list):
        return [_on_one_line(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: " ".join(value.split())
        if key == "description" and isinstance(value, str)
        else _on_one_line(value)
        for key, value in schema.items()
    }

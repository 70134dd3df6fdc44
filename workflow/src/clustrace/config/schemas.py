"""JSON schemas of the configuration files, which editors complete and check keys with."""

from __future__ import annotations

import ast
import functools
import inspect
import itertools
import json
import textwrap
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
    """Schemas as strict as the models, with the docstrings of fields as their descriptions.

    A mapping by slugs takes no other keys.
    """

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        made = super().model_schema(schema)
        properties = made.get("properties", {})
        for name, text in field_docstrings(schema["cls"]).items():
            properties.get(name, {})["description"] = text
        return made

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


def field_docstrings(model: type[BaseModel]) -> dict[str, str]:
    """Docstrings of the fields of a model by the names that the fields have in files."""
    found: dict[str, str] = {}
    for part in reversed([base for base in model.__mro__ if issubclass(base, BaseModel)]):
        if part is not BaseModel:
            found |= _own_docstrings(part)
    return {
        field.alias or name: found[name]
        for name, field in model.model_fields.items()
        if name in found
    }


@functools.cache
def _own_docstrings(model: type[BaseModel]) -> dict[str, str]:
    """Strings that stand after the fields in the source of a class."""
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(model))).body
    assert isinstance(definition, ast.ClassDef)
    return {
        field.target.id: inspect.cleandoc(text.value.value)
        for field, text in itertools.pairwise(definition.body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
        and isinstance(text.value.value, str)
    }


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

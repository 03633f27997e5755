"""Owns the JSON Schemas that editors read, made from the models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from groupform_schemas.base import Model
from groupform_schemas.community import CommunityFile
from groupform_schemas.project import ProjectFile

_FILES: Mapping[str, type[Model]] = {"groupform.json": ProjectFile, "community.json": CommunityFile}


class _Published(GenerateJsonSchema):
    """Leaves out what only makes hover texts longer, and the default `null`, which nobody may write."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        if schema.get("default", ...) is None:
            return self.generate_inner(schema["schema"])
        return super().default_schema(schema)

    def dict_schema(self, schema: core_schema.DictSchema) -> JsonSchemaValue:
        written = super().dict_schema(schema)
        if "patternProperties" in written:
            written["additionalProperties"] = False
        return written


def json_schemas() -> Mapping[str, dict[str, Any]]:
    """JSON Schema (2020-12) of each kind of file, by the name it is published under."""
    return {name: {"$schema": _Published.schema_dialect, **_schema(model)} for name, model in _FILES.items()}


def _schema(model: type[Model]) -> dict[str, Any]:
    written = model.model_json_schema(schema_generator=_Published)
    described = {f"#/$defs/{name}": each.get("description") for name, each in written["$defs"].items()}
    _drop_echoes(written, described)
    return written


def _drop_echoes(node: Any, described: Mapping[str, str | None]) -> None:
    """Removes from a reference the description that its target has too.

    Pydantic does so only where it built the target first, and the published text may not depend on that.
    """
    if isinstance(node, dict):
        if node.get("description") == described.get(node.get("$ref", ""), ""):
            del node["description"]
        for each in node.values():
            _drop_echoes(each, described)
    elif isinstance(node, list):
        for each in node:
            _drop_echoes(each, described)

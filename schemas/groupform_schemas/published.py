"""Owns the JSON Schemas that editors read, made from the models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from groupform_schemas.base import Model
from groupform_schemas.community import CommunityFile
from groupform_schemas.project import ProjectFile

_FILES: Mapping[str, type[Model]] = {"groupform.json": ProjectFile, "community.json": CommunityFile}


def json_schemas() -> Mapping[str, dict[str, Any]]:
    """JSON Schema (2020-12) of each kind of file, by the name it is published under."""
    return {
        name: {"$schema": GenerateJsonSchema.schema_dialect, **model.model_json_schema(mode="validation")}
        for name, model in _FILES.items()
    }

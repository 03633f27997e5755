"""Owns classification: the dimensions along which members and groups are told apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from groupform_schemas.base import Model
from groupform_schemas.plain import text_of
from groupform_schemas.references import bare_or
from groupform_schemas.scalars import Key, Line, one_line


class SegmentValue(Model):
    """One value of a segment: its title alone, or with the keys it had before."""

    title: Line = Field(description="What members see.", examples=["上海"])
    previously: tuple[Key, ...] = Field((), description="Earlier keys of this value: live groups are kept on a rename.")

    @model_validator(mode="before")
    @classmethod
    def _read_title(cls, value: Any) -> Any:
        if isinstance(value, Mapping | SegmentValue):
            return value
        return {"title": one_line(text_of(value))}

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return bare_or(handler, schema, {"type": ["string", "number", "boolean"], "minLength": 1})


Segment = Mapping[Key, SegmentValue]
"""The values of one dimension, by key, in declared order."""

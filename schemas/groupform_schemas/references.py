"""Owns how the language names people: by a bare name, or by what they are where a bare name says too little."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field, GetJsonSchemaHandler, SerializerFunctionWrapHandler, model_serializer, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from groupform_schemas.base import BARE, Maybe, Shaped
from groupform_schemas.errors import problem
from groupform_schemas.plain import plain
from groupform_schemas.scalars import Key

_BARE_NAME = r"[a-z0-9][a-z0-9-]*|\{[^{}\s]+\}"


class PersonRef(Shaped):
    """One who is meant: a bare name, or `{person: x}`, `{role: x}`, `{duty: x}` where two share the name."""

    one_of: ClassVar[tuple[str, ...]] = ("person", "role", "duty")

    name: Maybe[str] = Field(None, alias=BARE, description="A bare name: of a person, a role or a duty.", exclude=True)
    person: Maybe[Key] = Field(None, description="The key of a person in the project file.", examples=["lead"])
    role: Maybe[Key] = Field(None, description="The key of a role of the team.", examples=["host"])
    duty: Maybe[Key] = Field(None, description="The key of a duty of the team.", examples=["front-desk"])

    @model_validator(mode="before")
    @classmethod
    def _read_bare(cls, value: Any) -> Any:
        if isinstance(value, Mapping | PersonRef):
            return value
        text = plain(value)
        # A fanned-out group takes its people from a column: `owner: "{owner}"`.
        if not re.fullmatch(_BARE_NAME, text):
            raise problem("not-a-key", value=text)
        return {BARE: text}

    @model_serializer(mode="wrap")
    def _dump_bare(self, dump: SerializerFunctionWrapHandler) -> Any:
        return self.name if self.name is not None else dump(self)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        whole = bare_or(handler, schema, {"type": ["string", "integer"], "pattern": f"^(?:{_BARE_NAME})$"})
        written = handler.resolve_ref_schema(whole)["anyOf"][1]
        written["oneOf"] = [{"required": [key]} for key in cls.one_of]
        return whole


class Audience(PersonRef):
    """Those a check speaks of: a bare name, or `{tier: x}`, `{below: x}`, `{person: x}`, `{role: x}`, `{duty: x}`."""

    one_of: ClassVar[tuple[str, ...]] = ("person", "role", "duty", "tier", "below")

    tier: Maybe[Key] = Field(None, description="Members of this tier, and of no higher one.", examples=["core"])
    below: Maybe[Key] = Field(None, description="Members of every tier lower than this one.", examples=["vip"])


def bare_or(handler: GetJsonSchemaHandler, schema: CoreSchema, bare: JsonSchemaValue) -> JsonSchemaValue:
    """JSON Schema of a model that a scalar may stand for: the scalar's schema, or the mapping's."""
    whole = handler(schema)
    mapping = handler.resolve_ref_schema(whole)
    described: JsonSchemaValue = {key: mapping[key] for key in ("title", "description") if key in mapping}
    written: JsonSchemaValue = {key: value for key, value in mapping.items() if key not in described}
    written["properties"] = {key: value for key, value in mapping["properties"].items() if key != BARE}
    mapping.clear()
    mapping.update(described | {"anyOf": [bare, written]})
    return whole

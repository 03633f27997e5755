"""Owns the published JSON Schema of a plan: what other programs may rely on in `plan --out` and `--format json`."""

from __future__ import annotations

from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from groupform.engine.plan import Plan


class _Published(GenerateJsonSchema):
    """A plan is written whole, so every field is required; titles that repeat a field's name are left out."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def plan_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of a plan as it is written. Readers must bear fields that a later minor version adds."""
    schema = Plan.model_json_schema(mode="serialization", schema_generator=_Published)
    for each in (schema, *schema.get("$defs", {}).values()):
        # `additionalProperties: false` would make every addition a break for those who validate with an older schema.
        each.pop("additionalProperties", None)
    return {"$schema": GenerateJsonSchema.schema_dialect, **schema}

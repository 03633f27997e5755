"""Owns what people check by hand, and how long records are kept."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from groupform_schemas.base import Maybe, Model, Some
from groupform_schemas.calendar import When
from groupform_schemas.references import PersonRef
from groupform_schemas.scalars import Duration, Key, Line


class Checklist(Model):
    """Steps that somebody goes through again and again."""

    when: When = Field(description="At which moments.")
    who: PersonRef = Field(description="Who goes through it.", examples=["host"])
    steps: Some[Line] = Field(description="The steps, in order.")


class Keep(Model):
    """How long records are kept."""

    reports: Maybe[Duration] = Field(None, description="How long reports by members are kept.", examples=["180d"])


class Compliance(Model):
    """What people check by hand, and how long records are kept."""

    checklists: Mapping[Key, Checklist] = Field(default_factory=dict, description="Checklists by key.")
    keep: Maybe[Keep] = Field(None, description="How long records are kept.")

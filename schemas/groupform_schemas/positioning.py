"""Owns who a community is for and what it does."""

from __future__ import annotations

from pydantic import Field

from groupform_schemas.base import Choice, Maybe, Model
from groupform_schemas.scalars import Line, Text


class Category(Choice):
    """What holds the members together."""

    service = "service"
    interest = "interest"
    hybrid = "hybrid"


class Focus(Choice):
    """One job, or many things where the people matter."""

    single = "single"
    open = "open"


class Positioning(Model):
    """Who, and for what: the two questions that make a group a community."""

    statement: Line = Field(description="The community in one sentence: for whom, and what for.")
    category: Maybe[Category] = Field(None, description="Whether members come for a service, an interest, or both.")
    focus: Maybe[Focus] = Field(None, description="single: one job; open: many things, and people matter.")
    audience: Maybe[Text] = Field(None, description="The people the community is for.")
    functions: tuple[Line, ...] = Field(
        (), description="What members come for, in a word each.", examples=[["交流", "学习"]]
    )
    culture: Maybe[Text] = Field(None, description="How members treat each other.")


class Naming(Model):
    """How titles are built where a platform gives no container to stand in."""

    flat: Maybe[Line] = Field(
        None,
        description="Template of group titles on platforms without a container (WeCom, WeChat, QQ).",
        examples=["{community}·{group}"],
    )

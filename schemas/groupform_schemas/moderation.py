"""Owns who is kept out of a community for good: the servers whose people may take part, and who is banned by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field
from pydantic_core import InitErrorDetails

from groupform_schemas.base import Maybe, OneOrMore, Shaped, Some
from groupform_schemas.errors import placed
from groupform_schemas.scalars import Glob, GroupName, Key, Line, ServerGlob, Yes


class Servers(Shaped):
    """Whose people may take part, on a platform that is made of many servers: those allowed, less those denied."""

    allow: Maybe[Some[ServerGlob]] = Field(
        None, description="The servers whose people may take part; all where absent.", examples=[["*.example.org"]]
    )
    deny: Maybe[Some[ServerGlob]] = Field(
        None, description="The servers whose people may not, allowed or not.", examples=[["*.spam.example"]]
    )
    ip_literals: Maybe[Yes] = Field(
        None, description="Whether servers without a name, of a bare IP address, may take part."
    )

    def contradictions(self) -> list[InitErrorDetails]:
        if not self.model_fields_set:
            return [placed((), {}, "one-of-missing", keys="allow, deny, ip_literals")]
        found = []
        for position, each in enumerate(self.deny or ()):
            if not each.strip("*"):
                found.append(placed(("deny", position), each, "servers-all-denied"))
            elif each in (self.allow or ()):
                found.append(placed(("deny", position), each, "server-allowed-and-denied", server=each))
        return found


class Ban(Shaped):
    """One who is kept out: a person, everybody of a server, or whoever comes from a group."""

    one_of: ClassVar[tuple[str, ...]] = ("person", "server", "group")

    person: Maybe[Glob] = Field(
        None, description="An account as the platform writes it; * and ? stand for others.", examples=["@spam*:*"]
    )
    server: Maybe[ServerGlob] = Field(None, description="A server.", examples=["*.spam.example"])
    group: Maybe[Glob] = Field(None, description="Somebody else's group, by its address.", examples=["#raid:*"])
    reason: Maybe[Line] = Field(None, description="Why, for whoever reads the list.", examples=["垃圾广告"])


class Moderation(Shaped):
    """Who is kept out for good: whole servers, and a list of bans."""

    in_: Maybe[OneOrMore[GroupName]] = Field(
        None, alias="in", description="The groups this covers; all of them, and the community itself, where absent."
    )
    servers: Maybe[Servers] = Field(None, description="Whose people may take part, on a platform of many servers.")
    bans: Mapping[Key, Ban] = Field(default_factory=dict, description="Who is banned, by a key of your own.")

    def contradictions(self) -> list[InitErrorDetails]:
        if self.servers is None and not self.bans:
            return [placed((), {}, "one-of-missing", keys="servers, bans")]
        return []

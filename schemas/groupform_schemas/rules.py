"""Owns the rules of a community: what they say, how a breach is noticed, what follows."""

from __future__ import annotations

from pydantic import Field
from pydantic_core import InitErrorDetails

from groupform_schemas.base import Choice, Maybe, Model, Shaped
from groupform_schemas.errors import placed
from groupform_schemas.judge import Judge
from groupform_schemas.scalars import Count, Domain, Duration, Key, Line, Text


class Penalty(Choice):
    """What follows a breach, the mildest first."""

    remind = "remind"
    warn = "warn"
    mute = "mute"
    remove = "remove"


class Detect(Model):
    """How a breach is noticed."""

    words: tuple[Line, ...] = Field((), description="Words that are a breach.", examples=[["加我微信"]])
    links: Maybe[Penalty] = Field(None, description="What a link outside the allowed domains brings.")
    allow_links: tuple[Domain, ...] = Field(
        (), description="Domains that may be linked.", examples=[["petclub.example"]]
    )
    mentions_over: Maybe[Count] = Field(None, description="More mentions than this in one message are a breach.")


class LadderStep(Shaped):
    """What a member's n-th breach brings."""

    strike: Count = Field(description="The breach that brings this, counted from 1.")
    do: Penalty = Field(description="remind, warn, mute or remove.")
    for_: Maybe[Duration] = Field(
        None,
        alias="for",
        description="For how long, where it is a mute; until somebody lifts it where absent.",
        examples=["1d"],
    )
    text: Maybe[Text] = Field(None, description="What the member is told.")

    def contradictions(self) -> list[InitErrorDetails]:
        if self.do is not Penalty.mute and self.for_ is not None:
            return [placed(("for",), str(self.for_), "key-without", key="for", other="do: mute")]
        return []


class Honour(Choice):
    """What a good deed brings."""

    pin = "pin"
    promote = "promote"


class Reward(Shaped):
    """What follows a good deed."""

    do: Honour = Field(description="pin the message, or promote its author.")
    for_: Maybe[Duration] = Field(None, alias="for", description="For how long, where it is a pin.", examples=["7d"])
    to: Maybe[Key] = Field(None, description="The tier to promote to.", examples=["core"])

    def contradictions(self) -> list[InitErrorDetails]:
        found = []
        if self.do is Honour.promote and self.to is None:
            found.append(placed(("do",), self.do.value, "needs-key", key="do: promote", other="to"))
        if self.do is not Honour.promote and self.to is not None:
            found.append(placed(("to",), self.to, "key-without", key="to", other="do: promote"))
        if self.do is not Honour.pin and self.for_ is not None:
            found.append(placed(("for",), str(self.for_), "key-without", key="for", other="do: pin"))
        return found


class Rule(Shaped):
    """One rule: its words, and what follows when it is broken or kept very well."""

    title: Line = Field(description="The rule in a few words.")
    text: Text = Field(description="The rule as members read it.")
    detect: Maybe[Detect] = Field(None, description="How a breach is noticed.")
    judge: Maybe[Judge] = Field(None, description="Who decides that it happened: platform or host.")
    ladder: tuple[LadderStep, ...] = Field(
        (), description="What follows, strike by strike: remind first, punish later."
    )
    forget_after: Maybe[Duration] = Field(None, description="After how long a strike no longer counts.")
    exempt: tuple[Key, ...] = Field((), description="Roles the rule does not touch.", examples=[["admin"]])
    reward: tuple[Reward, ...] = Field((), description="What follows a good deed.")

    def contradictions(self) -> list[InitErrorDetails]:
        found, order = [], list(Penalty)
        for position, (before, step) in enumerate(zip(self.ladder, self.ladder[1:], strict=False), start=1):
            if step.strike <= before.strike:
                place = ("ladder", position, "strike")
                found.append(
                    placed(place, step.strike, "ladder-strike-order", strike=step.strike, before=before.strike)
                )
            if order.index(step.do) < order.index(before.do):
                place = ("ladder", position, "do")
                found.append(placed(place, step.do.value, "ladder-goes-down", do=step.do.value, before=before.do.value))
        return found

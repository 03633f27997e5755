"""Owns the door: what outsiders find, who is admitted, and what is asked of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field
from pydantic_core import InitErrorDetails

from groupform_schemas.base import Choice, Maybe, Model, Shaped
from groupform_schemas.errors import placed
from groupform_schemas.scalars import Duration, Key, Text, Yes


class Door(Choice):
    """What is found, and who is admitted."""

    open = "open"
    link = "link"
    request = "request"
    contact = "contact"
    invite = "invite"
    paid = "paid"


class Answer(Choice):
    """The form of an answer."""

    choice = "choice"
    text = "text"
    image = "image"


class SegmentChoices(Model):
    """Choices taken from a segment's values."""

    segment: Key = Field(description="The segment whose values are offered.", examples=["species"])


class Ask(Shaped):
    """A question put to whoever wants to come in."""

    only_with: ClassVar[Mapping[str, tuple[str, ...]]] = {"choices": ("answer",)}

    ask: Text = Field(description="The question.", examples=["你养的是什么宠物？"])
    answer: Answer = Field(description="The form of the answer: choice, text or image.")
    choices: Maybe[SegmentChoices] = Field(None, description="What can be chosen, where the answer is a choice.")

    def contradictions(self) -> list[InitErrorDetails]:
        if self.answer is Answer.choice and self.choices is None:
            return [placed(("answer",), self.answer.value, "needs-key", key="answer: choice", other="choices")]
        if self.answer is not Answer.choice and self.choices is not None:
            return [placed(("choices",), self.choices, "key-without", key="choices", other="answer: choice")]
        return []


class EntryAddition(Model):
    """What a group or a tier changes about, or adds to, the community's entry."""

    door: Maybe[Door] = Field(None, description="This group's own door, in place of the community's.")
    asks: Mapping[Key, Ask] = Field(default_factory=dict, description="Further questions, by key.")
    accept_rules: Maybe[Yes] = Field(None, description="Whether the rules must be accepted first.")
    account_age: Maybe[Duration] = Field(None, description="How old an account must be.", examples=["7d"])


class Entry(Model):
    """The door of the community; a group or a tier may add to it."""

    door: Door = Field(
        description="open: listed, anyone; link: unlisted, anyone; request: listed, on approval; contact: through a "
        "person; invite: hidden; paid."
    )
    asks: Mapping[Key, Ask] = Field(default_factory=dict, description="Questions to whoever wants to come in, by key.")
    accept_rules: Yes = Field(False, description="Whether the rules must be accepted first.")
    account_age: Maybe[Duration] = Field(None, description="How old an account must be.", examples=["7d"])

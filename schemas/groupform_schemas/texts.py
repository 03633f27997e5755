"""Owns what members read without anybody writing it at that moment: the notice, the welcome, the replies."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field
from pydantic_core import InitErrorDetails

from groupform_schemas.base import Choice, Maybe, Model, OneOrMore, Shaped, Some
from groupform_schemas.errors import placed
from groupform_schemas.references import PersonRef
from groupform_schemas.scalars import FilePath, GroupName, Key, Line, Text, Url


class NoticePart(Choice):
    """A part of the notice that is made from the community file."""

    topic = "topic"
    rules = "rules"


class Notice(Shaped):
    """What hangs on the wall of every group: made of parts, or a file."""

    one_of: ClassVar[tuple[str, ...]] = ("parts", "file")

    parts: Maybe[Some[NoticePart]] = Field(None, description="Parts in order: topic, rules.")
    file: Maybe[FilePath] = Field(None, description="A Markdown file.", examples=["notices/lobby.md"])


class Link(Model):
    """A link shown as a card."""

    title: Line = Field(description="The card's title.")
    url: Url = Field(description="Where it leads.")
    image: Maybe[FilePath] = Field(None, description="The card's picture.", examples=["assets/guide.png"])


class Attachment(Model):
    """What goes with a message."""

    link: Link = Field(description="A link shown as a card.")


class Occasion(Shaped):
    """Where a variant of the welcome is used; every condition named must hold."""

    platform: Maybe[OneOrMore[Key]] = Field(None, description="A platform, or several.", examples=[["wecom", "wechat"]])
    group: Maybe[OneOrMore[GroupName]] = Field(None, description="A group, or several.", examples=["vip-lounge"])

    def contradictions(self) -> list[InitErrorDetails]:
        if self.platform is None and self.group is None:
            return [placed((), {}, "one-of-missing", keys="platform, group")]
        return []


class WelcomeVariant(Model):
    """Another welcome for some platforms or groups."""

    when: Occasion = Field(description="Where this one is used instead.")
    text: Text = Field(description="What a new member reads; {member} is the name.")
    attachments: tuple[Attachment, ...] = Field((), description="What goes with it.")


class Welcome(Model):
    """What a new member reads first."""

    text: Text = Field(description="What a new member reads; {member} is the name.")
    attachments: tuple[Attachment, ...] = Field((), description="What goes with it.")
    variants: tuple[WelcomeVariant, ...] = Field((), description="Other welcomes for some platforms or groups.")


class ReplyPlace(Choice):
    """Where a question is answered."""

    group = "group"
    service = "service"


class Reply(Shaped):
    """An answer to what is asked again and again."""

    questions: tuple[Line, ...] = Field((), description="The question, in the words of those who ask it.")
    keywords: tuple[Line, ...] = Field((), description="Words that give the question away.")
    answer: Text = Field(description="The answer.")
    where: Some[ReplyPlace] = Field(
        (ReplyPlace.group,), description="In groups, in the customer-service window, or both."
    )
    hand_to: Maybe[PersonRef] = Field(None, description="Who takes over where the answer is not enough.")

    def contradictions(self) -> list[InitErrorDetails]:
        return [] if self.questions or self.keywords else [placed((), {}, "asked-never")]

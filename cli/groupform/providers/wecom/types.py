"""Owns what WeCom objects look like to the engine: the resource types, who acts on each, and how attributes behave."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Annotated, Any

from typing_extensions import TypedDict

from groupform.compile.resource import Json, Outcome
from groupform.engine.resource_type import (
    Accounts,
    Actor,
    By,
    Canonical,
    Computed,
    Guarded,
    Owned,
    Pasted,
    RefTo,
    RequiresReplace,
    ResourceType,
    Unique,
    Unordered,
    Verb,
    WriteOnly,
)
from groupform.providers.wecom.repeats import alike


def one_line(value: Json) -> Json:
    """A name as people see it: composed, without white space around it or twice in a row."""
    return " ".join(unicodedata.normalize("NFC", value).split()) if isinstance(value, str) else value


def many_lines(value: Json) -> Json:
    """A text as people see it: a client may change line ends and the white space at the end of a line."""
    if not isinstance(value, str):
        return value
    return "\n".join(line.rstrip() for line in unicodedata.normalize("NFC", value).splitlines()).strip()


def folded(value: Json) -> Json:
    """Account names without case, which WeCom does not tell apart (user/get): one, or a list of them."""
    if isinstance(value, list):
        return [*dict.fromkeys(each.casefold() if isinstance(each, str) else each for each in value)]
    return value.casefold() if isinstance(value, str) else value


def _hands_over(before: Json, after: Json, _: str) -> str | None:
    # 2 times in 90 days for a group, 300 groups of one owner a day (onjob_transfer, transfer): not to be done lightly.
    return "wecom-guard-owner" if before is not None and folded(before) != folded(after) else None


def _ends_code(before: Json, after: Json, _: str) -> str | None:
    return "wecom-guard-code-dies" if before is not None and before != after else None


class Group(TypedDict, total=False):
    """A customer group (客户群). People make it, name it and write its notice; the API reads all of that back, and
    hands it over to another owner. Of the admins only those that are declared are ours."""

    title: Annotated[str, Canonical(one_line)]
    owner: Annotated[str, By(Actor.api), Accounts(), Canonical(folded), Guarded("owner-transfer", _hands_over)]
    admins: Annotated[list[str], Owned(), Accounts(), Canonical(folded)]
    notice: Annotated[str, Canonical(many_lines)]


class TagGroup(TypedDict, total=False):
    """A group of customer tags (企业客户标签组). `tags` by key: {name, order}; tags that others put there are not ours.

    `former` tells which key a tag had before, so that a renamed key keeps the tag and the customers who bear it.
    """

    title: Annotated[str, Unique("tag-group")]
    tags: Annotated[dict[str, dict[str, Json]], Owned()]
    former: Annotated[dict[str, str], WriteOnly()]


class ContactWay(TypedDict, total=False):
    """A code by which strangers add somebody of the team (联系我). `kind` is `one` or `several`, for good."""

    kind: Annotated[str, RequiresReplace(), Guarded("code-dies", _ends_code)]
    users: Annotated[list[str], Unordered(), Canonical(folded)]
    remark: str
    confirm: bool
    code: Annotated[str, Computed()]


class JoinWay(TypedDict, total=False):
    """A code by which people join one of up to five groups (加入群聊). `overflow`: a full one is followed by another,
    called `next_name` and `next_number`. Groups that the platform adds are not ours to take out."""

    groups: Annotated[list[str], RefTo("group"), Owned()]
    remark: str
    overflow: bool
    next_name: str
    next_number: int
    code: Annotated[str, Computed()]


class PostCode(TypedDict, total=False):
    """That a code hangs where the files say: people print it and put it up, nothing reads that."""

    places: str
    way: Annotated[str, RefTo("join-way", "contact-way")]


class WelcomeTemplate(TypedDict, total=False):
    """A greeting for new members (入群欢迎语素材). `link` is {title, url, image?}; `image` is a picture's digest."""

    text: Annotated[str, Canonical(many_lines)]
    link: dict[str, str]


class ApplyWelcome(TypedDict, total=False):
    """Which greeting a group uses: set by its owner in the client, read by nobody."""

    group: Annotated[str, RefTo("group")]
    template: Annotated[str, RefTo("welcome-template")]


class InterceptRule(TypedDict, total=False):
    """Words that EMPLOYEES may not send to customers (聊天敏感词). What customers write is not looked at."""

    name: Annotated[str, Unique("intercept-rule")]
    words: Annotated[list[str], Unordered()]
    action: str
    users: Annotated[list[str], Owned(), Canonical(folded)]


class AntiHarassment(TypedDict, total=False):
    """The console's rule against advertising and the like in groups (防骚扰): set in the console, read by nobody."""

    words: str
    links: str
    allowed: str
    does: str


class InviteConfirmation(TypedDict, total=False):
    """Invite confirmation (群聊邀请确认) of a group is on, and what to go by."""

    group: Annotated[str, RefTo("group")]
    admit: str


class AutoReply(TypedDict, total=False):
    """What the console's assistant answers in groups (群聊自动回复): set in the console, read by nobody."""

    asked: str
    answer: Annotated[str, Pasted()]


class KfAccount(TypedDict, total=False):
    """An account of 微信客服. `avatar` is a picture's digest; of the servicers only the declared ones are ours."""

    name: str
    avatar: str
    servicers: Annotated[list[str], Owned(), Canonical(folded)]


class KfLink(TypedDict, total=False):
    """The address that opens a conversation with the account, to be put behind a button on a website."""

    account: Annotated[str, RefTo("kf-account"), RequiresReplace()]
    scene: Annotated[str, RequiresReplace()]


class KfRobot(TypedDict, total=False):
    """That the account's robot is on, and answers from the knowledge group: set in the console, read by nobody."""

    account: Annotated[str, RefTo("kf-account")]
    knowledge: Annotated[str, RefTo("knowledge-group")]


class KnowledgeGroup(TypedDict, total=False):
    """A group of questions that the robot can answer (知识库分组)."""

    name: Annotated[str, Unique("knowledge-group")]


class Intent(TypedDict, total=False):
    """A question with its other wordings and its one answer. It cannot move to another group."""

    group: Annotated[str, RefTo("knowledge-group"), RequiresReplace()]
    question: Annotated[str, Unique("question")]
    similar: Annotated[list[str], Unordered()]
    answer: Annotated[str, Canonical(many_lines)]


class TeamChat(TypedDict, total=False):
    """The team's own internal chat (应用群聊). Of its members only the declared ones are ours."""

    name: Annotated[str, Canonical(one_line)]
    owner: Annotated[str, Canonical(folded)]
    users: Annotated[list[str], Owned(), Canonical(folded)]


class Calendar(TypedDict, total=False):
    """The team's calendar (日历). Of those who see it and of its admins only the declared ones are ours."""

    title: Annotated[str, Canonical(one_line)]
    details: Annotated[str, Canonical(many_lines)]
    admins: Annotated[list[str], Owned(), Canonical(folded)]
    people: Annotated[list[str], Owned(), Canonical(folded)]


class Schedule(TypedDict, total=False):
    """Something on the calendar (日程). `when` is `mon,wed 20:00 UTC+8` and the like, or a single date; `minutes` is
    how long it takes. Whoever is invited besides the declared people stays."""

    calendar: Annotated[str, RefTo("calendar"), RequiresReplace()]
    title: Annotated[str, Canonical(one_line)]
    details: Annotated[str, Canonical(many_lines)]
    when: Annotated[str, Canonical(alike)]
    minutes: int
    people: Annotated[list[str], Owned(), Canonical(folded)]
    remind: bool


# A person makes and changes it, the API reads it back: each step closes by itself.
_READ_BACK = {Verb.create: Actor.person, Verb.update: Actor.person, Verb.delete: Actor.person}
# A person does it, nothing reads it back: somebody's word closes each step. What is no longer declared is let be.
_BY_HAND = {
    Verb.create: Actor.person,
    Verb.read: Actor.nobody,
    Verb.update: Actor.person,
    Verb.delete: Actor.nobody,
}


def _by_hand(name: str, model: type[Any]) -> ResourceType:
    return ResourceType(name, model, actors=_BY_HAND, listable=False)


TYPES: Mapping[str, ResourceType] = {
    each.name: each
    for each in (
        ResourceType("group", Group, actors=_READ_BACK, people_inside=True),
        ResourceType("tag-group", TagGroup),
        ResourceType("contact-way", ContactWay),
        # No call lists join ways or templates: state is the only copy of their ids.
        ResourceType("join-way", JoinWay, listable=False),
        _by_hand("post-code", PostCode),
        ResourceType("welcome-template", WelcomeTemplate, listable=False),
        _by_hand("apply-welcome", ApplyWelcome),
        ResourceType("intercept-rule", InterceptRule),
        _by_hand("anti-harassment", AntiHarassment),
        _by_hand("invite-confirmation", InviteConfirmation),
        _by_hand("auto-reply", AutoReply),
        ResourceType("kf-account", KfAccount, requests=2),
        # Nothing reads or removes a link; asking for it again does no harm.
        ResourceType("kf-link", KfLink, actors={Verb.read: Actor.nobody, Verb.delete: Actor.nobody}, listable=False),
        _by_hand("kf-robot", KfRobot),
        ResourceType("knowledge-group", KnowledgeGroup),
        ResourceType("intent", Intent),
        ResourceType("team-chat", TeamChat, actors={Verb.delete: Actor.person}, people_inside=True),
        # Nor calendars; what is on one is listed.
        ResourceType("calendar", Calendar, listable=False),
        ResourceType("schedule", Schedule, passes=True),
    )
}
"""The types by name."""


def carried_as(kind: str, attribute: str | None = None) -> Outcome:
    """What becomes of a leaf that an attribute of this type carries: who writes it, and whether anything reads it."""
    declared = TYPES[kind]
    verb = Verb.create if attribute is None else Verb.update
    if declared.actor(verb, attribute) is Actor.api:
        return Outcome.native
    return Outcome.attest if declared.actor(Verb.read) is Actor.nobody else Outcome.hand_over

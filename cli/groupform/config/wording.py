"""Checks the placeholders of texts: each must be filled by something in every group the text reaches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from groupform.config.attached import Attached
from groupform.config.attached import texts as text_files
from groupform.config.fanout import report_unknown
from groupform.config.names import Desk
from groupform.config.placeholders import MEMBER, TEXT_WORDS, words
from groupform_schemas import CommunityFile, Post

Loc = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class _Text:
    """One text: where it stands, what it says, whether it is sent to somebody, the groups it reaches (None: all)."""

    loc: Loc
    text: str
    to_somebody: bool = False
    groups: Sequence[str] | None = None


def check_wording(
    desk: Desk, model: CommunityFile, attached: Attached, offered: Mapping[str, tuple[str, ...] | None]
) -> None:
    """Reports unknown placeholders, words that only some groups fill, and `{member}` where nobody is spoken to.

    `offered` holds, per declared group, the words of its fan-out; None where its source could not be read.
    """
    if any(each is None for each in offered.values()):
        return
    fills = {key: set(each or ()) for key, each in offered.items()}
    everywhere = set.intersection(*fills.values()) if fills else set()
    anywhere = set.union(*fills.values()) if fills else set()
    for each in _texts(model, attached):
        if "{" not in each.text and "｛" not in each.text:
            continue
        reached = everywhere
        if each.groups:
            sets = [fills[name.partition("/")[0]] for name in each.groups if name.partition("/")[0] in fills]
            reached = set.intersection(*sets) if sets else everywhere
        said = set(words(each.text))
        if MEMBER in said and not each.to_somebody:
            desk.warn("placeholder-nobody-addressed", each.loc, name="{member}")
        for word in sorted(said & anywhere - reached - {*TEXT_WORDS, MEMBER}):
            without = [key for key, known in fills.items() if word not in known]
            desk.warn("placeholder-in-some-groups", each.loc, name="{" + word + "}", without=", ".join(without))
        report_unknown(desk, each.loc, each.text, (*TEXT_WORDS, MEMBER, *sorted(anywhere)))
    if model.naming and model.naming.flat:
        report_unknown(desk, ("naming", "flat"), model.naming.flat, (*TEXT_WORDS, *sorted(everywhere)))
        if not {"group", "title"} & set(words(model.naming.flat)):
            desk.warn("flat-naming-alike", ("naming", "flat"))


def _texts(model: CommunityFile, attached: Attached) -> Iterator[_Text]:
    if model.welcome:
        yield _Text(("welcome", "text"), model.welcome.text, True)
        for position, variant in enumerate(model.welcome.variants):
            yield _Text(("welcome", "variants", position, "text"), variant.text, True, variant.when.group)
    for key, reply in model.replies.items():
        yield _Text(("replies", key, "answer"), reply.answer, True)
    for key, rule in model.rules.items():
        yield _Text(("rules", key, "title"), rule.title)
        yield _Text(("rules", key, "text"), rule.text)
        for position, step in enumerate(rule.ladder):
            yield _Text(("rules", key, "ladder", position, "text"), step.text or "", True)
    for key, duty in model.team.duty.items():
        yield _Text(("team", "duty", key, "off_hours"), duty.off_hours or "", True)
    for key, planned in model.calendar.items():
        yield _Text(("calendar", key, "title"), planned.title, False, planned.to)
        if planned.post is not None:
            for loc, text in _sent(planned.post):
                yield _Text(("calendar", key, "post", *loc), text, False, planned.to)
    for loc, path in text_files(model):
        groups = model.calendar[str(loc[1])].to if loc[0] == "calendar" else None
        yield _Text(loc, attached.files.get(path, b"").decode("utf-8", "replace"), False, groups)


def _sent(post: Post) -> Iterator[tuple[Loc, str]]:
    """The words of a post that stand in the community's own file."""
    if post.text:
        yield ("text",), post.text
    if post.poll is not None:
        yield ("poll", "question"), post.poll.question
        yield from ((("poll", "options", position), option) for position, option in enumerate(post.poll.options))
    if post.card is not None:
        yield ("card", "title"), post.card.title
        yield ("card", "text"), post.card.text or ""
        yield ("card", "link"), post.card.link

"""Owns what goes with a post beside its words, as people are told of it: files, a card, a poll, a pin, mentions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from groupform.compile.markdown import plain
from groupform.engine.post_parts import Attached, Ballot, LinkCard, PostPart, Words
from groupform.render.terminal import Terminal, clean
from groupform_schemas import Duration, Post


def beside(terminal: Terminal, parts: Sequence[PostPart]) -> Iterator[str]:
    """What goes along, a line each: `picture poster.png`, `a poll: Which day? Sat / Sun`."""
    for each in parts:
        match each.part:
            case Attached(media=media):
                yield terminal.say("post-with-file", file=clean(media.name))
            case LinkCard() as card:
                yield terminal.say("post-with-card", title=clean(card.title), link=clean(card.link))
            case Ballot() as ballot:
                options = " / ".join(map(clean, ballot.options))
                yield terminal.say("post-with-poll", question=clean(ballot.question), options=options)


def part_json(each: PostPart) -> dict[str, Any]:
    """A part as data."""
    match each.part:
        case Attached(media=media, caption=caption):
            return {"name": each.name, "file": media.name, "caption": caption or None}
        case LinkCard() as card:
            picture = card.picture.name if card.picture is not None else None
            return {"name": each.name, "title": card.title, "text": card.text, "link": card.link, "picture": picture}
        case Ballot() as ballot:
            words = {"name": each.name, "question": ballot.question, "options": list(ballot.options)}
            return {**words, "choose": ballot.choose, "results": "at_end" if ballot.secret else "live"}
        case Words(text=text):
            return {"name": each.name, "text": text}


def treatment(terminal: Terminal, post: Post | None) -> Iterator[str]:
    """What is done with a post besides sending it."""
    if post is None:
        return
    if post.pin:
        yield _pin(terminal, "post-pinned", post.pin)
    if post.mentions is not None:
        yield terminal.say("post-mentions-everyone")


def by_hand(terminal: Terminal, parts: Sequence[PostPart], post: Post | None) -> Iterator[str]:
    """What a person does to send a post: the files to attach, the poll to type in, the card's words, and the rest."""
    for each in parts:
        match each.part:
            case Attached(media=media):
                yield terminal.say("post-hand-file", file=clean(media.name))
            case LinkCard() as card:
                yield terminal.say("post-hand-card")
                yield from (clean(each) for each in (card.title, plain(card.text), card.link) if each)
                if card.picture is not None:
                    yield terminal.say("post-hand-file", file=clean(card.picture.name))
            case Ballot() as ballot:
                kind = "secret" if ballot.secret else "open"
                yield terminal.say(f"post-hand-poll-{kind}", choose=ballot.choose)
                yield clean(ballot.question)
                yield from (f"{number}. {clean(each)}" for number, each in enumerate(ballot.options, 1))
    if post is not None and post.pin:
        yield _pin(terminal, "post-hand-pin", post.pin)
    if post is not None and post.mentions is not None:
        yield terminal.say("post-hand-everyone")


def pin_by_hand(terminal: Terminal, length: str) -> str:
    """That somebody pins it: for good where `length` is empty, or for so long (`3d`)."""
    if not length:
        return terminal.say("post-hand-pin")
    return terminal.say("post-hand-pin-for", time=terminal.say(f"post-length-{length[-1]}", count=length[:-1]))


def _pin(terminal: Terminal, code: str, pin: bool | Duration) -> str:
    """For good, or for a length of time as people say it."""
    if isinstance(pin, bool):
        return terminal.say(code)
    number, unit = str(pin)[:-1], str(pin)[-1]
    return terminal.say(f"{code}-for", time=terminal.say(f"post-length-{unit}", count=number))

"""Owns what a post is made of: words, files, a card, a poll, each in words that no platform owns."""

from __future__ import annotations

import hashlib
import mimetypes
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeAlias

_BEGINNINGS = (
    (b"\x89PNG\r\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"%PDF-", "application/pdf"),
)
_OTHER = "application/octet-stream"


@dataclass(frozen=True, eq=False)
class Media:
    """A picture or another file. `name` is what members see of its name; it is read when its bytes are first needed.

    Whatever asks for its bytes, its type or its digest raises OSError where the file cannot be read any more.
    """

    name: str
    read: Callable[[], bytes] = field(repr=False)

    @cached_property
    def data(self) -> bytes:
        return self.read()

    @cached_property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()

    @cached_property
    def media_type(self) -> str:
        """Told by how the bytes begin, else by the name."""
        if self.data[:4] == b"RIFF" and self.data[8:12] == b"WEBP":
            return "image/webp"
        known = next((kind for start, kind in _BEGINNINGS if self.data.startswith(start)), None)
        return known or mimetypes.guess_type(self.name)[0] or _OTHER


@dataclass(frozen=True, slots=True)
class Words:
    """Markdown with nothing left to fill in, without the pictures that go out by themselves."""

    text: str


@dataclass(frozen=True, slots=True)
class Attached:
    """A picture or another file. `caption` is what a reader who cannot see it is told."""

    media: Media
    caption: str = ""


@dataclass(frozen=True, slots=True)
class LinkCard:
    """A link with a title, words and a picture."""

    title: str
    text: str
    link: str
    picture: Media | None = None


@dataclass(frozen=True, slots=True)
class Ballot:
    """A question and its answers, of which a member may choose `choose`. `secret` votes are seen when it is over."""

    question: str
    options: tuple[str, ...]
    choose: int = 1
    secret: bool = False


Part: TypeAlias = Words | Attached | LinkCard | Ballot


@dataclass(frozen=True, slots=True)
class PostPart:
    """One part of a post, and what it is called within it: `words`, `picture-1`, `attach-2`, `card`, `poll`."""

    name: str
    part: Part


def media_of(part: Part) -> Media | None:
    """The file that goes with a part."""
    match part:
        case Attached():
            return part.media
        case LinkCard():
            return part.picture
        case _:
            return None


def words_in(parts: Sequence[PostPart]) -> str:
    """The words among the parts of a post, in Markdown; "" where it has none."""
    return next((each.part.text for each in parts if isinstance(each.part, Words)), "")


def markdown_of(part: Part) -> str:
    """A part as words, where there is nothing better; of a file its name."""
    match part:
        case Words():
            return part.text
        case Attached():
            return part.media.name
        case LinkCard():
            return "\n\n".join(filter(None, (f"**{part.title}**", part.text, part.link)))
        case Ballot():
            options = "\n".join(f"{number}. {each}" for number, each in enumerate(part.options, 1))
            return f"{part.question}\n\n{options}"

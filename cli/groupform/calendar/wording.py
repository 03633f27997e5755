"""Owns what is laid before a person to send: plain words, and the pictures that go along in place of their names."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from urllib.parse import unquote

from markdown_it import MarkdownIt

from groupform.calendar.due import digest_of
from groupform.calendar.pictures import pictures
from groupform.compile.markdown import plain
from groupform.config.project import Community
from groupform.engine.dispatching import Picture
from groupform_schemas import Post


@dataclass(frozen=True, slots=True)
class Wording:
    """`mark` is what the message is known by on the platform, which shows its words; `digest` is of all there is to it.
    `missing` names a picture whose file cannot be read."""

    text: str
    pictures: tuple[Picture, ...] = ()
    missing: str = ""

    @property
    def mark(self) -> str:
        return digest_of(self.text)

    @property
    def digest(self) -> str:
        return digest_of("\n".join((self.text, *(each.digest for each in self.pictures))))


def wording(community: Community, post: Post, markdown: str) -> Wording:
    """A post as a person sends it: no marks; pictures of the project's own beside the words, others by their address.

    Reads the pictures' files.
    """
    text, found = plain(markdown), list[Picture]()
    shown = dict(_shown(markdown))
    for each in pictures(community, post, markdown):
        if each.file is None:
            if each.outside:
                return Wording(text, missing=each.address)
            continue
        try:
            data = each.file.read_bytes()
        except OSError:
            return Wording(text, missing=each.address)
        text = text.replace(shown.get(each.address, each.address), "", 1)
        found.append(Picture(hashlib.sha256(data).hexdigest(), data))
    return Wording(_tidy(text), tuple({each.digest: each for each in found}.values()))


def _shown(markdown: str) -> Iterator[tuple[str, str]]:
    """By its address, how a picture stands among plain words (compile/markdown.py)."""
    for token in _parser().parse(markdown):
        for each in token.children or ():
            if each.type == "image":
                address = str(each.attrs.get("src", ""))
                yield unquote(address), f"{each.content} {address}".strip()


def _tidy(text: str) -> str:
    """Without what a picture leaves behind: white space at the end of a line, several empty lines."""
    lines = "\n".join(line.rstrip() for line in text.splitlines())
    return re.sub(r"\n{3,}", "\n\n", lines).strip()


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False})

"""Finds the pictures that a post shows: what its Markdown names, and the files behind it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote

from markdown_it import MarkdownIt
from markdown_it.token import Token

from groupform.config.project import Community
from groupform_schemas import Post

_MARK = re.compile(r"(?<!\\)!\[[^\]]*\](?:\([^)]*\)|\[[^\]]*\])?")


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture: the address as written, and its file; None where it is on the web, or leads out of the project.
    `caption` stands for it where it cannot be seen."""

    address: str
    file: Path | None
    outside: bool = False
    caption: str = ""


def pictures(community: Community, post: Post, text: str) -> Iterator[Picture]:
    """The pictures of a post, in order. A path is relative to the Markdown file that names it, or to the community's.

    None but those inside the community's folder count: a post is no way to a file that nobody meant to send.
    """
    base = community.folder / PurePosixPath(post.file).parent if post.file else community.folder
    for address, caption in _shown(text):
        if ":" in address.split("/")[0] or address.startswith("//"):
            yield Picture(address, None, caption=caption)
            continue
        file = (base / address).resolve()
        inside = file.is_relative_to(community.folder.resolve())
        yield Picture(address, file if inside else None, not inside, caption)


def without_pictures(text: str, addresses: Collection[str]) -> str:
    """Markdown without the pictures of these addresses, which go out beside it. Code stays as it is."""
    known: dict[str, Any] = {}
    tokens = _parser().parse(text, known)
    code = [each.map for each in tokens if each.type in ("fence", "code_block") and each.map]

    def left(hit: re.Match[str]) -> str:
        line = text.count("\n", 0, hit.start())
        if any(first <= line < after for first, after in code):
            return hit[0]
        inline = _parser().parseInline(hit[0], known)[0].children or []
        shown = len(inline) == 1 and inline[0].type == "image" and _address(inline[0]) in addresses
        return "" if shown else hit[0]

    bare = "\n".join(line.rstrip() for line in _MARK.sub(left, text).splitlines())
    return re.sub(r"\n{3,}", "\n\n", bare).strip()


def _shown(text: str) -> Iterator[tuple[str, str]]:
    for token in _parser().parse(text):
        for each in token.children or ():
            if each.type == "image":
                yield _address(each), each.content


def _address(token: Token) -> str:
    """The address as it is written: Markdown takes what is not plain ASCII in it for a web address's."""
    return unquote(str(token.attrs.get("src", "")))


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False})

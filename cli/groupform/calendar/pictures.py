"""Finds the pictures that a post shows: what its Markdown names, and the files behind it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath

from markdown_it import MarkdownIt

from groupform.config.project import Community
from groupform_schemas import Post


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture: the address as written, and its file; None where it is on the web, or leads out of the project."""

    address: str
    file: Path | None
    outside: bool = False


def pictures(community: Community, post: Post, text: str) -> Iterator[Picture]:
    """The pictures of a post, in order. A path is relative to the Markdown file that names it, or to the community's.

    None but those inside the community's folder count: a post is no way to a file that nobody meant to send.
    """
    base = community.folder / PurePosixPath(post.file).parent if post.file else community.folder
    for address in _addresses(text):
        if ":" in address.split("/")[0] or address.startswith("//"):
            yield Picture(address, None)
            continue
        file = (base / address).resolve()
        inside = file.is_relative_to(community.folder.resolve())
        yield Picture(address, file if inside else None, outside=not inside)


def _addresses(text: str) -> Iterator[str]:
    for token in _parser().parse(text):
        for each in token.children or ():
            if each.type == "image":
                yield str(each.attrs.get("src", ""))


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False})

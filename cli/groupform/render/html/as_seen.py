"""Owns a post as members see it: with its marks where a platform shows them, as bare text where it does not."""

from __future__ import annotations

import base64
import mimetypes
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt
from markupsafe import Markup, escape

from groupform.calendar.pictures import pictures
from groupform.compile.markdown import plain
from groupform.config.project import Community
from groupform.render.terminal import clean
from groupform_schemas import Post

LARGEST = 2_000_000
"""Bytes of one picture that a page still carries."""

Read = Callable[[Path], bytes | None]


def marked(community: Community, post: Post, text: str, read: Read) -> Markup:
    """The post as HTML of ours. Pictures of the project stand in the page; those on the web are links: nothing is
    fetched by looking at a page."""
    inside = {each.address: _data(each.file, read) for each in pictures(community, post, text) if each.file is not None}
    parser = MarkdownIt("commonmark", {"html": False, "breaks": True})

    def image(tokens: Sequence[Any], index: int, options: Any, env: Any) -> str:
        address, words = str(tokens[index].attrs.get("src", "")), str(tokens[index].content)
        data = inside.get(address)
        if data is not None:
            return str(Markup('<img src="{}" alt="{}">').format(data, words))
        return str(Markup('<span class="away">🖼 {}</span>').format(words or address))

    def link(tokens: Sequence[Any], index: int, options: Any, env: Any) -> str:
        return str(
            Markup('<a href="{}" rel="noreferrer noopener" target="_blank">').format(
                str(tokens[index].attrs.get("href", ""))
            )
        )

    rules: Mapping[str, Any] = {"image": image, "link_open": link}
    parser.renderer.rules.update(rules)  # type: ignore[attr-defined]
    return Markup(parser.render(clean(text)))  # the parser escapes what is not a mark: `html` is off


def bare(text: str) -> Markup:
    """The post as it is typed where there are no marks."""
    return Markup('<div class="bare">{}</div>').format(escape(clean(plain(text))))


def loses(text: str) -> bool:
    """Whether something of the text is not shown where there are no marks."""
    return plain(text).split() != text.split()


def _data(file: Path, read: Read) -> str | None:
    data = read(file)
    kind = mimetypes.guess_type(file.name)[0] or ""
    # SVG may hold a script; and it is no picture that a chat takes.
    if data is None or len(data) > LARGEST or not kind.startswith("image/") or kind == "image/svg+xml":
        return None
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"

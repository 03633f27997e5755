"""Owns a post as members see it: with its marks where a platform shows them, as bare text where it does not."""

from __future__ import annotations

import base64
import mimetypes
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from markdown_it import MarkdownIt
from markupsafe import Markup, escape

from groupform.calendar.pictures import pictures
from groupform.compile.markdown import plain
from groupform.config.project import Community
from groupform.engine.post_parts import Attached, Ballot, LinkCard, Media, Part, Words, markdown_of
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
        address, words = unquote(str(tokens[index].attrs.get("src", ""))), str(tokens[index].content)
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


def seen(part: Part, marks: bool | None, community: Community, post: Post, read: Read) -> Markup:
    """One message of a post as members see it."""
    match part:
        case Words(text=text):
            return marked(community, post, text, read) if marks else bare(text)
        case Attached(media=media, caption=caption):
            below = Markup("<p>{}</p>").format(clean(caption)) if caption else Markup("")
            return _shown(media, caption) + below
        case LinkCard() as card:
            picture = _shown(card.picture, card.title) if card.picture is not None else Markup("")
            words = bare(card.text) if card.text else Markup("")
            head = Markup("<p><strong>{}</strong></p>").format(clean(card.title))
            link = Markup('<p><a href="{0}" rel="noreferrer noopener" target="_blank">{0}</a></p>').format(card.link)
            return Markup('<div class="card">') + head + picture + words + link + Markup("</div>")
        case Ballot() if not marks:
            return bare(markdown_of(part))  # numbered words: to vote by a word, or to be typed into the app's own poll
        case Ballot() as ballot:
            sign = "☐" if ballot.choose > 1 else "◯"
            options = Markup("").join(Markup("<li>{} {}</li>").format(sign, clean(each)) for each in ballot.options)
            head = Markup("<p><strong>{}</strong></p>").format(clean(ballot.question))
            return head + Markup('<ul class="poll">{}</ul>').format(options)


def _shown(media: Media, words: str) -> Markup:
    """A picture where the page can carry it, else the file's name."""
    try:
        kind, data = media.media_type, media.data
    except OSError:
        kind, data = "", b""
    if kind.startswith("image/") and kind != "image/svg+xml" and len(data) <= LARGEST:
        address = f"data:{kind};base64,{base64.b64encode(data).decode()}"
        return Markup('<img src="{}" alt="{}">').format(address, words or clean(media.name))
    return Markup('<span class="away">📎 {}</span>').format(clean(media.name))


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

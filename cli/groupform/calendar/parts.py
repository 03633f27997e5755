"""Takes a post apart: its words, the pictures that they show, its attachments, its card and its poll, in that order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import PurePosixPath
from typing import TypeAlias

from groupform.calendar.pictures import pictures, without_pictures
from groupform.compile.titles import text_words
from groupform.config.placeholders import fill
from groupform.config.project import Community, GroupInstance, ResolvedDeployment
from groupform.engine.post_parts import Attached, Ballot, LinkCard, Media, PostPart, Words
from groupform_schemas import CalendarItem, PollResults, Post

Files: TypeAlias = dict[str, Media]
"""Files that posts share, by where they are: each is read once, however many groups get it."""


def parts_of(
    deployment: ResolvedDeployment, planned: CalendarItem, group: GroupInstance, files: Files | None = None
) -> tuple[PostPart, ...]:
    """What is sent to one group, whenever that is; nothing where there is no post. No file is read yet.

    A picture of the project's own that the words show becomes a part: not every client shows one among words. One on
    the web stays where it is, as a link. `files` holds those met before, and gets the others.
    """
    if planned.post is None:
        return ()
    values = {**group.values, **text_words(deployment, group)}
    return tuple(_parts(deployment.community, planned.post, values, files if files is not None else {}))


def filled_text(community: Community, post: Post, values: Mapping[str, str]) -> str:
    """The words of a post, in Markdown, with what `values` fills."""
    text = post.text or ""
    if post.file is not None:
        data = community.files.get(post.file, b"")
        text = data.decode("utf-8-sig", "replace").replace("\r\n", "\n")
    return fill(text, values).strip()


def _parts(community: Community, post: Post, values: Mapping[str, str], files: Files) -> Iterator[PostPart]:
    text = filled_text(community, post, values)
    shown = [each for each in pictures(community, post, text) if each.file is not None] if "![" in text else []
    words = without_pictures(text, {each.address for each in shown}) if shown else text
    if words:
        yield PostPart("words", Words(words))
    for number, picture in enumerate(shown, 1):
        assert picture.file is not None
        media = files.setdefault(str(picture.file), Media(PurePosixPath(picture.address).name, picture.file.read_bytes))
        yield PostPart(f"picture-{number}", Attached(media, picture.caption))
    for number, path in enumerate(post.attach or (), 1):
        yield PostPart(f"attach-{number}", Attached(_file(community, path, files)))
    if post.card is not None:
        card = post.card
        picture_of = _file(community, card.picture, files) if card.picture is not None else None
        title, below, link = (fill(each, values) for each in (card.title, card.text or "", card.link))
        yield PostPart("card", LinkCard(title, below.strip(), link, picture_of))
    if post.poll is not None:
        poll = post.poll
        options = tuple(fill(each, values) for each in poll.options)
        secret = poll.results is PollResults.at_end
        yield PostPart("poll", Ballot(fill(poll.question, values), options, poll.choose, secret))


def _file(community: Community, path: str, files: Files) -> Media:
    return files.setdefault(path, Media(PurePosixPath(path).name, partial(_bytes, community, path)))


def _bytes(community: Community, path: str) -> bytes:
    data = community.files.get(path)
    if data is None:
        raise FileNotFoundError(path)
    return data

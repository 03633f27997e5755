"""Collects the files that a community file names, and reports those that cannot be used."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from groupform.config.files import Inputs, Unreadable
from groupform.config.names import Desk
from groupform.config.tables import Table, column_missing, read_table
from groupform_schemas import Attachment, CommunityFile, FromTable, MetricTable, Post

Loc = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Attached:
    """The bytes of every file that could be read, by the path as written, and the tables among them."""

    files: dict[str, bytes]
    tables: dict[tuple[str, str | None], Table | None]


def attach(desk: Desk, model: CommunityFile, folder: Path, inputs: Inputs) -> Attached:
    """Reads everything a community names; each file once, each bad mention reported at its own place."""
    made = Attached({}, {})
    for loc, path in _pictures(model):
        _take(desk, loc, path, folder, inputs, made)
    for loc, path in texts(model):
        data = _take(desk, loc, path, folder, inputs, made)
        if data is not None:
            _check_text(desk, loc, path, data)
    for key, group in model.groups.items():
        if group.each and isinstance(group.each.from_, FromTable):
            loc = ("groups", key, "each", "from", "csv")
            _table(desk, loc, group.each.from_.csv, group.each.key, folder, inputs, made)
    for key, metric in model.metrics.items():
        if isinstance(metric.from_, MetricTable):
            loc = ("metrics", key, "from", "csv")
            _metric(desk, loc, metric.from_, folder, inputs, made)
    return made


def texts(model: CommunityFile) -> Iterator[tuple[Loc, str]]:
    """The places and paths of files that hold words."""
    if model.notice and model.notice.file:
        yield ("notice", "file"), model.notice.file
    for key, planned in model.calendar.items():
        if planned.post and planned.post.file:
            yield ("calendar", key, "post", "file"), planned.post.file


def _pictures(model: CommunityFile) -> Iterator[tuple[Loc, str]]:
    if model.avatar:
        yield ("avatar",), model.avatar
    for key, group in model.groups.items():
        if group.avatar:
            yield ("groups", key, "avatar"), group.avatar
    if model.welcome:
        yield from _images(("welcome", "attachments"), model.welcome.attachments)
        for position, variant in enumerate(model.welcome.variants):
            yield from _images(("welcome", "variants", position, "attachments"), variant.attachments)
    for key, planned in model.calendar.items():
        if planned.post is not None:
            yield from _sent(("calendar", key, "post"), planned.post)


def _images(loc: Loc, attachments: tuple[Attachment, ...]) -> Iterator[tuple[Loc, str]]:
    for position, each in enumerate(attachments):
        if each.link.image:
            yield (*loc, position, "link", "image"), each.link.image


def _sent(loc: Loc, post: Post) -> Iterator[tuple[Loc, str]]:
    for position, path in enumerate(post.attach or ()):
        yield (*loc, "attach", position), path
    if post.card is not None and post.card.picture:
        yield (*loc, "card", "picture"), post.card.picture


def _take(desk: Desk, loc: Loc, path: str, folder: Path, inputs: Inputs, made: Attached) -> bytes | None:
    try:
        data = inputs.named(folder, path)
    except Unreadable as refused:
        desk.report(refused.code, loc, **refused.params)
        return None
    if not data:
        desk.report("file-is-empty", loc, path=path)
        return None
    made.files[path] = data
    return data


def _check_text(desk: Desk, loc: Loc, path: str, data: bytes) -> None:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        desk.report("file-not-text", loc, path=path)
        return
    if "\0" in text:
        desk.report("file-not-text", loc, path=path)
    elif not text.strip():
        desk.report("file-is-empty", loc, path=path)


def _table(
    desk: Desk, loc: Loc, path: str, key: str | None, folder: Path, inputs: Inputs, made: Attached
) -> Table | None:
    if (path, key) in made.tables:
        return made.tables[path, key]
    data = _take(desk, loc, path, folder, inputs, made)
    table = None
    if data is not None:
        table = read_table(data, inputs.shown(folder / path), desk.found, key=key)
    made.tables[path, key] = table
    return table


def _metric(desk: Desk, loc: Loc, source: MetricTable, folder: Path, inputs: Inputs, made: Attached) -> None:
    table = _table(desk, loc, source.csv, None, folder, inputs, made)
    if table is not None and source.member not in table.columns:
        column_missing(table.source, table.columns, source.member, desk.found)

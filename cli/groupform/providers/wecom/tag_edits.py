"""Owns the writing of a group of tags: a renamed key keeps its tag, and with it the customers who bear it."""

from __future__ import annotations

from collections.abc import Mapping

from groupform.compile.resource import Json
from groupform.engine.provider import UpdateRequest
from groupform.http import NotFound
from groupform.http.errors import Context
from groupform.providers.wecom.api_tags import Tag, TagGroup
from groupform.providers.wecom.create import tag_rows
from groupform.providers.wecom.reading import Look
from groupform.providers.wecom.tagging import known_tags


async def edit_tags(look: Look, request: UpdateRequest) -> dict[str, str]:
    """Writes title and tags; the ids of our tags by key. Raises HttpError."""
    bound, writes = request.bound, request.writes
    group = next((each for each in await look.api.tags.listed([bound.id]) if each.id == bound.id), None)
    if group is None:
        raise NotFound(Context(reason=bound.id), code="wecom-tag-group-gone")
    known = known_tags(group, bound.private, bound.applied.get("tags"))
    title, tags = writes.get("title"), writes.get("tags")
    if title is not None:
        await look.api.tags.edit(bound.id, name=str(title.after))
    if tags is not None and tags.edit is not None:
        put = {key: _mapping(value) for key, value in tags.edit.put.items()}
        drop = [key for key in tags.edit.drop if key in known]
        former = writes.get("former")
        drop = _rekey(known, put, drop, _mapping(former.after) if former is not None else {})
        known = await _write(look, group, known, put, drop)
    look.stale("tags")
    return {key: tag.id for key, tag in known.items()}


def _rekey(
    known: dict[str, Tag], put: Mapping[str, Mapping[str, Json]], drop: list[str], former: Mapping[str, Json]
) -> list[str]:
    """Gives a tag that is dropped under one key and wanted under another its new key. What is left is to be deleted."""
    for key, value in put.items():
        if key in known:
            continue
        said = [each for each in str(former.get(key, "")).split() if each in drop]
        alike = [each for each in drop if known[each].name == value.get("name")]
        for each in (*said, *alike)[:1]:
            known[key] = known.pop(each)
            drop = [other for other in drop if other != each]
    return drop


async def _write(
    look: Look, group: TagGroup, known: dict[str, Tag], put: Mapping[str, Mapping[str, Json]], drop: list[str]
) -> dict[str, Tag]:
    """Additions in one request, deletions in one, each change in its own. A name is given up before it is taken."""
    gone = [known[key].id for key in drop]
    kept = {key: tag for key, tag in known.items() if key not in drop}
    added = {key: value for key, value in put.items() if key not in kept}
    changed = {key: value for key, value in put.items() if key in kept}
    others = set(group.tags) - set(known.values())
    leaves_some = bool(kept) or bool(others)
    if gone and leaves_some:
        await look.api.tags.delete(gone)
    for key, tag, name in _renames(kept, changed):
        order = changed[key].get("order") if name == changed[key].get("name") else None
        wanted = order if isinstance(order, int) and order != tag.order else None
        await look.api.tags.edit(tag.id, name=name if name != tag.name else None, order=wanted)
    if added:
        made = await look.api.tags.add(tag_rows({key: {**value} for key, value in added.items()}), group_id=group.id)
        kept |= known_tags(made, {}, {key: {**value} for key, value in added.items()})
    if gone and not leaves_some:
        # The last tag takes its group with it (D-92117): the new ones have to stand there first.
        await look.api.tags.delete(gone)
    return kept


def _renames(kept: Mapping[str, Tag], changed: Mapping[str, Mapping[str, Json]]) -> list[tuple[str, Tag, str]]:
    """(key, tag, name) in an order in which no two tags ever bear one name; a circle goes by a name in between."""
    left = {key: str(value.get("name", kept[key].name)) for key, value in changed.items()}
    now = {key: tag.name for key, tag in kept.items()}
    steps: list[tuple[str, Tag, str]] = []
    while left:
        free = [key for key, name in left.items() if all(now[each] != name for each in now if each != key)]
        if not free:
            first = next(iter(left))
            now[first] = f"{now[first]}~"
            steps.append((first, kept[first], now[first]))
            continue
        for key in free[:1]:
            now[key] = left.pop(key)
            steps.append((key, kept[key], now[key]))
    return steps


def _mapping(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, Mapping) else {}

"""Owns which live tag is which declared one: by the id that was kept, else by the name that was last given."""

from __future__ import annotations

from collections.abc import Mapping

from groupform.compile.resource import Json
from groupform.providers.wecom.api_tags import Tag, TagGroup


def known_tags(group: TagGroup, private: Mapping[str, Json], applied: Json) -> dict[str, Tag]:
    """Our tags of a group, by key. One whose id nobody wrote down (a kill right after it was made) goes by its name."""
    ids = private.get("tags")
    kept: Mapping[str, Json] = ids if isinstance(ids, Mapping) else {}
    by_id = {tag.id: tag for tag in group.tags}
    found = {key: by_id[id_] for key, id_ in kept.items() if isinstance(id_, str) and id_ in by_id}
    claimed = {tag.id for tag in found.values()}
    by_name = {tag.name: tag for tag in group.tags if tag.id not in claimed}
    for key, said in (applied if isinstance(applied, Mapping) else {}).items():
        name = said.get("name") if isinstance(said, Mapping) else None
        if key not in kept and isinstance(name, str) and name in by_name:
            found[key] = by_name.pop(name)
    return found

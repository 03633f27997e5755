"""Owns the calls about the corp's customer tags (shared facts §6)."""

from __future__ import annotations

from collections.abc import Mapping

from groupform.providers.wecom.rehearsal.corp import Desk, Record
from groupform.providers.wecom.rehearsal.fields import Field, many, number, obj, text
from groupform.providers.wecom.rehearsal.refusals import EMPTY_FIELD, Refused

_ORDER = number(0, 2**32 - 1)
_NAME = text(req=True, chars=30, code=40072, missing=40072)

LIST: Mapping[str, Field] = {"tag_id": many(text()), "group_id": many(text())}
ADD: Mapping[str, Field] = {
    "group_id": text(),
    "group_name": text(chars=30, code=40072),
    "order": _ORDER,
    "tag": many(obj({"name": _NAME, "order": _ORDER}), req=True, low=1),
    "agentid": number(0),
}
EDIT: Mapping[str, Field] = {
    "id": text(req=True, missing=40068),
    "name": text(chars=30, code=40072),
    "order": _ORDER,
    "agentid": number(0),
}
DELETE: Mapping[str, Field] = {"tag_id": many(text()), "group_id": many(text()), "agentid": number(0)}


def listed(desk: Desk, body: Record) -> Record:
    """Everything without ids; `group_id` wins over `tag_id`; asked by id, what was deleted comes back marked so."""
    groups, tags = body.get("group_id") or [], body.get("tag_id") or []
    by_id = bool(groups or tags)
    found = []
    for key, group in desk.table("tag_groups").items():
        inside = {name: tag for name, tag in desk.table("tags").items() if tag["group"] == key}
        if groups:
            chosen = inside if key in groups else {}
        elif tags:
            chosen = {name: tag for name, tag in inside.items() if name in tags}
        else:
            chosen = inside
        shown = [
            {"id": name, **{part: tag[part] for part in ("name", "create_time", "order")}, **_gone(tag, by_id)}
            for name, tag in chosen.items()
            if by_id or not tag["deleted"]
        ]
        if not shown or (group["deleted"] and not by_id):
            continue
        shown.sort(key=lambda each: -each["order"])
        head = {"group_id": key, "group_name": group["name"]}
        found.append(
            {**head, "create_time": group["create_time"], "order": group["order"], **_gone(group, by_id), "tag": shown}
        )
    return {"tag_group": sorted(found, key=lambda each: -each["order"])}


def _gone(record: Record, by_id: bool) -> Record:
    return {"deleted": True} if by_id and record["deleted"] else {}


def add(desk: Desk, body: Record) -> Record:
    """An existing group_name is used again; the same name twice in one request is one tag."""
    key = _group(desk, body)
    group = desk.table("tag_groups").get(key) if key is not None else None
    present = {tag["name"] for tag in desk.table("tags").values() if tag["group"] == key and not tag["deleted"]}
    wanted = {each["name"]: each for each in body["tag"]}
    for name in wanted:
        if name in present:
            raise Refused(40071, f"tag {name} exists already")
    living = sum(not each["deleted"] for each in desk.table("tags").values())
    if living + len(wanted) > desk.unconfirmed.tag_limit:
        raise Refused(40126, f"{living} tags, at most {desk.unconfirmed.tag_limit}")
    if group is None or key is None:
        key = desk.mint("taggroup")
        group = _made(desk, body["group_name"], body.get("order", 0))
        desk.table("tag_groups")[key] = group
    made = []
    for each in wanted.values():
        name = desk.mint("tag")
        tag = {**_made(desk, each["name"], each.get("order", 0)), "group": key}
        desk.table("tags")[name] = tag
        made.append({"id": name, **{part: tag[part] for part in ("name", "create_time", "order")}})
    head = {"group_id": key, "group_name": group["name"]}
    told = made
    if desk.unconfirmed.add_returns_all:
        told = [
            {"id": name, **{part: tag[part] for part in ("name", "create_time", "order")}}
            for name, tag in desk.table("tags").items()
            if tag["group"] == key and not tag["deleted"]
        ]
    return {"tag_group": {**head, "create_time": group["create_time"], "order": group["order"], "tag": told}}


def _group(desk: Desk, body: Record) -> str | None:
    """The group that a request to add means; None for one that is still to be made."""
    if body.get("group_id"):
        if not _living(desk, "tag_groups", body["group_id"]):
            raise Refused(40068, f"group_id {body['group_id']}: invalid")
        return str(body["group_id"])
    if not body.get("group_name"):
        raise Refused(EMPTY_FIELD, "group_id, group_name: one of them is wanted")
    for key, each in desk.table("tag_groups").items():
        if each["name"] == body["group_name"] and not each["deleted"]:
            return key
    return None


def _made(desk: Desk, name: str, order: int) -> Record:
    return {"name": name, "order": order, "create_time": desk.time, "deleted": False, "app": desk.app}


def _living(desk: Desk, table: str, key: str) -> Record | None:
    found = desk.table(table).get(key)
    return found if found is not None and not found["deleted"] else None


def edit(desk: Desk, body: Record) -> Record:
    for table in ("tags", "tag_groups"):
        found = _living(desk, table, body["id"])
        if found is None:
            continue
        desk.own(found, 81011, "the tag")
        name = body.get("name")
        if name is not None:
            if not name:
                raise Refused(40072, "name: empty")
            for key, other in desk.table(table).items():
                alike = other["name"] == name and not other["deleted"] and key != body["id"]
                if alike and (table == "tag_groups" or other["group"] == found["group"]):
                    raise Refused(40071, f"name {name} exists already")
            found["name"] = name
        found["order"] = body.get("order", found["order"])
        return {}
    raise Refused(40068, f"id {body['id']}: invalid")


def delete(desk: Desk, body: Record) -> Record:
    """All or nothing: an id that is not there, or another's, and none of them goes."""
    tags, groups = list(body.get("tag_id") or []), list(body.get("group_id") or [])
    if not tags and not groups:
        raise Refused(EMPTY_FIELD, "tag_id, group_id: one of them is wanted")
    for table, ids in (("tags", tags), ("tag_groups", groups)):
        for each in ids:
            found = _living(desk, table, each)
            if found is None:
                raise Refused(40068, f"id {each}: invalid")
            desk.own(found, 81011, "the tag")
    for key, tag in desk.table("tags").items():
        if key in tags or tag["group"] in groups:
            tag["deleted"] = True
    for key, group in desk.table("tag_groups").items():
        inside = [each for each in desk.table("tags").values() if each["group"] == key]
        # There are no empty groups: the last tag takes its group with it.
        if key in groups or all(each["deleted"] for each in inside):
            group["deleted"] = True
    return {}

"""Owns what the rehearsal counts in customer groups, from what its people did (shared facts §2.5)."""

from __future__ import annotations

from collections.abc import Mapping

from groupform.providers.wecom.rehearsal.corp import Desk, Record, fold
from groupform.providers.wecom.rehearsal.fields import USERID, Field, many, number, obj, one_of
from groupform.providers.wecom.rehearsal.refusals import BAD_FIELD, Refused

_DAY = 86_400
_CHINA = 8 * 3600
_BACK, _SPAN = 180, 30

STATISTIC: Mapping[str, Field] = {
    "day_begin_time": number(0, req=True),
    "day_end_time": number(0),
    "owner_filter": obj({"userid_list": many(USERID, 100, low=1, req=True)}, req=True),
    "order_by": one_of(1, 2, 3, 4),
    "order_asc": one_of(0, 1),
    "offset": number(0),
    "limit": number(1, 1000),
}
_ORDER = ("new_chat_cnt", "chat_total", "new_member_cnt", "member_total")


def statistic(desk: Desk, body: Record) -> Record:
    """D-92133. One line for each owner, the whole time in one."""
    begin, end = _days(desk, body)
    owners = list(dict.fromkeys(desk.member(each)["userid"] for each in body["owner_filter"]["userid_list"]))
    lines = [{"owner": each, "data": _data(desk, each, begin, end)} for each in owners]
    by = _ORDER[body.get("order_by", 1) - 1]
    lines.sort(key=lambda each: each["data"][by], reverse=body.get("order_asc", 0) == 0)
    start = body.get("offset", 0)
    stop = start + body.get("limit", 500)
    return {"total": len(lines), "next_offset": min(stop, len(lines)), "items": lines[start:stop]}


def _days(desk: Desk, body: Record) -> tuple[int, int]:
    """The moments at which the first day begins and the last one ends."""
    first = _midnight(body["day_begin_time"])
    last = _midnight(body["day_end_time"]) if "day_end_time" in body else first
    if last < first or last - first >= _SPAN * _DAY:
        raise Refused(BAD_FIELD, f"day_end_time: at most {_SPAN} days from day_begin_time on")
    if first < _midnight(desk.time) - _BACK * _DAY:
        raise Refused(BAD_FIELD, f"day_begin_time: more than {_BACK} days ago")
    return first, last + _DAY


def _midnight(moment: float) -> int:
    return int((moment + _CHINA) // _DAY * _DAY - _CHINA)


def _data(desk: Desk, owner: str, begin: int, end: int) -> Record:
    groups = [each for each in desk.table("groups").values() if fold(each["owner"]) == fold(owner)]
    there = [each for each in groups if each["created"] < end]
    said = [[each for each in _said(group) if begin <= each[0] < end] for group in there]
    stays = [stay for group in there for stay in _stays(group)]
    return {
        "new_chat_cnt": sum(each["created"] >= begin for each in there),
        "chat_total": len(there),
        "chat_has_msg": sum(bool(each) for each in said),
        "new_member_cnt": sum(begin <= came < end for came, _ in stays),
        "member_total": sum(came < end and (left is None or left >= end) for came, left in stays),
        "member_has_msg": len({who for each in said for _, who in each}),
        "msg_total": sum(map(len, said)),
        "migrate_trainee_chat_cnt": 0,
    }


def _said(group: Record) -> list[tuple[int, str]]:
    """When something was written, and by whom; a mass message is its owner's."""
    return [*((when, who) for when, who in group.get("said", [])), *((when, group["owner"]) for when in group["got"])]


def _stays(group: Record) -> list[tuple[int, int | None]]:
    """From when to when each member was there, None for those who still are."""
    return [*((each["join_time"], None) for each in group["members"]), *((a, b) for a, b in group.get("left", []))]

"""Owns the calls about calendars and schedules (shared facts §13)."""

from __future__ import annotations

from collections.abc import Mapping

from groupform.providers.wecom.rehearsal.corp import Desk, Record, fold
from groupform.providers.wecom.rehearsal.fields import USERID, Field, flag, many, number, obj, one_of, text
from groupform.providers.wecom.rehearsal.refusals import BAD_FIELD, EMPTY_FIELD, Refused

CORP_CALENDARS = 20

_SHARES = many(obj({"userid": USERID, "permission": one_of(1, 3)}), 2000)
_CALENDAR: Mapping[str, Field] = {
    "summary": text(req=True, chars=128),
    "color": text(req=True, pattern=r"#[0-9A-Fa-f]{6}"),
    "admins": many(USERID, 3),
    "description": text(chars=512),
    "shares": _SHARES,
}
_PUBLIC: Mapping[str, Field] = {
    "public_range": obj({"userids": many(USERID, 1000), "partyids": many(number(1), 100)}),
    "set_as_default": one_of(0, 1),
}
ADD: Mapping[str, Field] = {
    "calendar": obj({**_CALENDAR, **_PUBLIC, "is_public": one_of(0, 1), "is_corp_calendar": one_of(0, 1)}, req=True),
    "agentid": number(0),
}
UPDATE: Mapping[str, Field] = {
    "calendar": obj({**_CALENDAR, **_PUBLIC, "cal_id": text(req=True)}, req=True),
    "skip_public_range": one_of(0, 1),
}
GET: Mapping[str, Field] = {"cal_id_list": many(text(), 1000, low=1, req=True)}
DELETE: Mapping[str, Field] = {"cal_id": text(req=True)}

_BEFORE = (0, 300, 900, 3600, 86_400)
_REMINDERS = obj(
    {
        "is_remind": one_of(0, 1),
        "remind_before_event_secs": one_of(*_BEFORE),
        "remind_time_diffs": many(number(-604_800, 86_399)),
        "is_repeat": one_of(0, 1),
        "repeat_type": one_of(0, 1, 2, 5, 7),
        "repeat_until": number(0),
        "is_custom_repeat": one_of(0, 1),
        "repeat_interval": number(1),
        "repeat_day_of_week": many(number(1, 7)),
        "repeat_day_of_month": many(number(1, 31)),
        "timezone": number(-12, 12),
    }
)
_ATTENDEES = many(obj({"userid": USERID}), 1000)
_SCHEDULE: Mapping[str, Field] = {
    "start_time": number(0, req=True),
    "end_time": number(0, req=True),
    "is_whole_day": one_of(0, 1),
    "summary": text(chars=128),
    "description": text(chars=1000),
    "location": text(chars=128),
    "admins": many(USERID, 3),
    "attendees": _ATTENDEES,
    "reminders": _REMINDERS,
}
ADD_SCHEDULE: Mapping[str, Field] = {
    "schedule": obj({**_SCHEDULE, "cal_id": text()}, req=True),
    "agentid": number(0),
}
UPDATE_SCHEDULE: Mapping[str, Field] = {
    "schedule": obj({**_SCHEDULE, "schedule_id": text(req=True)}, req=True),
    "op_mode": one_of(0, 1, 2),
    "op_start_time": number(0),
    "skip_attendees": flag(),
}
DELETE_SCHEDULE: Mapping[str, Field] = {
    "schedule_id": text(req=True),
    "op_mode": one_of(0, 1, 2),
    "op_start_time": number(0),
}
GET_SCHEDULES: Mapping[str, Field] = {"schedule_id_list": many(text(), 1000, low=1, req=True)}
BY_CALENDAR: Mapping[str, Field] = {
    "cal_id": text(req=True),
    "offset": number(0),
    "limit": number(1, 1000),
}
ATTENDEES: Mapping[str, Field] = {
    "schedule_id": text(req=True),
    "attendees": many(obj({"userid": USERID}), 1000, low=1, req=True),
}


def add(desk: Desk, body: Record) -> Record:
    """People with whom it cannot be shared are named, and the whole is still a success."""
    calendar = dict(body["calendar"])
    corp_wide = sum(each.get("is_corp_calendar") == 1 for each in desk.table("calendars").values())
    if calendar.get("is_corp_calendar") and corp_wide >= CORP_CALENDARS:
        raise Refused(BAD_FIELD, f"{CORP_CALENDARS} calendars of the corp already")
    failed = _shares(desk, calendar)
    key = desk.mint("wccal")
    desk.table("calendars")[key] = {**calendar, "app": desk.app}
    return {"cal_id": key, "fail_result": {"shares": failed}}


def update(desk: Desk, body: Record) -> Record:
    """Overwrites what can change: `is_public` and `is_corp_calendar` stay."""
    calendar = dict(body["calendar"])
    key = calendar.pop("cal_id")
    old = _own(desk, "calendars", key)
    failed = _shares(desk, calendar)
    fixed: tuple[str, ...] = ("is_public", "is_corp_calendar", "app")
    if body.get("skip_public_range") == 1:
        calendar.pop("public_range", None)
        fixed += ("public_range",)
    stays: Record = {name: old[name] for name in fixed if name in old}
    desk.table("calendars")[key] = {**calendar, **stays}
    return {"fail_result": {"shares": failed}}


def get(desk: Desk, body: Record) -> Record:
    """What is not there, or another application's, is left out, or makes the request one that is refused."""
    table = desk.table("calendars")
    _known(desk, "calendars", body["cal_id_list"])
    return {
        "calendar_list": [
            {"cal_id": key, **{name: value for name, value in table[key].items() if name != "app"}}
            for key in body["cal_id_list"]
            if key in table and table[key]["app"] == desk.app
        ]
    }


def delete(desk: Desk, body: Record) -> Record:
    _own(desk, "calendars", body["cal_id"])
    del desk.table("calendars")[body["cal_id"]]
    for key in [key for key, each in desk.table("schedules").items() if each.get("cal_id") == body["cal_id"]]:
        if desk.unconfirmed.schedules_after_calendar == "kept":
            desk.table("schedules")[key].pop("cal_id")
        else:
            del desk.table("schedules")[key]
    return {}


def add_schedule(desk: Desk, body: Record) -> Record:
    schedule = dict(body["schedule"])
    if schedule.get("cal_id"):
        _own(desk, "calendars", schedule["cal_id"])
    _times(schedule)
    key = desk.mint("wcsch")
    desk.table("schedules")[key] = {**schedule, "status": 0, "app": desk.app}
    return {"schedule_id": key}


def update_schedule(desk: Desk, body: Record) -> Record:
    """Overwrites; one day of a series, or this and all later ones, become a schedule of their own."""
    schedule = dict(body["schedule"])
    key = schedule.pop("schedule_id")
    old = _own(desk, "schedules", key)
    _times(schedule)
    kept: Record = {name: old[name] for name in ("cal_id", "status", "app") if name in old}
    if body.get("op_mode", 0) == 0 and desk.unconfirmed.series_moves:
        moved = desk.mint("wcsch")
        desk.table("schedules")[moved] = {**schedule, **kept}
        old["status"] = 1
        return {"schedule_id": moved}
    if body.get("op_mode", 0) == 0:
        desk.table("schedules")[key] = {**schedule, **kept}
        return {}
    if "op_start_time" not in body:
        raise Refused(EMPTY_FIELD, "op_start_time: missing")
    split = desk.mint("wcsch")
    desk.table("schedules")[split] = {**schedule, **kept}
    return {"schedule_id": split}


def delete_schedule(desk: Desk, body: Record) -> Record:
    """A cancelled schedule still reads back, with status 1."""
    _own(desk, "schedules", body["schedule_id"])["status"] = 1
    return {}


def get_schedules(desk: Desk, body: Record) -> Record:
    table = desk.table("schedules")
    _known(desk, "schedules", body["schedule_id_list"])
    found = [key for key in body["schedule_id_list"] if key in table and table[key]["app"] == desk.app]
    return {"schedule_list": [_shown(key, table[key]) for key in found]}


def by_calendar(desk: Desk, body: Record) -> Record:
    _own(desk, "calendars", body["cal_id"])
    lines = [
        _shown(key, each)
        for key, each in desk.table("schedules").items()
        if each.get("cal_id") == body["cal_id"] and (each["status"] == 0 or desk.unconfirmed.cancelled_listed)
    ]
    start = body.get("offset", 0)
    return {"schedule_list": lines[start : start + body.get("limit", 500)]}


def add_attendees(desk: Desk, body: Record) -> Record:
    schedule = _own(desk, "schedules", body["schedule_id"])
    there = {fold(each["userid"]): each for each in schedule.get("attendees", [])}
    there |= {fold(each["userid"]): each for each in body["attendees"]}
    schedule["attendees"] = list(there.values())
    return {}


def del_attendees(desk: Desk, body: Record) -> Record:
    schedule = _own(desk, "schedules", body["schedule_id"])
    gone = {fold(each["userid"]) for each in body["attendees"]}
    schedule["attendees"] = [each for each in schedule.get("attendees", []) if fold(each["userid"]) not in gone]
    return {}


def _shown(key: str, schedule: Record) -> Record:
    return {"schedule_id": key, **{name: value for name, value in schedule.items() if name != "app"}}


def _own(desk: Desk, table: str, key: str) -> Record:
    found = desk.table(table).get(key)
    if found is None or found["app"] != desk.app:
        raise Refused(BAD_FIELD, f"{key}: invalid")
    return found


def _known(desk: Desk, table: str, keys: list[str]) -> None:
    if desk.unconfirmed.unknown_ids == "refused":
        for key in keys:
            _own(desk, table, key)


def _times(schedule: Record) -> None:
    if schedule["end_time"] < schedule["start_time"]:
        raise Refused(BAD_FIELD, "end_time: before start_time")


def _shares(desk: Desk, calendar: Record) -> list[Record]:
    failed = []
    for each in calendar.get("shares", []):
        found = desk.table("members").get(fold(each["userid"]))
        if found is None or found["left"]:
            failed.append({"userid": each["userid"], "errcode": 60111, "errmsg": "userid does not exist"})
    gone = {each["userid"] for each in failed}
    if "shares" in calendar:
        calendar["shares"] = [each for each in calendar["shares"] if each["userid"] not in gone]
    return failed

"""Owns the calls about mass messages, which people confirm (shared facts §4)."""

from __future__ import annotations

from collections.abc import Mapping

from groupform.providers.wecom.rehearsal import media
from groupform.providers.wecom.rehearsal.corp import Desk, Record, fold, page
from groupform.providers.wecom.rehearsal.fields import USERID, Field, flag, many, number, obj, one_of, text
from groupform.providers.wecom.rehearsal.refusals import BAD_FIELD, EMPTY_FIELD, Refused

_DAY = 86_400
_CHINA = 8 * 3600
DISPATCHED_AFTER = 2
"""Seconds in which a message that was just made is still being dispatched (41063). The number is made up."""
REMINDERS = 3

_KINDS = ("image", "link", "miniprogram", "video", "file")
_FILE = obj({"media_id": text(req=True)})
_ATTACHMENT = obj(
    {
        "msgtype": one_of(*_KINDS, req=True, code=41065),
        "image": obj({"media_id": text(), "pic_url": text()}),
        "link": obj(
            {
                "title": text(req=True, size=128),
                "picurl": text(size=2048),
                "desc": text(size=512),
                "url": text(req=True, size=2048),
            }
        ),
        "miniprogram": obj(
            {
                "title": text(req=True, size=64),
                "pic_media_id": text(req=True),
                "appid": text(req=True),
                "page": text(req=True),
            }
        ),
        "video": _FILE,
        "file": _FILE,
    }
)
ADD: Mapping[str, Field] = {
    "chat_type": one_of("single", "group"),
    "external_userid": many(text(), 10_000),
    "chat_id_list": many(text(), 2000),
    "tag_filter": obj({"group_list": many(obj({"tag_list": many(text(), 100)}))}),
    "sender": text(size=64),
    "allow_select": flag(),
    "text": obj({"content": text(size=4000)}),
    "attachments": many(_ATTACHMENT, 9, code=41064),
}
ID: Mapping[str, Field] = {"msgid": text(req=True, missing=41046)}
TASKS: Mapping[str, Field] = {**ID, "limit": number(1, 1000), "cursor": text()}
RESULTS: Mapping[str, Field] = {**TASKS, "userid": USERID}
LIST: Mapping[str, Field] = {
    "chat_type": one_of("single", "group", req=True),
    "start_time": number(0, req=True),
    "end_time": number(0, req=True),
    "creator": text(),
    "filter_type": one_of(0, 1, 2),
    "limit": number(1, 100),
    "cursor": text(),
}


def add(desk: Desk, body: Record) -> Record:
    """D-92135. Groups that cannot get it are named in `fail_list`, and the whole is still a success."""
    if not body.get("text", {}).get("content") and not body.get("attachments"):
        raise Refused(EMPTY_FIELD, "text, attachments: one of them is wanted")
    for each in body.get("attachments", []):
        _attached(desk, each)
    if body.get("chat_type", "single") == "single":
        raise Refused(41048, "nobody to send to: this corp has no customers besides its groups")
    if not body.get("sender"):
        raise Refused(EMPTY_FIELD, "sender: missing")
    sender = desk.contact(body["sender"])
    mine = [key for key, each in desk.table("groups").items() if fold(each["owner"]) == fold(sender["userid"])]
    chosen = body.get("chat_id_list") or mine
    failed = [each for each in chosen if each not in mine or not _room(desk, each)]
    able = [each for each in chosen if each not in failed]
    if not able:
        raise Refused(41048, "nobody to send to")
    key = desk.mint("msg")
    desk.table("messages")[key] = {
        "app": desk.app,
        "sender": sender["userid"],
        "groups": able,
        "text": dict(body.get("text", {})),
        "attachments": list(body.get("attachments", [])),
        "created": desk.time,
        "sent": {},
        "cancelled": False,
        "reminded": [],
    }
    return {"fail_list": failed, "msgid": key}


def _attached(desk: Desk, each: Record) -> None:
    kind = each["msgtype"]
    if kind not in each:
        raise Refused(41065, f"attachments: {kind} is missing")
    for key in ("media_id", "pic_media_id"):
        if each[kind].get(key):
            media.living(desk, each[kind][key])
    if each[kind].get("pic_url"):
        media.stays(desk, each[kind]["pic_url"])


def _room(desk: Desk, chat_id: str) -> bool:
    """Whether a group may get one more message: a month's worth of days in a month, or one a day."""
    times: list[int] = desk.table("groups")[chat_id]["got"]
    if not desk.unconfirmed.mass_by_month:
        today = (desk.time + _CHINA) // _DAY
        return all((each + _CHINA) // _DAY != today for each in times)
    return sum(desk.time - each < 30 * _DAY for each in times) < 30


def _found(desk: Desk, key: str, *, dispatched: bool = True) -> Record:
    found = desk.table("messages").get(key)
    if found is None or found["app"] != desk.app:
        raise Refused(41047, f"msgid {key}: invalid")
    if dispatched and desk.now() < found["created"] + DISPATCHED_AFTER:
        raise Refused(41063, "being dispatched")
    return found


def tasks(desk: Desk, body: Record) -> Record:
    message = _found(desk, body["msgid"])
    sent = message["sent"]
    line: Record = {"userid": message["sender"], "status": 2 if sent else 0}
    part, cursor = page([line | ({"send_time": max(sent.values())} if sent else {})], body, 500)
    return {"task_list": part, "next_cursor": cursor}


def results(desk: Desk, body: Record) -> Record:
    """For groups only what was sent is listed, and what a person of the rehearsal says was not."""
    message = _found(desk, body["msgid"])
    mine = fold(body["userid"]) == fold(message["sender"])
    lines = [
        {"chat_id": key, "userid": message["sender"], "status": 1, "send_time": at}
        for key, at in message["sent"].items()
        if mine
    ] + [
        {"chat_id": key, "userid": message["sender"], "status": status}
        for key, status in message.get("lost", {}).items()
        if mine
    ]
    part, cursor = page(lines, body, 500)
    return {"send_list": part, "next_cursor": cursor}


def listed(desk: Desk, body: Record) -> Record:
    if body["end_time"] - body["start_time"] > 31 * _DAY or body["end_time"] < body["start_time"]:
        raise Refused(BAD_FIELD, "start_time, end_time: at most a month apart")
    lines = [
        {"msgid": key, "create_time": each["created"], "create_type": 0, "text": each["text"]}
        for key, each in desk.table("messages").items()
        if body["start_time"] <= each["created"] <= body["end_time"] and body["chat_type"] == "group"
    ]
    part, cursor = page(lines, body, 50)
    return {"group_msg_list": part, "next_cursor": cursor}


def remind(desk: Desk, body: Record) -> Record:
    message = _found(desk, body["msgid"])
    recent = [each for each in message["reminded"] if desk.time - each < _DAY]
    if message["cancelled"]:
        raise Refused(41093, "cancelled")
    if len(recent) >= REMINDERS:
        raise Refused(41094, f"{REMINDERS} reminders in 24 hours")
    message["reminded"] = [*recent, desk.time]
    return {}


def cancel(desk: Desk, body: Record) -> Record:
    """Stops what was not sent; what was sent stays."""
    message = _found(desk, body["msgid"])
    if message["cancelled"]:
        raise Refused(41093, "cancelled already")
    message["cancelled"] = True
    return {}

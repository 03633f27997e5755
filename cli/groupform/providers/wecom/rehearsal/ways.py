"""Owns the calls about ways in: join ways and contact ways (shared facts §2.6 and §7)."""

from __future__ import annotations

from collections.abc import Mapping

from groupform.providers.wecom.rehearsal.corp import Desk, Record, page
from groupform.providers.wecom.rehearsal.fields import USERID, Field, flag, many, number, obj, one_of, text
from groupform.providers.wecom.rehearsal.refusals import BAD_FIELD, Refused

WAYS = 500_000
"""Shared between join ways and contact ways."""
GROUPS_OF_A_WAY = 5
PEOPLE_OF_A_WAY = 100
_NINETY_DAYS = 90 * 86_400
FIRST_LISTED = 1_625_875_200
"""2021-07-10 in China."""

_JOIN: Mapping[str, Field] = {
    "scene": one_of(1, 2, req=True),
    "remark": text(cut=30),
    "auto_create_room": one_of(0, 1),
    "room_base_name": text(chars=40),
    "room_base_id": number(0),
    "chat_id_list": many(text(), req=True, low=1),
    "state": text(chars=30),
    "mark_source": flag(),
}
ADD_JOIN: Mapping[str, Field] = _JOIN
CONFIG: Mapping[str, Field] = {"config_id": text(req=True)}
UPDATE_JOIN: Mapping[str, Field] = {**CONFIG, **_JOIN}

_PICTURE = obj({"media_id": text(req=True)})
_CONCLUSIONS = obj(
    {
        "text": obj({"content": text(size=4000)}),
        "image": _PICTURE,
        "link": obj(
            {"title": text(req=True, size=128), "url": text(req=True), "picurl": text(), "desc": text(size=512)}
        ),
        "miniprogram": obj({name: text(req=True) for name in ("title", "pic_media_id", "appid", "page")}),
    }
)
_CONTACT: Mapping[str, Field] = {
    "style": number(1, 10, code=41042),
    "remark": text(chars=30),
    "skip_verify": flag(),
    "state": text(chars=30),
    "user": many(USERID),
    "party": many(number(1)),
    "expires_in": number(1, 14 * 86_400),
    "chat_expires_in": number(1, 14 * 86_400),
    "unionid": text(),
    "conclusions": _CONCLUSIONS,
}
ADD_CONTACT: Mapping[str, Field] = {
    **_CONTACT,
    "type": one_of(1, 2, req=True, code=41039, missing=41037),
    "scene": one_of(1, 2, req=True, code=41040, missing=41038),
    "is_temp": flag(),
    "is_exclusive": flag(),
}
CONTACT_CONFIG: Mapping[str, Field] = {"config_id": text(req=True, missing=41043)}
UPDATE_CONTACT: Mapping[str, Field] = {**CONTACT_CONFIG, **_CONTACT}
LIST_CONTACT: Mapping[str, Field] = {
    "start_time": number(0),
    "end_time": number(0),
    "cursor": text(),
    "limit": number(1, 1000),
}


def add_join(desk: Desk, body: Record) -> Record:
    """D-92229. The answer is the config_id and nothing else."""
    _room(desk)
    record = _join(desk, body, None)
    key = desk.mint("joinway")
    desk.table("join_ways")[key] = {**record, "app": desk.app, "overflow": [], "scans": 0}
    return {"config_id": key}


def get_join(desk: Desk, body: Record) -> Record:
    way = _own_join(desk, body["config_id"])
    shown = {
        "config_id": body["config_id"],
        **{name: way[name] for name in ("scene", "remark", "auto_create_room", "room_base_name", "room_base_id")},
        "chat_id_list": list(way["chat_id_list"]),
        "state": way["state"],
    }
    if way["scene"] == 2:
        shown["qr_code"] = f"https://wework.qpic.cn/wwpic/{body['config_id']}"
    return {"join_way": shown}


def update_join(desk: Desk, body: Record) -> Record:
    """Full overwrite: what is left out is reset."""
    way = _own_join(desk, body["config_id"])
    way.update(_join(desk, body, body["config_id"]))
    return {}


def del_join(desk: Desk, body: Record) -> Record:
    _own_join(desk, body["config_id"])
    del desk.table("join_ways")[body["config_id"]]
    return {}


def _own_join(desk: Desk, key: str) -> Record:
    found = desk.table("join_ways").get(key)
    # Only the creating application can read a way: to another one it is not there.
    if found is None or found["app"] != desk.app:
        raise Refused(desk.unconfirmed.unknown_way, f"config_id {key}: invalid")
    return found


def _join(desk: Desk, body: Record, key: str | None) -> Record:
    groups = body["chat_id_list"]
    if len(groups) > GROUPS_OF_A_WAY:
        raise Refused(41091, f"{len(groups)} groups, at most {GROUPS_OF_A_WAY}")
    if len(set(groups)) != len(groups):
        raise Refused(BAD_FIELD, "chat_id_list: the same group twice")
    for each in groups:
        group = desk.table("groups").get(each)
        if group is None:
            raise Refused(40050, f"chat_id {each} does not exist")
        desk.member(group["owner"])
        taken = any(each in way["chat_id_list"] for other, way in desk.table("join_ways").items() if other != key)
        if taken and not desk.unconfirmed.several_ways:
            raise Refused(BAD_FIELD, f"chat_id {each}: in another join way already")
    return {
        "scene": body["scene"],
        "remark": body.get("remark", ""),
        "auto_create_room": body.get("auto_create_room", 1),
        "room_base_name": body.get("room_base_name", ""),
        "room_base_id": body.get("room_base_id", 0),
        "chat_id_list": list(groups),
        "state": body.get("state", ""),
    }


def _room(desk: Desk) -> None:
    if len(desk.table("join_ways")) + len(desk.table("contact_ways")) >= WAYS:
        raise Refused(41045, "no more ways")


def add_contact(desk: Desk, body: Record) -> Record:
    """D-92228."""
    _room(desk)
    if body["type"] == 1 and len(body.get("user", [])) != 1:
        raise Refused(BAD_FIELD, "user: exactly one for type 1")
    if body["type"] == 2 and not body.get("user") and not body.get("party"):
        raise Refused(EMPTY_PEOPLE, "user, party: empty")
    _people(desk, body)
    if body.get("is_temp") and not desk.corp["corp"].get("medical"):
        raise Refused(48002, "is_temp: not for this corp")
    key = desk.mint("contactway")
    plain = {"skip_verify": True, "remark": "", "state": "", "user": [], "party": []}
    desk.table("contact_ways")[key] = {**plain, **body, "app": desk.app, "created": desk.time}
    code = {"qr_code": _code(key)} if body["scene"] == 2 else {}
    return {"config_id": key, **code}


EMPTY_PEOPLE = 40063


def get_contact(desk: Desk, body: Record) -> Record:
    way = _own_contact(desk, body["config_id"])
    shown = {name: value for name, value in way.items() if name not in ("app", "created")}
    code = {"qr_code": _code(body["config_id"])} if way["scene"] == 2 else {}
    return {"contact_way": {"config_id": body["config_id"], **shown, **code}}


def list_contact(desk: Desk, body: Record) -> Record:
    """The last 90 days unless a start is given; none made before 2021-07-10, no temporary ones."""
    start = max(body.get("start_time", desk.time - _NINETY_DAYS), FIRST_LISTED)
    end = body.get("end_time", desk.time)
    found = [
        {"config_id": key}
        for key, each in desk.table("contact_ways").items()
        if each["app"] == desk.app and start <= each["created"] <= end and not each.get("is_temp")
    ]
    part, cursor = page(found, body, 100)
    return {"contact_way": part, "next_cursor": cursor}


def update_contact(desk: Desk, body: Record) -> Record:
    """Partial; `user` and `party` are overwritten, `type` and `scene` cannot be sent."""
    way = _own_contact(desk, body["config_id"])
    merged = {**way, **body}
    if way["type"] == 1 and len(merged["user"]) != 1:
        raise Refused(BAD_FIELD, "user: exactly one for type 1")
    _people(desk, merged)
    way.update({name: value for name, value in body.items() if name != "config_id"})
    return {}


def del_contact(desk: Desk, body: Record) -> Record:
    _own_contact(desk, body["config_id"])
    del desk.table("contact_ways")[body["config_id"]]
    return {}


def _own_contact(desk: Desk, key: str) -> Record:
    found = desk.table("contact_ways").get(key)
    if found is None or found["app"] != desk.app:
        raise Refused(41044, f"config_id {key}: invalid")
    return found


def _people(desk: Desk, body: Record) -> None:
    count = 0
    for each in body.get("user", []):
        desk.contact(each)
        count += 1
    for number_ in body.get("party", []):
        if str(number_) not in desk.table("departments"):
            raise Refused(60003, f"department {number_} does not exist")
        count += sum(number_ in each["department"] for each in desk.table("members").values())
    if count > PEOPLE_OF_A_WAY:
        raise Refused(41041, f"{count} people, at most {PEOPLE_OF_A_WAY}")


def _code(key: str) -> str:
    return f"https://wework.qpic.cn/wwpic/{key}/0"

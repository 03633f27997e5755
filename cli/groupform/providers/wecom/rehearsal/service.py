"""Owns the calls about WeChat customer service: accounts, link, servicers (shared facts §10.1 to §10.3, §10.5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from groupform.providers.wecom.rehearsal import media
from groupform.providers.wecom.rehearsal.corp import Desk, Record, fold
from groupform.providers.wecom.rehearsal.fields import USERID, Field, many, number, text
from groupform.providers.wecom.rehearsal.refusals import BAD_FIELD, EMPTY_FIELD, Refused

ACCOUNTS, UNVERIFIED_ACCOUNTS = 5000, 10
SERVICERS, DEPARTMENTS = 2000, 20

_NAME = text(req=True, chars=16, code=95006, missing=95006)
_PICTURE = text(req=True, size=128)
ADD: Mapping[str, Field] = {"name": _NAME, "media_id": _PICTURE}
_ID = text(req=True, code=95000, missing=95000)
ID: Mapping[str, Field] = {"open_kfid": _ID}
UPDATE: Mapping[str, Field] = {**ID, "name": text(chars=16, code=95006), "media_id": text(size=128)}
LIST: Mapping[str, Field] = {"offset": number(0), "limit": number(1, 100)}
LINK: Mapping[str, Field] = {**ID, "scene": text(size=32, pattern=r"[0-9A-Za-z_-]*")}
SERVICER: Mapping[str, Field] = {
    **ID,
    "userid_list": many(USERID, 100),
    "department_id_list": many(number(1), 100),
}


def add(desk: Desk, body: Record) -> Record:
    held = desk.table("services")
    corp = desk.corp["corp"]
    if not corp.get("verified", True) and len(held) >= UNVERIFIED_ACCOUNTS:
        raise Refused(95027, f"{UNVERIFIED_ACCOUNTS} accounts before the corp is verified")
    if corp.get("services_idle") and held:
        raise Refused(95026, "the accounts that there are are little used")
    if len(held) >= ACCOUNTS:
        raise Refused(95005, f"{ACCOUNTS} accounts already")
    _name(desk, body["name"], None)
    media.living(desk, body["media_id"])
    key = desk.mint("wkservice")
    held[key] = {
        "name": body["name"],
        "avatar": _avatar(body["media_id"]),
        "app": desk.app,
        "apps": [desk.app],
        "servicers": [],
        "departments": [],
        "paused": [],
        "links": 0,
    }
    return {"open_kfid": key}


def update(desk: Desk, body: Record) -> Record:
    account = _assigned(desk, body["open_kfid"])
    if "name" in body:
        if not body["name"]:
            raise Refused(95006, "name: empty")
        _name(desk, body["name"], body["open_kfid"])
        account["name"] = body["name"]
    if body.get("media_id"):
        media.living(desk, body["media_id"])
        account["avatar"] = _avatar(body["media_id"])
    return {}


def delete(desk: Desk, body: Record) -> Record:
    _assigned(desk, body["open_kfid"])
    del desk.table("services")[body["open_kfid"]]
    return {}


def listed(desk: Desk, body: Record) -> Record:
    """Pages by offset until a short one."""
    start, limit = body.get("offset", 0), body.get("limit", 100)
    lines = [
        {
            "open_kfid": key,
            "name": each["name"],
            "avatar": each["avatar"],
            "manage_privilege": desk.app in each["apps"],
        }
        for key, each in desk.table("services").items()
    ]
    return {"account_list": lines[start : start + limit]}


def link(desk: Desk, body: Record) -> Record:
    account = _assigned(desk, body["open_kfid"])
    scene = body.get("scene", "")
    links: dict[str, str] = desk.corp["links"]
    name = f"{body['open_kfid']}/{scene}"
    if name not in links or not desk.unconfirmed.same_scene_same_link:
        links[name] = desk.mint("enc")
        account["links"] += 1
    return {"url": f"https://work.weixin.qq.com/kf/{body['open_kfid']}?enc_scene={links[name]}"}


def servicers(desk: Desk, body: Record) -> Record:
    account = _assigned(desk, body["open_kfid"])
    people = [{"userid": each, "status": int(fold(each) in account["paused"])} for each in account["servicers"]]
    return {"servicer_list": [*people, *({"department_id": each} for each in account["departments"])]}


def add_servicers(desk: Desk, body: Record) -> Record:
    """Each entry tells its own success; who is there already is reported as ignored, which is no failure."""
    account = _assigned(desk, body["open_kfid"])
    results = []
    for each in _asked(desk, body, "userid_list"):
        try:
            member = desk.member(each)
            if len(account["servicers"]) >= SERVICERS:
                raise Refused(81017, f"{SERVICERS} servicers already")
        except Refused as refused:
            results.append({"userid": each, "errcode": refused.errcode, "errmsg": refused.why})
            continue
        there = fold(each) in map(fold, account["servicers"])
        account["servicers"] += [] if there else [member["userid"]]
        results.append({"userid": each, "errcode": 0, "errmsg": "ignored: already there" if there else "success"})
    for number_ in _asked(desk, body, "department_id_list"):
        known = str(number_) in desk.table("departments")
        full = len(account["departments"]) >= DEPARTMENTS
        if known and not full and number_ not in account["departments"]:
            account["departments"].append(number_)
        code, why = (60003, "no such department") if not known else (81017, "too many") if full else (0, "success")
        results.append({"department_id": number_, "errcode": code, "errmsg": why})
    return {"result_list": results}


def remove_servicers(desk: Desk, body: Record) -> Record:
    account = _assigned(desk, body["open_kfid"])
    results = []
    for each in _asked(desk, body, "userid_list"):
        there = [other for other in account["servicers"] if fold(other) == fold(each)]
        account["servicers"] = [other for other in account["servicers"] if other not in there]
        code = 0 if there else 95014
        results.append({"userid": each, "errcode": code, "errmsg": "success" if there else "not a servicer"})
    for number_ in _asked(desk, body, "department_id_list"):
        known = number_ in account["departments"]
        account["departments"] = [other for other in account["departments"] if other != number_]
        results.append({"department_id": number_, "errcode": 0 if known else 95014, "errmsg": ""})
    return {"result_list": results}


def upgrade_config(desk: Desk, body: Record) -> Record:
    """Set in the console only (§10.5)."""
    found = desk.corp["corp"].get("upgrade")
    if found is None:
        raise Refused(95021, "not configured")
    return {"member_range": found["members"], "groupchat_range": found["groups"]}


def _asked(desk: Desk, body: Record, key: str) -> list[Any]:
    if not body.get("userid_list") and not body.get("department_id_list"):
        raise Refused(EMPTY_FIELD, "userid_list, department_id_list: one of them is wanted")
    if len(body.get("department_id_list", [])) > desk.unconfirmed.service_departments:
        raise Refused(BAD_FIELD, f"department_id_list: at most {desk.unconfirmed.service_departments}")
    return list(body.get(key, []))


def _assigned(desk: Desk, key: str) -> Record:
    found = desk.table("services").get(key)
    if found is None:
        raise Refused(95004, f"open_kfid {key} does not exist")
    if desk.app not in found["apps"]:
        raise Refused(48007, "the account is not assigned to this app")
    return found


def _name(desk: Desk, name: str, mine: str | None) -> None:
    taken = any(each["name"] == name for key, each in desk.table("services").items() if key != mine)
    if taken and desk.unconfirmed.service_names_unique:
        raise Refused(95006, f"name {name}: taken")


def _avatar(media_id: str) -> str:
    return f"https://wework.qpic.cn/wwpic/{media_id}/0"

"""Owns the calls about customer groups: list, get, hand over (shared facts §2)."""

from __future__ import annotations

from collections.abc import Mapping

from groupform.providers.wecom.rehearsal.corp import Desk, Record, fold, page
from groupform.providers.wecom.rehearsal.fields import USERID, Field, many, number, obj, one_of, text
from groupform.providers.wecom.rehearsal.refusals import Refused

CAPACITY = 500
"""D-98429."""
_DAY = 86_400
TRANSFERS_A_DAY = 300
TRANSFERS_OF_A_GROUP = 2
_MANY_MEMBERS = 1000
_LINGER = 365 * _DAY

LIST: Mapping[str, Field] = {
    "limit": number(1, 1000, req=True),
    "cursor": text(),
    "status_filter": one_of(0, 1, 2, 3),
    "owner_filter": obj({"userid_list": many(USERID, 100)}),
}
GET: Mapping[str, Field] = {"chat_id": text(req=True), "need_name": one_of(0, 1)}
TRANSFER: Mapping[str, Field] = {"chat_id_list": many(text(), 100, low=1, req=True), "new_owner": USERID}
OPEN_ID: Mapping[str, Field] = {"opengid": text(req=True)}


def listed(desk: Desk, body: Record) -> Record:
    """D-92120. Groups are seen whose owner is in the visible range."""
    owners = body.get("owner_filter", {}).get("userid_list") or []
    if not owners:
        seen = sum(desk.visible(each) for each in desk.table("members"))
        if seen > _MANY_MEMBERS:
            raise Refused(81017, f"{seen} members, give an owner_filter")
    wanted = {fold(each) for each in owners if desk.member(each)}
    status = body.get("status_filter", 0)
    found = [
        {"chat_id": key, "status": each["status"]}
        for key, each in desk.table("groups").items()
        if desk.visible(each["owner"])
        and (not wanted or fold(each["owner"]) in wanted)
        # 0 is "all" in the filter and "normal" in the answer.
        and (status == 0 or each["status"] == status)
    ]
    part, cursor = page(found, body, 1000)
    return {"group_chat_list": part, "next_cursor": cursor}


def get(desk: Desk, body: Record) -> Record:
    """D-92122. What it shows may be what was a moment ago (D-96338)."""
    group = _seen(desk, body["chat_id"])
    shown = group["before"] if group["before"] is not None and desk.now() < group["until"] else group
    members = [_member(each, named=body.get("need_name") == 1) for each in shown["members"]]
    answer = {
        "chat_id": body["chat_id"],
        "owner": shown["owner"],
        "create_time": group["created"],
        "member_list": members,
        "admin_list": [{"userid": each} for each in shown["admins"]],
        "member_version": shown["version"],
    }
    if shown["notice"]:
        answer["notice"] = shown["notice"]
    if shown["name"] or not desk.unconfirmed.unnamed_left_out:
        answer["name"] = shown["name"]
    return {"group_chat": answer}


def _member(each: Record, *, named: bool) -> Record:
    shown = {name: value for name, value in each.items() if name != "name" or named}
    return {**shown, "invitor": {"userid": each["invitor"]}} if "invitor" in each else shown


def _seen(desk: Desk, chat_id: str) -> Record:
    group = desk.table("groups").get(chat_id)
    if group is None:
        raise Refused(40050, f"chat_id {chat_id} does not exist")
    if not desk.visible(group["owner"]):
        raise Refused(desk.unconfirmed.out_of_range, "the owner is outside the visible range")
    return group


def transfer(desk: Desk, body: Record) -> Record:
    """D-92127: the groups of somebody who has left, for at most a year."""
    return _hand_over(desk, body, on_job=False)


def transfer_on_job(desk: Desk, body: Record) -> Record:
    """D-95703: the groups of somebody who is still there."""
    return _hand_over(desk, body, on_job=True)


def _hand_over(desk: Desk, body: Record, *, on_job: bool) -> Record:
    heir = desk.contact(body["new_owner"])
    failed = []
    for chat_id in body["chat_id_list"]:
        try:
            _one(desk, chat_id, heir, on_job=on_job)
        except Refused as refused:
            failed.append({"chat_id": chat_id, "errcode": refused.errcode, "errmsg": refused.why})
    # Some of it may have failed, and the whole is still a success.
    return {"failed_chat_list": failed}


def _one(desk: Desk, chat_id: str, heir: Record, *, on_job: bool) -> None:
    if chat_id in desk.table("chats"):
        raise Refused(90501, "not a customer group")
    group = _seen(desk, chat_id)
    owner = desk.table("members")[fold(group["owner"])]
    if group["kind"] != "wecom":
        raise Refused(90509, "not a WeCom customer group")
    if desk.corp["corp"].get("inactive"):
        raise Refused(90510, "the corp has been inactive for a year")
    if on_job and owner["left"]:
        raise Refused(90502, "the owner has resigned")
    if not on_job and not owner["left"]:
        raise Refused(90500, "the owner has not resigned")
    if not on_job and group["status"] == 2:
        raise Refused(90507, "being inherited")
    if not on_job and group["status"] == 3:
        raise Refused(90508, "already inherited")
    if fold(group["owner"]) == fold(heir["userid"]):
        raise Refused(90504, "the owner is unchanged")
    # Ninety-nine people of WeChat in the old kind of group: the heir has to confirm in the client.
    if group.get("must_confirm"):
        raise Refused(90503, "confirm in the client")
    if not on_job and desk.now() - (owner["left"] or 0) > _LINGER:
        raise Refused(90510, "the owner left more than a year ago")
    recent = [each for each in group["handed_over"] if desk.now() - each < 90 * _DAY]
    if on_job and len(recent) >= TRANSFERS_OF_A_GROUP:
        raise Refused(45009, "handed over twice within 90 days")
    today = [each for each in owner["handed_over"] if each // _DAY == desk.time // _DAY]
    if len(today) >= TRANSFERS_A_DAY:
        raise Refused(45009, "300 groups of one owner a day")
    owner["handed_over"] = [*today, desk.time]
    group["handed_over"] = [*recent, desk.time]
    group["owner"] = heir["userid"]
    group["status"] = 0 if on_job else 3


def by_open_id(desk: Desk, body: Record) -> Record:
    """D-94822."""
    for key, each in desk.table("groups").items():
        if each.get("opengid") == body["opengid"]:
            return {"chat_id": key}
    raise Refused(90511, "opengid unknown")

"""Owns the calls about what the customer-service bot knows (shared facts §10.4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from groupform.providers.wecom.rehearsal import media
from groupform.providers.wecom.rehearsal.corp import Desk, Record, page
from groupform.providers.wecom.rehearsal.fields import Field, many, number, obj, one_of, text
from groupform.providers.wecom.rehearsal.refusals import BAD_FIELD, Refused

GROUPS, INTENTS = 100, 200

_NAME = text(req=True, chars=12)
_ID = text(req=True)
ADD_GROUP: Mapping[str, Field] = {"name": _NAME}
GROUP: Mapping[str, Field] = {"group_id": _ID}
MOD_GROUP: Mapping[str, Field] = {**GROUP, "name": _NAME}
LIST_GROUP: Mapping[str, Field] = {"cursor": text(), "limit": number(1, 1000), "group_id": text()}


def _said(chars: int) -> Field:
    return obj({"text": obj({"content": text(req=True, chars=chars)}, req=True)})


def _attachment(value: Any, name: str) -> Any:
    file = obj({"media_id": text(req=True)})
    kinds = {
        "image": file,
        "video": file,
        "link": obj(
            {
                "title": text(req=True),
                "desc": text(),
                "url": text(req=True),
                "picurl": text(),
                "pic_url": text(),
            }
        ),
        "miniprogram": obj({key: text(req=True) for key in ("title", "appid", "pagepath", "thumb_media_id")}),
    }
    found = obj({"msgtype": one_of(*kinds, req=True), **kinds}).check(value, name)
    if found["msgtype"] not in found:
        raise Refused(BAD_FIELD, f"{name}.{found['msgtype']}: missing")
    return found


_QUESTION = _said(200)
_SIMILAR = obj({"items": many(_said(200), 100, req=True)})
_ANSWERS = many(
    obj({"text": obj({"content": text(req=True, chars=500)}), "attachments": many(Field(_attachment), 4)}),
    1,
    low=1,
    req=True,
)
ADD_INTENT: Mapping[str, Field] = {
    **GROUP,
    "question": Field(_QUESTION.check, required=True),
    "similar_questions": _SIMILAR,
    "answers": _ANSWERS,
}
INTENT: Mapping[str, Field] = {"intent_id": _ID}
MOD_INTENT: Mapping[str, Field] = {
    **INTENT,
    "question": _QUESTION,
    "similar_questions": _SIMILAR,
    "answers": Field(_ANSWERS.check),
}
LIST_INTENT: Mapping[str, Field] = {"cursor": text(), "limit": number(1, 1000), "group_id": text(), "intent_id": text()}


def _groups(desk: Desk) -> dict[str, Record]:
    table = desk.table("knowledge_groups")
    if not table:
        # There is always the default one, which can be neither renamed nor deleted.
        table[desk.mint("kbgroup")] = {"name": "默认分组", "default": True}
    return table


def _group(desk: Desk, key: str) -> Record:
    found = _groups(desk).get(key)
    if found is None:
        raise Refused(BAD_FIELD, f"group_id {key}: invalid")
    return found


def add_group(desk: Desk, body: Record) -> Record:
    if len(_groups(desk)) >= GROUPS:
        raise Refused(BAD_FIELD, f"{GROUPS} groups already")
    _unique_group(desk, body["name"], None)
    key = desk.mint("kbgroup")
    _groups(desk)[key] = {"name": body["name"], "default": False}
    return {"group_id": key}


def mod_group(desk: Desk, body: Record) -> Record:
    group = _changeable(desk, body["group_id"])
    _unique_group(desk, body["name"], body["group_id"])
    group["name"] = body["name"]
    return {}


def del_group(desk: Desk, body: Record) -> Record:
    _changeable(desk, body["group_id"])
    inside = [key for key, each in desk.table("intents").items() if each["group"] == body["group_id"]]
    if inside and desk.unconfirmed.intents_after_group == "refused":
        raise Refused(BAD_FIELD, f"group_id {body['group_id']}: not empty")
    for each in inside:
        del desk.table("intents")[each]
    del _groups(desk)[body["group_id"]]
    return {}


def list_group(desk: Desk, body: Record) -> Record:
    lines = [
        {"group_id": key, "name": each["name"], "is_default": int(each["default"])}
        for key, each in _groups(desk).items()
        if body.get("group_id") in (None, "", key)
    ]
    return _paged("group_list", lines, body)


def _changeable(desk: Desk, key: str) -> Record:
    found = _group(desk, key)
    if found["default"]:
        raise Refused(BAD_FIELD, "the default group stays as it is")
    return found


def _unique_group(desk: Desk, name: str, mine: str | None) -> None:
    if any(each["name"] == name for key, each in _groups(desk).items() if key != mine):
        raise Refused(BAD_FIELD, f"name {name}: taken")


def add_intent(desk: Desk, body: Record) -> Record:
    _group(desk, body["group_id"])
    inside = sum(each["group"] == body["group_id"] for each in desk.table("intents").values())
    if inside >= INTENTS:
        raise Refused(BAD_FIELD, f"{INTENTS} questions in this group already")
    _unique_question(desk, body["question"], None)
    key = desk.mint("intent")
    kept = _kept(desk, body)
    desk.table("intents")[key] = {"similar_questions": {"items": []}, **kept, "group": body["group_id"]}
    return {"intent_id": key}


def mod_intent(desk: Desk, body: Record) -> Record:
    """Each part that is sent is overwritten whole."""
    found = _intent(desk, body["intent_id"])
    if "question" in body:
        _unique_question(desk, body["question"], body["intent_id"])
    found.update(_kept(desk, body))
    return {}


def del_intent(desk: Desk, body: Record) -> Record:
    _intent(desk, body["intent_id"])
    del desk.table("intents")[body["intent_id"]]
    return {}


def list_intent(desk: Desk, body: Record) -> Record:
    lines = [
        {"group_id": each["group"], "intent_id": key, **_told(desk, each)}
        for key, each in desk.table("intents").items()
        if body.get("group_id") in (None, "", each["group"]) and body.get("intent_id") in (None, "", key)
    ]
    return _paged("intent_list", lines, body)


def _told(desk: Desk, intent: Record) -> Record:
    inside = {name: intent[name] for name in ("similar_questions", "answers")}
    if desk.unconfirmed.intents_nested:
        return {"question": {**intent["question"], **inside}}
    return {"question": intent["question"], **inside}


def _paged(name: str, lines: list[Record], body: Record) -> Record:
    part, cursor = page(lines, body, 500)
    return {name: part, "has_more": int(bool(cursor)), "next_cursor": cursor}


def _intent(desk: Desk, key: str) -> Record:
    found = desk.table("intents").get(key)
    if found is None:
        raise Refused(BAD_FIELD, f"intent_id {key}: invalid")
    return found


def _unique_question(desk: Desk, question: Record, mine: str | None) -> None:
    asked = question["text"]["content"]
    for key, each in desk.table("intents").items():
        if each["question"]["text"]["content"] == asked and key != mine:
            raise Refused(BAD_FIELD, f"question {asked}: not unique")


def _kept(desk: Desk, body: Record) -> Record:
    """The parts as they read back: of media there is a name only."""
    kept: Record = {name: body[name] for name in ("question", "similar_questions", "answers") if name in body}
    for answer in kept.get("answers", []):
        for each in answer.get("attachments", []):
            kind = each["msgtype"]
            if kind in ("image", "video"):
                media.living(desk, each[kind].pop("media_id"))
                each[kind]["name"] = f"{kind}.bin"
            wrong = {"picurl": "pic_url", "pic_url": "picurl"}[desk.unconfirmed.picture_key]
            if kind == "link" and wrong in each[kind]:
                raise Refused(BAD_FIELD, f"link.{wrong}: no page names this field")
    return kept

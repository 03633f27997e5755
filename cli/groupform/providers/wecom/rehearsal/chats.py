"""Owns the calls about internal group chats that an application makes (shared facts §5)."""

from __future__ import annotations

from collections.abc import Mapping

from groupform.providers.wecom.rehearsal import media
from groupform.providers.wecom.rehearsal.corp import Desk, Record, fold
from groupform.providers.wecom.rehearsal.fields import USERID, Field, many, obj, one_of, text
from groupform.providers.wecom.rehearsal.refusals import EMPTY_FIELD, Refused

SMALLEST, LARGEST = 2, 2000

_NAME = text(cut=50)
_PEOPLE = many(text(req=True, size=64, code=86007))
CREATE: Mapping[str, Field] = {
    "name": _NAME,
    "owner": text(size=64),
    "userlist": many(text(req=True, size=64, code=86007), req=True),
    "chatid": text(pattern=r"[0-9A-Za-z]{1,32}", code=86001),
}
_ID = text(req=True, code=86001, missing=86001)
UPDATE: Mapping[str, Field] = {
    "chatid": _ID,
    "name": _NAME,
    "owner": text(size=64),
    "add_user_list": _PEOPLE,
    "del_user_list": _PEOPLE,
}
GET: Mapping[str, Field] = {"chatid": _ID}

_FILE = obj({"media_id": text(req=True)})
_ARTICLE = obj(
    {
        "title": text(req=True, size=128),
        "description": text(size=512),
        "url": text(req=True, size=2048),
        "picurl": text(size=2048),
    }
)
_PAYLOADS: Mapping[str, Field] = {
    "text": obj({"content": text(req=True, size=2048), "mentioned_list": many(USERID)}),
    "markdown": obj({"content": text(req=True, size=2048)}),
    "textcard": obj(
        {
            "title": text(req=True, size=128),
            "description": text(req=True, size=512),
            "url": text(req=True),
            "btntxt": text(chars=4),
        }
    ),
    "news": obj({"articles": many(_ARTICLE, 8, low=1, req=True)}),
    **dict.fromkeys(("image", "voice", "video", "file"), _FILE),
}
SEND: Mapping[str, Field] = {
    "chatid": _ID,
    "msgtype": one_of(*_PAYLOADS, req=True),
    "safe": one_of(0, 1),
    **_PAYLOADS,
}


def create(desk: Desk, body: Record) -> Record:
    """The caller may choose the chatid. What happens to one that is in use no page says: it is refused."""
    key = body.get("chatid") or desk.mint("chat")
    if key in desk.table("chats"):
        raise Refused(86001, f"chatid {key}: in use")
    users = _users(desk, body["userlist"])
    _size(desk, users)
    owner = str(body.get("owner") or users[0])
    if fold(owner) not in map(fold, users):
        raise Refused(86005, f"owner {owner}: not in userlist")
    desk.table("chats")[key] = {
        "name": body.get("name", ""),
        "owner": owner,
        "userlist": users,
        "app": desk.app,
        "said": [],
    }
    return {"chatid": key}


def update(desk: Desk, body: Record) -> Record:
    chat = desk.own(_found(desk, body["chatid"]), 86008, "the chat")
    if "name" in body and not body["name"]:
        raise Refused(86004, "name: empty")
    gone = {fold(each) for each in body.get("del_user_list", [])}
    more = _users(desk, body.get("add_user_list", []))
    users = [each for each in _once([*chat["userlist"], *more]) if fold(each) not in gone]
    owner = str(body.get("owner", chat["owner"]))
    if fold(chat["owner"]) in gone and "owner" not in body:
        raise Refused(86101, "the owner cannot go without a new one")
    if fold(owner) not in map(fold, users):
        raise Refused(86005, f"owner {owner}: not in the chat")
    _size(desk, users)
    chat.update({"name": body.get("name", chat["name"]), "owner": owner, "userlist": users})
    return {}


def get(desk: Desk, body: Record) -> Record:
    chat = desk.own(_found(desk, body["chatid"]), 86008, "the chat")
    return {"chat_info": {"chatid": body["chatid"], **{name: chat[name] for name in ("name", "owner", "userlist")}}}


def send(desk: Desk, body: Record) -> Record:
    chat = desk.own(_found(desk, body["chatid"]), 86008, "the chat")
    kind = body["msgtype"]
    if kind not in body:
        raise Refused(EMPTY_FIELD, f"{kind}: missing")
    if kind in ("image", "voice", "video", "file"):
        media.living(desk, body[kind]["media_id"])
    chat["said"].append({"msgtype": kind, kind: body[kind], "at": desk.time})
    return {}


def _found(desk: Desk, key: str) -> Record:
    found = desk.table("chats").get(key)
    if found is None:
        raise Refused(desk.unconfirmed.unknown_chat, f"chatid {key} does not exist")
    return found


def _users(desk: Desk, users: list[str]) -> list[str]:
    for each in users:
        found = desk.table("members").get(fold(each))
        if found is None or found["left"]:
            raise Refused(86007, f"userlist: {each} is no member")
    return _once(users)


def _once(users: list[str]) -> list[str]:
    return list({fold(each): each for each in users}.values())


def _size(desk: Desk, users: list[str]) -> None:
    high = min(LARGEST, desk.corp["corp"].get("largest_chat", LARGEST))
    if not SMALLEST <= len(users) <= high:
        raise Refused(86006, f"userlist: {len(users)} members, {SMALLEST} to {high}")

"""Owns the calls about group welcome templates (shared facts §3)."""

from __future__ import annotations

from collections.abc import Mapping

from groupform.providers.wecom.rehearsal import media
from groupform.providers.wecom.rehearsal.corp import Desk, Record
from groupform.providers.wecom.rehearsal.fields import Field, number, obj, one_of, text
from groupform.providers.wecom.rehearsal.refusals import EMPTY_FIELD, Refused

TEMPLATES = 100
"""A corp has no more (41055)."""

_MEDIA = obj({"media_id": text(req=True)})
_PARTS: Mapping[str, Field] = {
    "image": obj({"media_id": text(), "pic_url": text()}),
    "link": obj({"title": text(req=True, size=128), "url": text(req=True), "picurl": text(), "desc": text(size=512)}),
    "miniprogram": obj(
        {
            "title": text(req=True, size=64),
            "pic_media_id": text(req=True),
            "appid": text(req=True),
            "page": text(req=True),
        }
    ),
    "file": _MEDIA,
    "video": _MEDIA,
}
"""Where several are given, the first of them in this order wins."""
ADD: Mapping[str, Field] = {
    # The table of edit says 4000; nobody loses anything by the smaller number of add.
    "text": obj({"content": text(size=3000)}),
    **_PARTS,
    "agentid": number(0),
    "notify": one_of(0, 1),
}
_ID: Mapping[str, Field] = {"template_id": text(req=True)}
EDIT: Mapping[str, Field] = {
    **_ID,
    **{name: each for name, each in ADD.items() if name != "notify"},
    "text": obj({"content": text(size=4000)}),
}
GET = DELETE = _ID


def add(desk: Desk, body: Record) -> Record:
    content = _content(desk, body)
    if len(desk.table("templates")) >= TEMPLATES:
        raise Refused(41055, f"{TEMPLATES} templates already")
    key = desk.mint("template")
    desk.table("templates")[key] = {"content": content, "app": desk.app, "told": body.get("notify", 1) == 1}
    return {"template_id": key}


def edit(desk: Desk, body: Record) -> Record:
    template = desk.own(_found(desk, body), 41058, "the template")
    template["content"] = _content(desk, body)
    return {}


def get(desk: Desk, body: Record) -> Record:
    content: Record = _found(desk, body)["content"]
    return dict(content)


def delete(desk: Desk, body: Record) -> Record:
    desk.own(_found(desk, body), 41058, "the template")
    del desk.table("templates")[body["template_id"]]
    return {}


def _found(desk: Desk, body: Record) -> Record:
    found = desk.table("templates").get(body["template_id"])
    if found is None:
        raise Refused(desk.unconfirmed.unknown_template, f"template_id {body['template_id']}: invalid")
    return found


def _content(desk: Desk, body: Record) -> Record:
    """What is kept: the text, and the one other part that wins. An image is kept by its address."""
    kept: Record = {}
    if body.get("text", {}).get("content"):
        kept["text"] = dict(body["text"])
    for name in _PARTS:
        if name in body:
            kept[name] = _part(desk, name, body[name])
            break
    if not kept:
        raise Refused(EMPTY_FIELD, "text, image, link, miniprogram, file, video: one of them is wanted")
    return kept


def _part(desk: Desk, name: str, part: Record) -> Record:
    for key in ("media_id", "pic_media_id"):
        if part.get(key):
            media.living(desk, part[key])
    if name != "image":
        return dict(part)
    if part.get("pic_url"):
        media.stays(desk, part["pic_url"])
        return {"pic_url": part["pic_url"]}
    if not part.get("media_id"):
        raise Refused(EMPTY_FIELD, "image.media_id, image.pic_url: one of them is wanted")
    return {"pic_url": f"https://wework.qpic.cn/wwpic/{part['media_id']}/0"}

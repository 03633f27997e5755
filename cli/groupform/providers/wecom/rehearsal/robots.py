"""Owns group robots, which are added by hand and reached by their key alone (shared facts §14)."""

from __future__ import annotations

from groupform.providers.wecom.rehearsal.corp import Corp, Record
from groupform.providers.wecom.rehearsal.fields import check, many, obj, one_of, text
from groupform.providers.wecom.rehearsal.refusals import EMPTY_FIELD, Refused

_PAYLOADS = {
    "text": obj(
        {"content": text(req=True, size=2048), "mentioned_list": many(text()), "mentioned_mobile_list": many(text())}
    ),
    "markdown": obj({"content": text(req=True, size=4096)}),
    "markdown_v2": obj({"content": text(req=True, size=4096)}),
}
_SEND = {"msgtype": one_of(*_PAYLOADS, req=True), **_PAYLOADS}


def send(corp: Corp, query: Record, body: Record, now: float) -> Record:
    """Raises Refused: 93000 for an unknown key, 93004 for a robot that was switched off."""
    robot = corp["robots"].get(query.get("key", ""))
    if robot is None:
        raise Refused(93000, "invalid webhook url")
    if not robot["on"]:
        raise Refused(93004, "the robot is disabled")
    if not robot["inside"]:
        raise Refused(93008, "the robot is not in the group")
    checked = check(_SEND, body)
    if checked["msgtype"] not in checked:
        raise Refused(EMPTY_FIELD, f"{checked['msgtype']}: missing")
    robot["said"].append({**checked, "at": int(now)})
    return {}

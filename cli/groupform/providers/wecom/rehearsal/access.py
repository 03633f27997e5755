"""Owns who is let in: tokens, applications, the caller's address, what an application may call (shared facts §1)."""

from __future__ import annotations

import hashlib

from groupform.providers.wecom.rehearsal.corp import Corp, Record
from groupform.providers.wecom.rehearsal.limits import HOUR, WRONG_SECRETS
from groupform.providers.wecom.rehearsal.refusals import BAD_FIELD, Refused
from groupform.providers.wecom.rehearsal.unconfirmed import Unconfirmed

LIFE = 7200
"""Seconds for which a token is good (D-91039)."""
_OLD = 40014
_ENDED = 42001


def gettoken(corp: Corp, query: Record, now: float, unconfirmed: Unconfirmed) -> Record:
    """D-91039. Raises Refused: 40013 for another corp, 40001 for a secret that is none of an enabled application."""
    for name in query:
        if name not in ("corpid", "corpsecret", "debug"):
            raise Refused(BAD_FIELD, f"{name}: no page names this field")
    wrong = [each for each in corp["corp"].get("wrong_secrets", []) if now - each < HOUR]
    if len(wrong) >= WRONG_SECRETS:
        raise Refused(45009, "too many wrong secrets")
    if query.get("corpid") != corp["corp"]["id"]:
        raise Refused(40013, "invalid corpid")
    for agent, app in corp["apps"].items():
        if app["secret"] == query.get("corpsecret") and app["enabled"]:
            return {"access_token": _token(corp, agent, now, unconfirmed), "expires_in": LIFE}
    corp["corp"]["wrong_secrets"] = [*wrong, now]
    raise Refused(40001, "invalid credential")


def _token(corp: Corp, agent: str, now: float, unconfirmed: Unconfirmed) -> str:
    for text, token in corp["tokens"].items():
        good = token["app"] == agent and not token["ended"] and now < token["until"]
        if good and unconfirmed.same_token:
            return str(text)
    # As long as the platform's own, so that whoever hides them is put to the test.
    number = corp.mint("")
    text = f"rehearsaltoken{number}-{hashlib.sha512(f'{agent} {number}'.encode()).hexdigest()}"
    corp["tokens"][text] = {"app": agent, "until": now + LIFE, "ended": 0}
    return text


def end_tokens(corp: Corp, *, forgotten: bool = False) -> None:
    """Ends every token before its time: by 42001, or by 40014 where the platform has forgotten it."""
    for token in corp["tokens"].values():
        token["ended"] = token["ended"] or (_OLD if forgotten else _ENDED)


def admit(corp: Corp, query: Record, now: float, address: str) -> str:
    """The application that a request's token stands for. Raises Refused."""
    text = query.get("access_token")
    if not text:
        raise Refused(41001, "access_token missing")
    token = corp["tokens"].get(text)
    if token is None:
        raise Refused(_OLD, "invalid access_token")
    if token["ended"]:
        raise Refused(token["ended"], "access_token expired")
    if now >= token["until"]:
        raise Refused(_ENDED, "access_token expired")
    agent = str(token["app"])
    app = corp["apps"][agent]
    if not app["enabled"]:
        raise Refused(50003, "the app is disabled")
    if app["addresses"] is not None and address not in app["addresses"]:
        raise Refused(60020, "not allow to access from your ip")
    if app["withdrawn"]:
        raise Refused(48006, "the permission was taken back")
    return agent


def allow(corp: Corp, agent: str, area: str) -> None:
    """Whether an application may call what belongs to an area. Raises Refused 48002, 50006, 95012, 95017."""
    app = corp["apps"][agent]
    if area == "customers" and corp["corp"].get("customers_disabled"):
        raise Refused(50006, "the system app is disabled")
    # Internal chats ask for a visible range that is the whole corp (D-90245).
    denied = app["visible"] is not None if area == "chats" else not app.get(area, True)
    if denied:
        raise Refused(48002, "api forbidden")
    if area == "service" and not corp["corp"]["service"]:
        raise Refused(95012, "customer service is not enabled")
    if area == "service" and not corp["corp"]["service_api"]:
        raise Refused(95017, "the API of customer service is off")

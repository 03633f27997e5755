"""Owns a connection's settings: which there are, and what is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr

_KNOWN = ("corp_id", "agent_id", "secret", "proxy", "team_chat", "team_calendar")
_NEEDED = ("corp_id", "agent_id", "secret")
_YES, _NO = ("yes", "true", "on"), ("no", "false", "off")


@dataclass(frozen=True, slots=True)
class Settings:
    """What a connection says. `team_chat`: the team gets an internal chat; the app must see the whole corp for that.

    `team_calendar`: what is on the community's calendar stands among the team's own schedules.
    """

    corp_id: str = ""
    agent_id: str = ""
    proxy: str = ""
    team_chat: bool = True
    team_calendar: bool = True


def read_settings(settings: Mapping[str, Any]) -> Settings:
    """The settings; what is wrong with them `wrong_settings` tells."""
    return Settings(
        corp_id=_text(settings, "corp_id"),
        agent_id=_text(settings, "agent_id"),
        proxy=_text(settings, "proxy"),
        team_chat=_text(settings, "team_chat").lower() not in _NO,
        team_calendar=_text(settings, "team_calendar").lower() not in _NO,
    )


def wrong_settings(settings: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, object]]]:
    """(code, params) of each mistake, found without any request."""
    known = ", ".join(_KNOWN)
    for key in _NEEDED:
        if not _text(settings, key):
            yield "wecom-setting-missing", {"key": key, "known": known}
    for key in settings:
        if key not in _KNOWN:
            yield "wecom-setting-unknown", {"key": key, "known": known}
    corp = _text(settings, "corp_id")
    if corp and not re.fullmatch(r"(ww|wx)[0-9a-zA-Z]{8,}", corp):
        yield "wecom-setting-corp", {"value": corp}
    agent = _text(settings, "agent_id")
    if agent and not (agent.isascii() and agent.isdigit()):
        yield "wecom-setting-agent", {"value": agent}
    proxy = _text(settings, "proxy")
    if proxy and not re.match(r"(https?|socks5h?)://[^/\s]", proxy):
        # Never the value itself: an address of a proxy may hold a password.
        yield "wecom-setting-proxy", {}
    for key in ("team_chat", "team_calendar"):
        value = _text(settings, key).lower()
        if value and value not in (*_YES, *_NO):
            yield "wecom-setting-yes-or-no", {"key": key, "value": value}


def _text(settings: Mapping[str, Any], key: str) -> str:
    value = settings.get(key)
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    return "" if value is None else str(value).strip()

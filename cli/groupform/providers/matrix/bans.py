"""Owns policy lists: a room whose state says who is banned, for the bots and clients that watch it to act on.

Rules: https://spec.matrix.org/v1.16/client-server-api/#moderation-policy-lists. The list is data: nothing happens by
itself. Of the rules in it only ours are; moderators and their bots write others beside them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from groupform.compile.globs import matches
from groupform.compile.resource import Json
from groupform.providers.matrix.servers import host_of, server_of
from groupform_schemas import Ban

_KINDS = {"person": "user", "server": "server", "group": "room"}
_RULE = "m.policy.rule."
_BAN = "m.ban"
OWN = "matrix-ban-hits-us"


def rules_of(bans: Mapping[str, Ban]) -> dict[str, Json]:
    """The declared bans as the list's rules: `user/spammers` -> {entity, reason}."""
    found: dict[str, Json] = {}
    for key, ban in bans.items():
        word, entity = meant(ban)
        found[f"{_KINDS[word]}/{key}"] = {"entity": entity, **({"reason": ban.reason} if ban.reason else {})}
    return found


def meant(ban: Ban) -> tuple[str, str]:
    """The word of the language under which somebody is banned, and the pattern that says whom."""
    return next((word, str(value)) for word in _KINDS if (value := getattr(ban, word)) is not None)


def event_of(name: str, rule: Json) -> tuple[str, str, dict[str, Any]]:
    """Type, key and content of one rule's event; an empty content takes the rule out."""
    kind, _, key = name.partition("/")
    content = {"recommendation": _BAN, "reason": "", **rule} if isinstance(rule, Mapping) else {}
    return _RULE + kind, key, content


def to_attribute(events: Mapping[tuple[str, str], Mapping[str, Any]]) -> dict[str, Json]:
    """Every rule in a room's state, whoever wrote it; one that was taken out has no entity."""
    found: dict[str, Json] = {}
    for (kind, key), event in sorted(events.items(), key=lambda each: each[0]):
        content = event.get("content")
        if not kind.startswith(_RULE) or not isinstance(content, Mapping) or not isinstance(content.get("entity"), str):
            continue
        rule: dict[str, Json] = {"entity": content["entity"]}
        if content.get("reason"):
            rule["reason"] = str(content["reason"])
        if content.get("recommendation") != _BAN:
            # No ban any more: told, so that it reads as drift.
            rule["recommendation"] = str(content.get("recommendation"))
        found[f"{kind.removeprefix(_RULE)}/{key}"] = rule
    return found


def hit(word: str, entity: str, accounts: Iterable[str], aliases: Iterable[str] = ()) -> Iterator[str]:
    """Whom of ours a ban would hit: our accounts, the servers they are on, our rooms' addresses without a server."""
    accounts = list(accounts)
    servers = {server_of(each) for each in accounts}
    if word == "person":
        yield from (each for each in accounts if matches(entity, each))
    elif word == "server":
        yield from sorted(each for each in servers if matches(entity, host_of(each)))
    else:
        yield from (
            name for alias in aliases for server in sorted(servers) if matches(entity, name := f"#{alias}:{server}")
        )


def guard_rules(before: Json, after: Json, account: str) -> str | None:
    """Why a rule is never written: it bans the tool's own account, its server, or whatever room that server has."""
    there = before if isinstance(before, Mapping) else {}
    for name, rule in after.items() if isinstance(after, Mapping) else ():
        entity = rule.get("entity") if isinstance(rule, Mapping) else None
        # What others wrote before is not for us to judge.
        if not isinstance(entity, str) or there.get(name) == rule:
            continue
        kind = name.partition("/")[0]
        word = next((word for word, each in _KINDS.items() if each == kind), "person")
        if any(hit(word, entity, [account])) or (word == "group" and _every_room(entity, server_of(account))):
            return OWN
    return None


def _every_room(entity: str, server: str) -> bool:
    # A name that nobody has is only matched by what matches every name.
    return matches(entity, f"#\x00:{server}") or matches(entity, "!\x00") or matches(entity, f"!\x00:{server}")

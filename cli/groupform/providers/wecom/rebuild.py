"""Owns finding a corp's objects again when the state that named them is lost: by what they are, never by a guess.

Nothing here bears a name of ours in clear. What the platform keeps apart by name (a group of tags, a rule, a question)
is the one of that name if its content agrees; a code bears a mark that only groupform writes. Two that fit are none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from groupform.compile.address import Address
from groupform.compile.resource import Json, Resource
from groupform.engine.provider import Free, Ours, Probe, Taken
from groupform.http import NotFound
from groupform.providers.wecom import probe
from groupform.providers.wecom.marks import mark
from groupform.providers.wecom.reading import Look
from groupform.providers.wecom.tagging import known_tags

_MARKED = re.compile(r"gf[0-9a-f]{28}")


async def rediscover(look: Look, desired: Sequence[Resource], *, known: bool) -> dict[Address, Probe | None]:
    """Answers for every unbound resource; None where nothing can tell whether it is there. Raises HttpError.

    `known` says that the history is the one under which the objects were made, so that their marks can be computed.
    """
    ways = [each for each in desired if each.address.type == "contact-way"]
    found: dict[Address, Probe | None] = {**await _ways(look, ways, known=known)}
    groups = [each for each in desired if each.address.type == "group"]
    found.update(await probe.probe(look, groups))
    for each in desired:
        if each.address not in found:
            found[each.address] = await _one(look, each, known=known)
    return found


async def _one(look: Look, wanted: Resource, *, known: bool) -> Probe | None:
    match wanted.address.type:
        case "tag-group":
            return await _tags(look, wanted)
        case "intercept-rule":
            return await _rule(look, wanted)
        case "kf-account":
            return await _account(look, wanted)
        case "knowledge-group":
            name = wanted.attributes.get("name")
            groups = [each for each in await look.knowledge() if each.name == name and not each.default]
            return Ours(groups[0].id) if len(groups) == 1 else Free()
        case "intent":
            question, group = wanted.attributes.get("question"), wanted.attributes.get("group")
            intents = [each for each in await look.intents() if each.question == question]
            if not intents:
                return Free()
            if intents[0].group != group:
                return Taken("wecom-intent-taken", {"name": question}, intents[0].id)
            return Ours(intents[0].id)
        case "team-chat" if not known:
            # Its id was made of the lost history, and no call lists the chats of an application (§5).
            return None
        case "team-chat" | "schedule":
            return (await probe.probe(look, [wanted]))[wanted.address]
    return Free()


async def _tags(look: Look, wanted: Resource) -> Probe:
    """The group of that name, if it holds a tag of ours: an empty agreement of names may be a stranger's."""
    name, tags = wanted.attributes.get("title"), wanted.attributes.get("tags")
    group = next((each for each in await look.tags() if each.name == name), None)
    if group is None:
        return Free()
    ids: dict[str, Json] = {key: tag.id for key, tag in known_tags(group, {}, tags).items()}
    return Ours(group.id, {"tags": ids}) if ids else Taken("wecom-tag-group-taken", {"name": name}, group.id)


async def _rule(look: Look, wanted: Resource) -> Probe:
    name, words = wanted.attributes.get("name"), wanted.attributes.get("words")
    line = next((each for each in await look.rules() if each.name == name), None)
    if line is None:
        return Free()
    try:
        rule = await look.api.intercept.get(line.id)
    except NotFound:
        return Free()
    alike = isinstance(words, list) and not {str(each) for each in words}.isdisjoint(rule.words)
    return Ours(rule.id) if alike else Taken("wecom-intercept-rule-taken", {"name": name}, line.id)


async def _account(look: Look, wanted: Resource) -> Probe:
    name = wanted.attributes.get("name")
    found = [each for each in await look.accounts() if each.name == name and each.managed]
    if len(found) > 1:
        return Taken("wecom-rebuild-accounts", {"name": name, "count": len(found)})
    return Ours(found[0].id) if found else Free()


async def _ways(look: Look, wanted: Sequence[Resource], *, known: bool) -> dict[Address, Probe | None]:
    """Codes by their mark; by their remark and kind where the history is another one. Each is read once."""
    if not wanted:
        return {}
    bound = look.bound.get("contact-way", ())
    live = await look.unbound_ways([each for each in await look.ways() if each not in bound])
    marked = {key: way for key, way in live.items() if _MARKED.fullmatch(str(way.get("state") or ""))}
    found: dict[Address, Probe | None] = {}
    for each in wanted:
        sought = mark(look, each.address)
        if known:
            fitting = [key for key, way in marked.items() if way.get("state") == sought]
        else:
            same = [other for other in wanted if _told(other) == _told(each)]
            fitting = [key for key, way in marked.items() if _seen(way) == _told(each)]
            if fitting and (len(fitting) > 1 or len(same) > 1):
                remark = each.attributes.get("remark")
                found[each.address] = Taken("wecom-rebuild-ways", {"remark": remark, "count": len(fitting)})
                continue
        code = str(marked[fitting[0]].get("qr_code") or "") if fitting else ""
        found[each.address] = Ours(fitting[0], {"code": code}) if fitting else Free()
    return found


def _told(wanted: Resource) -> tuple[object, object]:
    return wanted.attributes.get("remark"), wanted.attributes.get("kind")


def _seen(way: Mapping[str, object]) -> tuple[object, object]:
    return str(way.get("remark") or ""), "one" if way.get("type") == 1 else "several"

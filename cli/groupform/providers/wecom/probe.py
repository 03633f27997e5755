"""Owns looking before a create: has a person made the group, is it ours already, does somebody else hold the name."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping, Sequence

from groupform.compile.address import Address
from groupform.compile.resource import Attributes, Json, Resource
from groupform.engine.provider import Free, Intent, Ours, Probe, Taken
from groupform.http import Forbidden, HttpError, NotFound
from groupform.providers.wecom.api_groups import Group
from groupform.providers.wecom.api_people import fold
from groupform.providers.wecom.marks import chat_id, mark
from groupform.providers.wecom.reading import Look, there
from groupform.providers.wecom.reverse import titles
from groupform.providers.wecom.schedules import find_schedule
from groupform.providers.wecom.tagging import known_tags


def alike(name: str) -> str:
    """A group's name as people would say it: without width, white space and case."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", name)).casefold()


async def probe(look: Look, desired: Sequence[Resource]) -> dict[Address, Probe]:
    """Answers for every unbound resource. Raises HttpError."""
    found: dict[Address, Probe] = {}
    found.update(await _groups(look, [each for each in desired if each.address.type == "group"]))
    for each in desired:
        if each.address.type != "group":
            found[each.address] = await _one(look, each.address, each.attributes, lost=False)
    return found


async def find(look: Look, intent: Intent) -> Probe:
    """Looks once for what an unanswered create may have made. Raises HttpError."""
    return await _one(look.fresh(), intent.address, intent.attributes, lost=True)


async def recognise(look: Look, resource: Resource, id_: str) -> Mapping[str, Json]:
    """Which of a group's tags are the declared ones, by their names as a file can say them. Raises HttpError."""
    wanted = resource.attributes.get("tags")
    if resource.address.type != "tag-group" or not isinstance(wanted, Mapping):
        return {}
    group = next((each for each in await look.tags() if each.id == id_), None)
    by_title = {title: tag for tag, title in reversed(titles(group))} if group is not None else {}
    names = {key: said.get("name") if isinstance(said, Mapping) else None for key, said in wanted.items()}
    return {"tags": {key: by_title[name] for key, name in names.items() if name in by_title}}


async def _groups(look: Look, desired: Sequence[Resource]) -> dict[Address, Probe]:
    """Matches by owner and name. Each group that such an owner has, and nothing names yet, is read once."""
    owners = {str(each.attributes["owner"]) for each in desired if each.attributes.get("owner")}
    if not owners:
        return {each.address: Free() for each in desired}
    try:
        lines = await look.owned(owners)
    except Forbidden as error:
        # Somebody among them is out of our sight: nothing is known, so nothing may be taken for free.
        return {each.address: Taken(error.code, error.params) for each in desired}
    unclaimed = [each for each in lines if each not in look.bound.get("group", ())]
    candidates: dict[tuple[str, str], list[Group]] = defaultdict(list)
    unread: HttpError | None = None
    for group in (await look.groups(unclaimed)).values():
        if isinstance(group, Group):
            candidates[fold(group.owner), alike(group.name)].append(group)
        elif not isinstance(group, NotFound):
            unread = group
    found: dict[Address, Probe] = {}
    for each in desired:
        title, owner = str(each.attributes.get("title", "")), str(each.attributes.get("owner", ""))
        live = candidates[fold(owner), alike(title)]
        if len(live) > 1:
            twice = {"title": title, "count": len(live), "owner": owner, "owner_names": owner}
            found[each.address] = Taken("wecom-group-twice", twice)
        elif not live and unread is not None:
            # It may be the one that could not be read: nobody is to be asked to make it again.
            found[each.address] = Taken(unread.code, unread.params)
        else:
            found[each.address] = Ours(live[0].chat_id) if live else Free()
    return found


async def _one(look: Look, address: Address, wanted: Attributes, *, lost: bool) -> Probe:
    """What holds the name that a new object is to have. It is ours where we announced that we would make it."""
    match address.type:
        case "tag-group":
            name = str(wanted["title"])
            group = next((each for each in await look.tags() if each.name == name), None)
            if group is None:
                return Free()
            ids = {key: tag.id for key, tag in known_tags(group, {}, wanted.get("tags")).items()}
            return Ours(group.id, {"tags": {**ids}}) if lost else _taken(look, address, name, group.id)
        case "contact-way":
            return await _marked(look, address)
        case "schedule":
            return await find_schedule(look, address, wanted)
        case "intercept-rule":
            name = str(wanted["name"])
            rule = next((each.id for each in await look.rules() if each.name == name), None)
            return _named(look, address, name, rule, lost)
        case "kf-account":
            name = str(wanted["name"])
            bound = look.bound.get("kf-account", ())
            account = next(
                (each.id for each in await look.accounts() if each.name == name and each.id not in bound), None
            )
            return _named(look, address, name, account, lost)
        case "knowledge-group":
            name = str(wanted["name"])
            known = next((each.id for each in await look.knowledge() if each.name == name), None)
            return _named(look, address, name, known, lost)
        case "intent":
            name = str(wanted["question"])
            intent = next((each.id for each in await look.intents() if each.question == name), None)
            return _named(look, address, name, intent, lost)
        case "team-chat" if look.context.ownership.lineage:
            try:
                chat = await there(look.api.chats.get(chat_id(look, address)))
            except Forbidden:
                return Free()  # the create will be told why, in the platform's own words
            return Ours(chat.id) if chat is not None else Free()
    return Free()


def _named(look: Look, address: Address, name: str, found: str | None, lost: bool) -> Probe:
    if found is None:
        return Free()
    return Ours(found) if lost else _taken(look, address, name, found)


def _taken(look: Look, address: Address, name: str, found: str) -> Probe:
    return Taken(f"wecom-{address.type}-taken", {"name": name}, found)


async def _marked(look: Look, address: Address) -> Probe:
    """A code that bears our mark. Only what the state does not name needs to be read."""
    if not look.context.ownership.lineage:
        return Free()  # no state was ever written: there is nothing of ours
    sought, bound = mark(look, address), look.bound.get("contact-way", ())
    live = await look.unbound_ways([each for each in await look.ways() if each not in bound])
    for config_id, way in live.items():
        if way.get("state") == sought:
            return Ours(config_id, {"code": str(way.get("qr_code") or "")})
    return Free()

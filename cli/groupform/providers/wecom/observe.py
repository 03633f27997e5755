"""Owns the reading of what is bound: every object once, in as few requests as WeCom allows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

from groupform.compile.address import Address
from groupform.compile.resource import Json
from groupform.engine.provider import Bound, Failed, Gone, Hidden, Observation, Present
from groupform.http import Forbidden, HttpError, NotFound
from groupform.providers.wecom.api_groups import Group, Heir
from groupform.providers.wecom.api_people import fold
from groupform.providers.wecom.pictures import shown
from groupform.providers.wecom.reading import Look, side_by_side
from groupform.providers.wecom.schedules import observe_calendars, observe_schedules
from groupform.providers.wecom.tagging import known_tags
from groupform.providers.wecom.wire import as_failure

_NOBODY = ""
"""Stands for the owner of a group whose owner has left the corp (离职待继承)."""


async def observe(look: Look, bindings: Sequence[Bound]) -> dict[Address, Observation]:
    """Answers for every binding; an error answers for the objects that it touches, and for no other."""
    for each in bindings:
        look.bound.setdefault(each.address.type, set()).add(each.id)
    found: dict[Address, Observation] = {}
    groups = [each for each in bindings if each.address.type == "group"]
    found.update(await _groups(look, groups))
    for kind, read in (("calendar", observe_calendars), ("schedule", observe_schedules)):
        those = [each for each in bindings if each.address.type == kind]
        if those:
            try:
                found.update(await read(look, those))
            except HttpError as error:
                found.update({each.address: unread(error) for each in those})

    async def one(bound: Bound) -> None:
        try:
            found[bound.address] = await _READERS[bound.address.type](look, bound)
        except HttpError as error:
            found[bound.address] = unread(error)

    await side_by_side([each for each in bindings if each.address.type in _READERS], one)
    return found


def unread(error: HttpError) -> Observation:
    """What an error says of an object: that it is not there, that we may not see it, or nothing."""
    if isinstance(error, NotFound):
        return Gone(error.code, error.params)
    if isinstance(error, Forbidden):
        return Hidden(error.code, error.params)
    return Failed(as_failure(error))


async def _groups(look: Look, bindings: Sequence[Bound]) -> dict[Address, Observation]:
    """Each group, and in one request for a hundred owners whose owner has left."""
    read = await look.groups([each.id for each in bindings])
    owners = [each.owner for each in read.values() if isinstance(each, Group)]
    left: Mapping[str, int] = {}
    try:
        left = {each.chat_id: each.heir for each in (await look.owned(owners)).values()} if owners else {}
    except HttpError as error:
        if not isinstance(error, Forbidden):
            return {each.address: unread(error) for each in bindings}
    found: dict[Address, Observation] = {}
    for each in bindings:
        group = read[each.id]
        found[each.address] = (
            group_seen(look, group, left.get(each.id, 0)) if isinstance(group, Group) else unread(group)
        )
    return found


def group_seen(look: Look, group: Group, heir: int) -> Present:
    """A customer group as attributes. Its people are those who are not of the team."""
    team = {fold(each) for each in look.context.team}
    attributes: dict[str, Json] = {
        "title": group.name,
        "owner": _NOBODY if heir == Heir.owner_left else group.owner,
        "admins": [*group.admins],
        "notice": group.notice,
    }
    return Present(attributes, group.guests + len(group.staff - team))


async def _tag_group(look: Look, bound: Bound) -> Observation:
    group = next((each for each in await look.tags() if each.id == bound.id), None)
    if group is None:
        return Gone("wecom-tag-group-gone")
    known = known_tags(group, bound.private, bound.applied.get("tags"))
    tags: dict[str, Json] = {key: {"name": tag.name, "order": tag.order} for key, tag in known.items()}
    ids: dict[str, Json] = {key: tag.id for key, tag in known.items()}
    return Present({"title": group.name, "tags": tags}, private={"tags": ids})


async def _contact_way(look: Look, bound: Bound) -> Observation:
    way = await look.api.contact_ways.get(bound.id)
    attributes: dict[str, Json] = {
        "kind": "one" if way.get("type") == 1 else "several",
        "users": [str(each) for each in way.get("user") or []],
        "remark": str(way.get("remark") or ""),
        "confirm": way.get("skip_verify") is False,
        "code": str(way.get("qr_code") or ""),
    }
    return Present(attributes, private={"code": attributes["code"]})


async def _join_way(look: Look, bound: Bound) -> Observation:
    way = await look.api.join_ways.get(bound.id)
    attributes: dict[str, Json] = {
        "groups": [str(each) for each in way.get("chat_id_list") or []],
        "remark": str(way.get("remark") or ""),
        "overflow": bool(way.get("auto_create_room")),
        "code": str(way.get("qr_code") or ""),
    }
    if attributes["overflow"]:
        attributes["next_name"] = str(way.get("room_base_name") or "")
        attributes["next_number"] = int(way.get("room_base_id") or 0)
    return Present(attributes, private={"code": attributes["code"], "mark": str(way.get("state") or "")})


async def _welcome(look: Look, bound: Bound) -> Observation:
    template = await look.api.welcome.get(bound.id)
    attributes: dict[str, Json] = {"text": str((template.get("text") or {}).get("content", ""))}
    link = template.get("link")
    if isinstance(link, dict):
        card: dict[str, Json] = {"title": str(link.get("title", "")), "url": str(link.get("url", ""))}
        picture = str(link.get("picurl") or "")
        if picture:
            card["image"] = shown(bound.private, picture)
        attributes["link"] = card
    return Present(attributes)


async def _rule(look: Look, bound: Bound) -> Observation:
    if not any(each.id == bound.id for each in await look.rules()):
        return Gone("wecom-error-no-such-rule")
    rule = await look.api.intercept.get(bound.id)
    users: list[Json] = [*rule.users, *await _unseen(look, rule.users, bound.applied.get("users"))]
    action = "block" if rule.blocks else "warn"
    return Present({"name": rule.name, "words": [*rule.words], "action": action, "users": users})


async def _unseen(look: Look, shown: Sequence[str], applied: Json) -> list[str]:
    """Of whom we put into a range, those who are not shown there because we may not see them any more (§8.1)."""
    there, unseen = {fold(each) for each in shown}, list[str]()
    for each in applied if isinstance(applied, list) else ():
        if fold(str(each)) in there:
            continue
        try:
            await look.api.people.get(str(each))
        except Forbidden:
            unseen.append(str(each))
        except HttpError:
            continue
    return unseen


async def _account(look: Look, bound: Bound) -> Observation:
    account = next((each for each in await look.accounts() if each.id == bound.id), None)
    if account is None:
        return Gone("wecom-error-no-such-service")
    if not account.managed:
        return Hidden("wecom-error-service-not-assigned")
    servicers = await look.api.service.servicers(bound.id)
    users: list[Json] = [each.user for each in servicers if each.user is not None]
    attributes: dict[str, Json] = {"name": account.name, "servicers": users}
    if "avatar" in bound.applied:
        attributes["avatar"] = shown(bound.private, account.avatar)
    return Present(attributes)


async def _knowledge_group(look: Look, bound: Bound) -> Observation:
    group = next((each for each in await look.knowledge() if each.id == bound.id), None)
    return Present({"name": group.name}) if group is not None else Gone("wecom-knowledge-gone")


async def _intent(look: Look, bound: Bound) -> Observation:
    intent = next((each for each in await look.intents() if each.id == bound.id), None)
    if intent is None:
        return Gone("wecom-intent-gone")
    return Present(
        {"group": intent.group, "question": intent.question, "similar": [*intent.similar], "answer": intent.answer}
    )


async def _team_chat(look: Look, bound: Bound) -> Observation:
    chat = await look.api.chats.get(bound.id)
    people = len({fold(each) for each in chat.users} - {fold(each) for each in look.context.team})
    return Present({"name": chat.name, "owner": chat.owner, "users": [*chat.users]}, people)


_READERS: Mapping[str, Callable[[Look, Bound], Awaitable[Observation]]] = {
    "tag-group": _tag_group,
    "contact-way": _contact_way,
    "join-way": _join_way,
    "welcome-template": _welcome,
    "intercept-rule": _rule,
    "kf-account": _account,
    "knowledge-group": _knowledge_group,
    "intent": _intent,
    "team-chat": _team_chat,
}

"""Owns the writing of attributes: which requests they take, and what has to be read again right before."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from typing import Any

from groupform.compile.resource import Json
from groupform.engine.owned import apply_edit
from groupform.engine.provider import Done, Edit, Failure, UpdateRequest, Write
from groupform.http import HttpError, NotFound
from groupform.providers.wecom import pictures
from groupform.providers.wecom.api_call import Part
from groupform.providers.wecom.api_groups import Heir
from groupform.providers.wecom.api_people import fold
from groupform.providers.wecom.api_words import Range
from groupform.providers.wecom.create import join_fields, texts, welcome_content
from groupform.providers.wecom.reading import Look
from groupform.providers.wecom.schedules import update_calendar, update_schedule
from groupform.providers.wecom.tag_edits import edit_tags
from groupform.providers.wecom.wire import errcode

_STILL_HERE, _HAS_LEFT = 90500, 90502
_NO_SERVICER = 95014
"""Whoever answers no more need not be taken out (§10.3)."""


async def update(look: Look, request: UpdateRequest) -> Done:
    """Writes. Raises HttpError, Failure."""
    writer = _WRITERS.get(request.bound.address.type)
    if writer is None:
        raise Failure("wecom-nothing-to-write", address=str(request.bound.address))
    return await writer(look, request)


async def _group(look: Look, request: UpdateRequest) -> Done:
    """Hands the group over: by one call where the owner is still there, by the other where they have left (§2.4)."""
    chat, owner = request.bound.id, request.writes.get("owner")
    if owner is not None:
        heir = str(owner.after)
        line = (await look.owned([str(owner.before)] if owner.before else [])).get(chat)
        left = not owner.before or (line is not None and line.heir == Heir.owner_left)
        ways = [look.api.groups.transfer, look.api.groups.transfer_on_job]
        first, second = ways if left else ways[::-1]
        failed = _first(await first([chat], heir))
        if failed is not None and errcode(failed) in (_STILL_HERE, _HAS_LEFT):
            failed = _first(await second([chat], heir))
        if failed is not None:
            raise failed
        look.stale_group(chat)
    return Done(chat, request.bound.private)


async def _tag_group(look: Look, request: UpdateRequest) -> Done:
    ids = await edit_tags(look, request)
    return Done(request.bound.id, {"tags": {**ids}})


async def _contact_way(look: Look, request: UpdateRequest) -> Done:
    changes: dict[str, Any] = {}
    for name, write in request.writes.items():
        match name:
            case "users":
                changes["user"] = texts(write.after)
            case "remark":
                changes["remark"] = str(write.after)
            case "confirm":
                changes["skip_verify"] = write.after is not True
    if changes:
        await look.api.contact_ways.update(request.bound.id, changes)
    return Done(request.bound.id, request.bound.private)


async def _join_way(look: Look, request: UpdateRequest) -> Done:
    """A full overwrite (D-92229): what is not ours to change is read right before, and sent back as it is."""
    bound, live = request.bound, await look.api.join_ways.get(request.bound.id)
    wanted: dict[str, Json] = {
        "remark": str(live.get("remark") or ""),
        "overflow": bool(live.get("auto_create_room")),
        "next_name": live.get("room_base_name"),
        "next_number": live.get("room_base_id"),
    }
    wanted |= {name: write.after for name, write in request.writes.items() if name != "groups"}
    groups = [str(each) for each in live.get("chat_id_list") or []]
    if "groups" in request.writes:
        edit = _edit(request.writes["groups"])
        groups = await _living(look, texts(apply_edit([*groups], edit)), edit.put)
    way = str(live.get("state") or bound.private.get("mark") or "")
    await look.api.join_ways.update(bound.id, groups, **join_fields(wanted, way))
    return Done(bound.id, {"code": str(live.get("qr_code") or ""), "mark": way})


async def _living(look: Look, groups: list[str], ours: Collection[str]) -> list[str]:
    """The groups of a code without those that were dismissed: with one of them the overwrite is refused (40050)."""
    others = await look.groups([each for each in groups if each not in ours])
    return [each for each in groups if not isinstance(others.get(each), NotFound)]


async def _welcome(look: Look, request: UpdateRequest) -> Done:
    """Overwrites the template with what is declared now; what is not written stays as it was applied."""
    bound = request.bound
    wanted = {**bound.applied, **{name: write.after for name, write in request.writes.items()}}
    kept = bound.private.get("pictures")
    sent = {key: str(url) for key, url in kept.items()} if isinstance(kept, Mapping) else {}
    content, pictures_sent = await welcome_content(look, wanted, sent)
    await look.api.welcome.edit(bound.id, content)
    return Done(bound.id, {"pictures": pictures_sent} if pictures_sent else {})


async def _rule(look: Look, request: UpdateRequest) -> Done:
    """Name and words are overwritten, the range takes what it gains and loses (§8.1)."""
    bound, writes = request.bound, request.writes
    name, words, action, users = (writes.get(each) for each in ("name", "words", "action", "users"))
    more: list[str] = []
    fewer: list[str] = []
    if users is not None:
        inside = {fold(each) for each in (await look.api.intercept.get(bound.id)).users}
        more, fewer = _deltas(users, inside)
    await look.api.intercept.update(
        bound.id,
        name=str(name.after) if name is not None else None,
        words=texts(words.after) if words is not None else None,
        blocks=action.after == "block" if action is not None else None,
        more=Range(users=more) if more else None,
        fewer=Range(users=fewer) if fewer else None,
    )
    look.stale("rules")
    return Done(bound.id, bound.private)


async def _account(look: Look, request: UpdateRequest) -> Done:
    bound, writes, private = request.bound, request.writes, request.bound.private
    name, avatar, servicers = (writes.get(each) for each in ("name", "avatar", "servicers"))
    if name is not None or avatar is not None:
        media = await pictures.temporary(look, str(avatar.after)) if avatar is not None else None
        called = str(name.after) if name is not None else None
        await look.api.service.update(bound.id, name=called, media_id=media)
        look.stale("accounts")
        if avatar is not None:
            private = {**private, **await pictures.avatar_of(look, bound.id, avatar.after)}
    if servicers is not None:
        edit = _edit(servicers)
        parts: list[Part] = []
        if edit.put:
            parts += await look.api.service.add_servicers(bound.id, [str(each) for each in edit.put.values()])
        if edit.drop:
            gone = await look.api.service.remove_servicers(bound.id, list(edit.drop))
            parts += [each for each in gone if each.error is None or errcode(each.error) != _NO_SERVICER]
        failed = _first(parts)
        if failed is not None:
            raise failed
    return Done(bound.id, private)


async def _knowledge_group(look: Look, request: UpdateRequest) -> Done:
    await look.api.knowledge.rename_group(request.bound.id, str(request.writes["name"].after))
    look.stale("knowledge")
    return Done(request.bound.id, request.bound.private)


async def _intent(look: Look, request: UpdateRequest) -> Done:
    wanted = {**request.bound.applied, **{name: write.after for name, write in request.writes.items()}}
    await look.api.knowledge.change_intent(
        request.bound.id, str(wanted["question"]), str(wanted["answer"]), similar=texts(wanted.get("similar"))
    )
    look.stale("intents")
    return Done(request.bound.id, request.bound.private)


async def _team_chat(look: Look, request: UpdateRequest) -> Done:
    """Members are added and taken out by what is there now; nobody is added twice."""
    bound, writes = request.bound, request.writes
    name, owner, users = (writes.get(each) for each in ("name", "owner", "users"))
    more: list[str] = []
    fewer: list[str] = []
    if users is not None:
        inside = {fold(each) for each in (await look.api.chats.get(bound.id)).users}
        more, fewer = _deltas(users, inside)
    await look.api.chats.update(
        bound.id,
        name=str(name.after) if name is not None else None,
        owner=str(owner.after) if owner is not None else None,
        more=more,
        fewer=fewer,
    )
    return Done(bound.id, bound.private)


_WRITERS: Mapping[str, Callable[[Look, UpdateRequest], Awaitable[Done]]] = {
    "group": _group,
    "tag-group": _tag_group,
    "contact-way": _contact_way,
    "join-way": _join_way,
    "welcome-template": _welcome,
    "intercept-rule": _rule,
    "kf-account": _account,
    "knowledge-group": _knowledge_group,
    "intent": _intent,
    "team-chat": _team_chat,
    "calendar": update_calendar,
    "schedule": update_schedule,
}


def _edit(write: Write) -> Edit:
    """The edit of a shared list; of one that is written whole, all of it."""
    return write.edit or Edit({each: each for each in texts(write.after)}, ())


def _first(parts: Iterable[Part]) -> HttpError | None:
    """What became of the first part that failed: an answer that succeeds as a whole may hold some (§2.4, §10.3)."""
    return next((each.error for each in parts if each.error is not None), None)


def _deltas(users: Write, inside: Collection[str]) -> tuple[list[str], list[str]]:
    """Who is to be added and who taken out, given the folded userids of those who are there now."""
    edit = _edit(users)
    more = [each for each in map(str, edit.put.values()) if fold(each) not in inside]
    return more, [each for each in edit.drop if fold(each) in inside]

"""Owns the making of objects: for each, the one request that mints its id."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from groupform.compile.resource import Json
from groupform.engine.provider import CreateRequest, Done, Failure
from groupform.http import HttpError
from groupform.providers.wecom import pictures
from groupform.providers.wecom.api_words import Range
from groupform.providers.wecom.marks import chat_id, mark
from groupform.providers.wecom.reading import Look
from groupform.providers.wecom.schedules import create_calendar, create_schedule
from groupform.providers.wecom.tagging import known_tags


async def create(look: Look, request: CreateRequest) -> Done:
    """Makes it. Raises HttpError, Failure."""
    maker = _MAKERS.get(request.address.type)
    if maker is None:
        raise Failure("wecom-nothing-to-write", address=str(request.address))
    return await maker(look, request)


async def _tag_group(look: Look, request: CreateRequest) -> Done:
    """The group with all its tags, in one request: an empty one cannot be."""
    tags = _mapping(request.attributes.get("tags"))
    made = await look.api.tags.add(tag_rows(tags), group_name=str(request.attributes["title"]))
    look.stale("tags")
    known = known_tags(made, {}, {**tags})
    return Done(made.id, {"tags": {key: tag.id for key, tag in known.items()}})


async def _contact_way(look: Look, request: CreateRequest) -> Done:
    wanted = request.attributes
    made = await look.api.contact_ways.add(
        texts(wanted.get("users")),
        remark=str(wanted.get("remark", "")),
        state=mark(look, request.address),
        type=1 if wanted.get("kind") == "one" else 2,
        skip_verify=wanted.get("confirm") is not True,
    )
    look.stale("ways")
    return Done(str(made["config_id"]), {"code": str(made.get("qr_code") or "")})


async def _join_way(look: Look, request: CreateRequest) -> Done:
    """The answer holds the id alone, which is written down before anything else: the code is read by the next plan."""
    way = mark(look, request.address)
    made = await look.api.join_ways.add(texts(request.attributes.get("groups")), **join_fields(request.attributes, way))
    return Done(made, {"mark": way})


async def _welcome(look: Look, request: CreateRequest) -> Done:
    content, sent = await welcome_content(look, request.attributes, {})
    # The corp's people are told that there is a template to be taken up: each owner has a step for that.
    made = await look.api.welcome.add(content, notify=True)
    return Done(made, {"pictures": sent} if sent else {})


async def _rule(look: Look, request: CreateRequest) -> Done:
    wanted = request.attributes
    scope = Range(users=texts(wanted.get("users")))
    made = await look.api.intercept.add(
        str(wanted["name"]), texts(wanted.get("words")), scope, blocks=wanted.get("action") == "block"
    )
    look.stale("rules")
    return Done(made)


async def _account(look: Look, request: CreateRequest) -> Done:
    """The account, then who answers there.

    What is refused of the second request must not cost the first its record: the next plan finds who is missing.
    """
    wanted, avatar = request.attributes, request.attributes.get("avatar")
    media = await pictures.temporary(look, str(avatar) if avatar is not None else None)
    made = await look.api.service.add(str(wanted["name"]), media)
    look.stale("accounts")
    try:
        await look.api.service.add_servicers(made, texts(wanted.get("servicers")))
        return Done(made, await pictures.avatar_of(look, made, avatar))
    except HttpError:
        return Done(made)


async def _link(look: Look, request: CreateRequest) -> Done:
    url = await look.api.service.link(str(request.attributes["account"]), str(request.attributes["scene"]))
    return Done(url, {"url": url})


async def _knowledge_group(look: Look, request: CreateRequest) -> Done:
    made = await look.api.knowledge.add_group(str(request.attributes["name"]))
    look.stale("knowledge")
    return Done(made)


async def _intent(look: Look, request: CreateRequest) -> Done:
    wanted = request.attributes
    made = await look.api.knowledge.add_intent(
        str(wanted["group"]), str(wanted["question"]), str(wanted["answer"]), similar=texts(wanted.get("similar"))
    )
    look.stale("intents")
    return Done(made)


async def _team_chat(look: Look, request: CreateRequest) -> Done:
    wanted = request.attributes
    chosen = chat_id(look, request.address)
    owner = wanted.get("owner")
    made = await look.api.chats.create(
        chosen, str(wanted["name"]), texts(wanted.get("users")), str(owner) if owner is not None else None
    )
    return Done(made)


_MAKERS: Mapping[str, Callable[[Look, CreateRequest], Awaitable[Done]]] = {
    "tag-group": _tag_group,
    "contact-way": _contact_way,
    "join-way": _join_way,
    "welcome-template": _welcome,
    "intercept-rule": _rule,
    "kf-account": _account,
    "kf-link": _link,
    "knowledge-group": _knowledge_group,
    "intent": _intent,
    "team-chat": _team_chat,
    "calendar": create_calendar,
    "schedule": create_schedule,
}


def tag_rows(tags: Mapping[str, Json]) -> list[tuple[str, int | None]]:
    """(name, order) of tags by key, first things first."""
    rows = [(str(_mapping(each).get("name", "")), _mapping(each).get("order")) for each in tags.values()]
    return [(name, order if isinstance(order, int) else None) for name, order in rows]


def join_fields(wanted: Mapping[str, Json], way: str) -> dict[str, Any]:
    """All fields of a join way but its groups: what an overwrite leaves out is reset (D-92229)."""
    overflow = wanted.get("overflow") is True
    number = wanted.get("next_number")
    return {
        "remark": str(wanted.get("remark", "")),
        "auto_create_room": overflow,
        "room_base_name": str(wanted["next_name"]) if overflow and wanted.get("next_name") is not None else None,
        "room_base_id": number if overflow and isinstance(number, int) else None,
        "state": way,
    }


async def welcome_content(
    look: Look, wanted: Mapping[str, Json], sent: Mapping[str, str]
) -> tuple[dict[str, Any], dict[str, Json]]:
    """The body of a template, and where its pictures are: sent once, since their address stays good."""
    content: dict[str, Any] = {"text": {"content": str(wanted.get("text", ""))}}
    link, kept = wanted.get("link"), dict(sent)
    if isinstance(link, Mapping):
        card: dict[str, Any] = {"title": str(link["title"]), "url": str(link["url"])}
        image = link.get("image")
        if isinstance(image, str):
            if image not in kept:
                kept[image] = await pictures.permanent(look, image)
            card["picurl"] = kept[image]
        content["link"] = card
    return content, {**kept}


def texts(value: Json) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else []


def _mapping(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, Mapping) else {}

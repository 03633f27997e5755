"""Owns the removal of objects that the API can remove."""

from __future__ import annotations

from groupform.engine.provider import Bound, Done, Failure
from groupform.providers.wecom.reading import Look
from groupform.providers.wecom.tagging import known_tags


async def remove(look: Look, bound: Bound) -> Done:
    """Removes it; what is not there any more is removed. Raises HttpError, Failure for what only people can remove."""
    api = look.api
    match bound.address.type:
        case "tag-group":
            await _tag_group(look, bound)
        case "contact-way":
            await api.contact_ways.delete(bound.id)
            look.stale("ways")
        case "join-way":
            await api.join_ways.delete(bound.id)
        case "welcome-template":
            await api.welcome.delete(bound.id)
        case "intercept-rule":
            await api.intercept.delete(bound.id)
            look.stale("rules")
        case "kf-account":
            await api.service.delete(bound.id)
            look.stale("accounts")
        case "knowledge-group":
            await api.knowledge.delete_group(bound.id)
            look.stale("knowledge")
        case "intent":
            await api.knowledge.delete_intent(bound.id)
            look.stale("intents")
        case "calendar":
            await api.calendars.delete(bound.id)
            look.stale_calendar(bound.id)
        case "schedule":
            await api.calendars.delete_schedule(bound.id)
            look.stale_calendar(str(bound.private.get("calendar", "")))
        case _:
            raise Failure("wecom-nothing-to-write", address=str(bound.address))
    return Done(bound.id)


async def _tag_group(look: Look, bound: Bound) -> None:
    """Ours alone: a tag that somebody else put there stays, and the group with it."""
    group = next((each for each in await look.api.tags.listed([bound.id]) if each.id == bound.id), None)
    if group is not None:
        ours = known_tags(group, bound.private, bound.applied.get("tags"))
        if ours:
            await look.api.tags.delete([tag.id for tag in ours.values()])
    look.stale("tags")

"""Owns finding every customer group that the application can see: for the report of what nobody manages."""

from __future__ import annotations

from groupform.engine.provider import Discovered
from groupform.providers.wecom.api_groups import Group
from groupform.providers.wecom.api_people import fold
from groupform.providers.wecom.reading import Look


async def discover(look: Look) -> list[Discovered]:
    """Customer groups of everybody in sight who may own one, in the order of their ids. Raises HttpError."""
    lines = await look.owned(await look.api.people.with_customer_contact())
    team = {fold(each) for each in look.context.team}
    found: list[Discovered] = []
    for chat_id, group in sorted((await look.groups([*lines])).items()):
        if isinstance(group, Group):
            people = group.guests + len(group.staff - team)
            found.append(Discovered("group", chat_id, group.name or chat_id, None, people))
    return found

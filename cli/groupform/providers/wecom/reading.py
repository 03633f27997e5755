"""Owns what was read in one run: nothing is asked for twice, and what was written is asked for again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import anyio

from groupform.engine.provider import Context
from groupform.http import HttpError, NotFound
from groupform.providers.wecom.api import Api
from groupform.providers.wecom.api_call import Content
from groupform.providers.wecom.api_groups import Group, GroupLine
from groupform.providers.wecom.api_knowledge import Intent, KnowledgeGroup
from groupform.providers.wecom.api_people import fold
from groupform.providers.wecom.api_service import Account
from groupform.providers.wecom.api_tags import TagGroup
from groupform.providers.wecom.api_words import RuleLine

T = TypeVar("T")
AT_ONCE = 8
"""How many requests are under way at a time. More may be refused as too many (45033); the client then goes slower."""


@dataclass
class Look:
    """A session's view of a corp. `bound` are the ids, by type, that the state names: they are nobody else's."""

    api: Api
    context: Context
    pictures: Mapping[str, bytes]
    bound: dict[str, set[str]] = field(default_factory=dict)
    _groups: dict[str, Group | HttpError] = field(default_factory=dict)
    _lines: dict[str, GroupLine] = field(default_factory=dict)
    _owners: set[str] = field(default_factory=set)
    _calendars: dict[str, Content | None] = field(default_factory=dict)
    _lists: dict[str, Any] = field(default_factory=dict)
    _ways: dict[str, Mapping[str, Any] | HttpError] = field(default_factory=dict)
    _turn: anyio.Lock = field(default_factory=anyio.Lock)

    async def groups(self, chat_ids: Collection[str], *, named: bool = False) -> Mapping[str, Group | HttpError]:
        """These groups, each asked for once; an error in place of one that could not be read. `named`: with the staff's
        names."""

        async def one(chat_id: str) -> None:
            try:
                self._groups[chat_id] = await self.api.groups.get(chat_id, named=named)
            except HttpError as error:
                self._groups[chat_id] = error

        await side_by_side([each for each in dict.fromkeys(chat_ids) if each not in self._groups], one)
        return {each: self._groups[each] for each in chat_ids}

    async def owned(self, owners: Iterable[str]) -> Mapping[str, GroupLine]:
        """The lines of all groups whose owners were asked for so far, these included."""
        new = sorted({fold(each) for each in owners} - self._owners)
        if new:
            for line in await self.api.groups.listed(new):
                self._lines[line.chat_id] = line
            self._owners.update(new)
        return self._lines

    async def tags(self) -> Sequence[TagGroup]:
        found: Sequence[TagGroup] = await self._list("tags", self.api.tags.listed)
        return found

    async def rules(self) -> Sequence[RuleLine]:
        found: Sequence[RuleLine] = await self._list("rules", self.api.intercept.listed)
        return found

    async def ways(self) -> Sequence[str]:
        found: Sequence[str] = await self._list("ways", self.api.contact_ways.listed)
        return found

    async def unbound_ways(self, config_ids: Collection[str]) -> Mapping[str, Mapping[str, Any]]:
        """These contact ways, each asked for once, less those that are gone by now. Raises HttpError."""

        async def one(config_id: str) -> None:
            try:
                self._ways[config_id] = await self.api.contact_ways.get(config_id)
            except HttpError as error:
                self._ways[config_id] = error

        await side_by_side([each for each in config_ids if each not in self._ways], one)
        found: dict[str, Mapping[str, Any]] = {}
        for each in config_ids:
            way = self._ways[each]
            if not isinstance(way, HttpError):
                found[each] = way
            elif not isinstance(way, NotFound):
                raise way
        return found

    async def accounts(self) -> Sequence[Account]:
        found: Sequence[Account] = await self._list("accounts", self.api.service.accounts)
        return found

    async def knowledge(self) -> Sequence[KnowledgeGroup]:
        found: Sequence[KnowledgeGroup] = await self._list("knowledge", self.api.knowledge.groups)
        return found

    async def intents(self) -> Sequence[Intent]:
        found: Sequence[Intent] = await self._list("intents", self.api.knowledge.intents)
        return found

    async def calendars(self, cal_ids: Iterable[str]) -> Mapping[str, Content]:
        """Of these calendars those that are there, all in one request. Raises HttpError."""
        async with self._turn:
            new = [each for each in dict.fromkeys(cal_ids) if each not in self._calendars]
            if new:
                live = await self.api.calendars.get(new)
                self._calendars |= {each: live.get(each) for each in new}
        return {each: there for each, there in self._calendars.items() if there is not None}

    async def schedules(self, cal_id: str) -> Sequence[Content]:
        """What is on a calendar. Raises HttpError."""
        found: Sequence[Content] = await self._list(f"schedules {cal_id}", lambda: self.api.calendars.schedules(cal_id))
        return found

    def stale_calendar(self, cal_id: str) -> None:
        self._calendars.pop(cal_id, None)
        self.stale(f"schedules {cal_id}")

    def stale(self, *lists: str) -> None:
        """What was written must be read again."""
        for each in lists:
            self._lists.pop(each, None)

    def stale_group(self, chat_id: str) -> None:
        self._groups.pop(chat_id, None)
        self._lines.pop(chat_id, None)
        self._owners.clear()

    def fresh(self) -> Look:
        """The same session with nothing read: whoever looks again wants to know what is."""
        return Look(self.api, self.context, self.pictures, self.bound)

    async def _list(self, name: str, read: Callable[[], Awaitable[T]]) -> T:
        async with self._turn:
            if name not in self._lists:
                try:
                    self._lists[name] = await read()
                except HttpError as error:
                    # Each object of that kind is told the same; it is not asked for again.
                    self._lists[name] = error
            found = self._lists[name]
        if isinstance(found, HttpError):
            raise found
        kept: T = found
        return kept


async def side_by_side(given: Iterable[T], work: Callable[[T], Awaitable[None]]) -> None:
    """Works on each of `given`, several at a time. `work` must not raise."""
    slots = anyio.Semaphore(AT_ONCE)

    async def one(each: T) -> None:
        async with slots:
            await work(each)

    async with anyio.create_task_group() as tasks:
        for each in given:
            tasks.start_soon(one, each)


async def there(read: Awaitable[T]) -> T | None:
    """What was read, or None where there is proof that it is not there. Raises every other HttpError."""
    try:
        return await read
    except NotFound:
        return None

"""Owns mass messages (企业群发): laid before the owner of the groups they go to, who sends them (shared facts §4)."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import anyio

from groupform.compile.markdown import plain
from groupform.engine.dispatching import (
    Beside,
    Dispatched,
    DispatchRequest,
    DispatchTrail,
    Progress,
    Reminded,
    Unreached,
)
from groupform.engine.post_parts import LinkCard, Media
from groupform.engine.posting import Absent, Found, Posted, Unsure
from groupform.http import HttpError, NotFound, Rejected
from groupform.providers.wecom.api_mass import Delivery, MessageLine
from groupform.providers.wecom.api_people import fold
from groupform.providers.wecom.bench import within_bytes
from groupform.providers.wecom.limits import LINK_TITLE_BYTES, LINK_WORDS_BYTES
from groupform.providers.wecom.reading import Look
from groupform.providers.wecom.wire import errcode

SETTLES = 60.0
"""Seconds in which a message that was made surely stands in the list. No page says: longer than it is being dispatched
(41063), which takes "a moment"."""
DELIVERS = 600.0
"""Seconds after a confirmation in which groups still get it. No page says."""
_KINDS = {"image/png": "image", "image/jpeg": "image", "video/mp4": "video"}
"""What `media/upload` takes as more than a file (D-96484)."""
_NOBODY, _CANCELLED, _OFTEN = 41048, 41093, 41094
_SENT, _NO_FRIEND, _HAD_ANOTHER = 1, 2, 3
_WHY = {_NO_FRIEND: "wecom-mass-no-friend", _HAD_ANOTHER: "wecom-mass-had-another"}


@dataclass
class Mass:
    """What a session knows of mass messages: the pictures that it uploaded, and whom messages wait for."""

    look: Look
    _media: dict[tuple[str, str], str] = field(default_factory=dict)
    _lists: dict[tuple[int, int], list[MessageLine]] = field(default_factory=dict)
    _senders: dict[str, frozenset[str]] = field(default_factory=dict)
    _turn: anyio.Lock = field(default_factory=anyio.Lock)

    async def dispatch(self, request: DispatchRequest) -> Dispatched:
        """add_msg_template: for groups of their owner, who confirms it in the client. Raises HttpError."""
        self._lists.clear()
        attachments = [await self._attachment(each) for each in request.beside]
        try:
            made = await self.look.api.mass.add(request.sender, request.places, request.text, attachments)
        except Rejected as error:
            if errcode(error) != _NOBODY:
                raise
            # Nothing was made: no group of those named may get it.
            return Dispatched("", {each: why async for each, why in self._why(request, request.places)})
        return Dispatched(made.msgid, {each: why async for each, why in self._why(request, made.failed)})

    async def _why(self, request: DispatchRequest, failed: Sequence[str]) -> AsyncIterator[tuple[str, Unreached]]:
        """Why groups cannot get it: the platform names them and no reason, so that each of them is looked at."""
        places = [each for each in request.places if each in set(failed)]
        found = await self.look.fresh().groups(places) if places else {}
        for place in places:
            group = found[place]
            if isinstance(group, NotFound):
                yield place, Unreached("wecom-mass-no-group", passing=True)
            elif not isinstance(group, HttpError) and fold(group.owner) != fold(request.sender):
                params = {"owner": group.owner, "sender": request.sender}
                yield place, Unreached("wecom-mass-other-owner", params, passing=True)
            else:
                yield place, Unreached("wecom-mass-too-many")

    async def find(self, trail: DispatchTrail) -> Found:
        """Looks through the list: by the words, then by whom it waits for. The list itself names neither owner nor
        groups, and names whoever made a message only where that was no API."""
        span = (int(trail.since.timestamp()), int(trail.until.timestamp()) + 1)
        if span not in self._lists:
            self._lists[span] = await self.look.api.mass.listed(*span)
        alike = [
            each.msgid for each in self._lists[span] if each.msgid not in trail.known and _mark(each) == trail.mark
        ]
        mine = [each for each in dict.fromkeys(alike) if fold(trail.sender) in await self._waits_for(each)]
        if len(mine) > 1:
            return Unsure("wecom-mass-several", {"count": len(mine), "sender": trail.sender, "ids": ", ".join(mine)})
        return Posted(mine[0]) if mine else Absent()

    async def _waits_for(self, msgid: str) -> frozenset[str]:
        if msgid not in self._senders:
            try:
                self._senders[msgid] = frozenset(fold(each.user) for each in await self.look.api.mass.tasks(msgid))
            except NotFound:
                # Another application's: it is not ours, whatever it says.
                self._senders[msgid] = frozenset()
        return self._senders[msgid]

    async def progress(self, msgid: str, sender: str) -> Progress | None:
        """One request while it waits, another one once it is confirmed."""
        try:
            tasks = [each for each in await self.look.api.mass.tasks(msgid) if fold(each.user) == fold(sender)]
        except NotFound:
            return None
        confirmed = [each for each in tasks if each.sent]
        if not confirmed:
            return Progress()
        when = self._time(max(each.sent_at or 0 for each in confirmed) or None)
        delivered = await self.look.api.mass.deliveries(msgid, confirmed[0].user)
        sent = {each.chat_id: self._time(each.sent_at) for each in delivered if each.status == _SENT}
        lost = {each.chat_id: _lost(each) for each in delivered if each.status in _WHY and each.chat_id not in sent}
        return Progress(when, sent, lost)

    async def remind(self, msgid: str) -> Reminded:
        """At most three times in 24 hours (41094); whoever else reminded them did as well."""
        try:
            await self.look.api.mass.remind(msgid)
        except Rejected as error:
            if errcode(error) == _CANCELLED:
                return Reminded.withdrawn
            if errcode(error) == _OFTEN:
                return Reminded.enough
            raise
        return Reminded.now

    async def cancel(self, msgid: str) -> bool:
        return await self.look.api.mass.cancel(msgid)

    async def _attachment(self, part: Beside) -> dict[str, Any]:
        if isinstance(part, LinkCard):
            return {"msgtype": "link", "link": await self._link(part)}
        kind = _KINDS.get(part.media.media_type, "file")
        return {"msgtype": kind, kind: {"media_id": await self._uploaded(kind, part.media)}}

    async def _link(self, card: LinkCard) -> dict[str, str]:
        found = {"title": within_bytes(card.title, LINK_TITLE_BYTES), "url": card.link}
        if card.text:
            found["desc"] = within_bytes(plain(card.text), LINK_WORDS_BYTES)
        if card.picture is not None:
            found["picurl"] = await self._uploaded("address", card.picture)
        return found

    async def _uploaded(self, kind: str, media: Media) -> str:
        """Its media_id, good for three days (§12): what is laid before somebody now holds it from now on. Of a card's
        picture its address, which stays. Each file is sent up once a run."""
        key = (kind, media.sha256)
        async with self._turn:
            if key not in self._media:
                send, data = self.look.api.media, media.data
                if kind == "address":
                    self._media[key] = await send.picture(data, media.media_type)
                else:
                    self._media[key] = await send.file(kind, data, media.media_type, name=media.name)
            return self._media[key]

    def _time(self, seconds: int | None) -> datetime:
        """A time of the platform's; now, where it gives none."""
        return datetime.fromtimestamp(seconds if seconds is not None else self.look.context.now(), UTC)


def sender_of(applied: Any) -> str:
    """A mass message goes to groups that its sender owns."""
    owner = applied.get("owner")
    return owner if isinstance(owner, str) else ""


def _lost(delivery: Delivery) -> Unreached:
    return Unreached(_WHY[delivery.status])


def _mark(line: MessageLine) -> str:
    """What tells a message from others: its words."""
    words = line.text.replace("\r\n", "\n").strip()
    return hashlib.sha256(words.encode("utf-8", "surrogatepass")).hexdigest()

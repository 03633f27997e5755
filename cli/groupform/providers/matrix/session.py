"""Owns a live connection for one deployment: each verb handed to its module, errors put in the engine's terms."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager

import anyio
import httpx
from pydantic import SecretStr

from groupform.compile.address import Address
from groupform.compile.resource import Json, Resource
from groupform.engine.adoption import Live
from groupform.engine.measuring import Measured, Place
from groupform.engine.post_parts import Media
from groupform.engine.posting import Found, Pinning, Posted, PostRequest, Trail
from groupform.engine.posting_later import Room, Waiting
from groupform.engine.provider import (
    Bound,
    Check,
    Context,
    CreateRequest,
    Discovered,
    Done,
    Failure,
    Identity,
    Intent,
    Observation,
    Pending,
    Probe,
    Prospect,
    UpdateRequest,
)
from groupform.engine.step_notify import Message
from groupform.http import Bearer, Client, Conflict, HttpError, Patience, shared_limits
from groupform.providers.matrix import (
    aliases,
    create,
    delayed,
    discover,
    doctor,
    ids,
    live,
    measuring,
    notify,
    observe,
    post,
    post_pins,
    post_polls,
    probe,
    purge,
    remove,
    update,
)
from groupform.providers.matrix.api import Api
from groupform.providers.matrix.api_errors import as_failure, classify
from groupform.providers.matrix.observe import Look
from groupform.providers.matrix.pictures import Pictures
from groupform.providers.matrix.warm import Cache, Owner

CONCURRENCY = 4
"""Four at a time read fastest from one Synapse worker (DESIGN §11)."""


class MatrixSession:
    """The provider protocol's session on one homeserver."""

    remembers = post.REMEMBERS
    settles = post.SETTLES

    def __init__(self, api: Api, context: Context, pictures: Pictures) -> None:
        self._api = api
        self._context = context
        self._pictures = pictures
        self._identity: Identity | None = None
        self._intents: dict[str, str] = {}
        self._denied: set[str] = set()
        self._first = True
        self._turns: dict[str, anyio.Lock] = {}
        self._largest: tuple[int | None, ...] = ()

    @property
    def requests(self) -> int:
        return self._api.client.requests

    async def whoami(self) -> Identity:
        if self._identity is None:
            with _told():
                found = await self._api.whoami()
            self._api.client.known_as(found.user_id)
            self._identity = Identity(found.user_id, found.user_id.partition(":")[2], found.device_id)
        return self._identity

    async def observe(self, bindings: Sequence[Bound], *, deep: bool = False) -> Mapping[Address, Observation]:
        with _told():
            look = await self._look(deep=deep)
            # Only the first look may believe what a plan before has seen: whoever looks again wants to know what is.
            if self._first and not deep and self._context.cache is not None:
                look.cache = Cache(self._context.cache, self._owner(await self.whoami()), self._context.now())
            self._first = False
            return await observe.observe(look, bindings)

    async def probe(self, desired: Sequence[Resource]) -> Mapping[Address, Probe]:
        with _told():
            return await probe.probe(await self._look(), desired)

    async def find(self, intent: Intent) -> Probe:
        with _told():
            return await probe.find(await self._look(), intent)

    async def create(self, request: CreateRequest) -> Done | Pending:
        room = probe.home(request.address.type, request.attributes)
        with _told():
            look = await self._look()

            async def work() -> Done:
                async with self._turn(room):
                    return await create.create(look, request, self._pictures)

            return await self._taking(look, request.attributes.get("alias"), work)

    async def update(self, request: UpdateRequest) -> Done | Pending:
        room, alias = ids.room_of(request.bound.id), request.writes.get("alias")
        with _told():
            look = await self._look()

            async def work() -> Done:
                async with self._turn(room):
                    return await update.update(look, request, self._pictures)

            return await self._taking(look, alias.after if alias is not None else None, work)

    async def delete(self, bound: Bound, *, archive: bool) -> Done | Pending:
        with _told():
            async with self._turn(ids.room_of(bound.id)):
                return await remove.remove(await self._look(), bound, archive=archive)

    async def release(self, bound: Bound) -> None:
        with _told():
            async with self._turn(ids.room_of(bound.id)):
                await remove.release(await self._look(), bound)

    async def prospect(self, bound: Bound) -> Prospect:
        with _told():
            return await purge.prospect(await self._look(), bound)

    async def purge(self, bound: Bound) -> Done | Pending:
        with _told():
            async with self._turn(bound.id):
                return await purge.purge(await self._look(), bound)

    async def poll(self, token: str) -> Done | Pending:
        with _told():
            return await purge.poll(await self._look(), token)

    async def discover(self) -> Sequence[Discovered]:
        with _told():
            return await discover.discover(await self._look())

    async def read_live(self, target: str | None) -> Live:
        with _told():
            return await live.read_live(await self._look(), target)

    async def doctor(self) -> Sequence[Check]:
        return await doctor.checks(self._api)

    async def measure(self, metric: str, within: float, groups: Sequence[Place]) -> Measured:
        me, at = (await self.whoami()).account, self._context.now()
        with _told():
            return await measuring.measure(self._api, me, self._context.team, at, metric, within, groups)

    async def notify(self, message: Message, rooms: Mapping[str, str]) -> None:
        with _told():
            await notify.notify(self._api, message, rooms)

    async def place_of(self, account: str, rooms: Mapping[str, str]) -> str:
        with _told():
            return await notify.room_of(self._api, account, rooms)

    async def post(self, request: PostRequest) -> Posted:
        with _told():
            async with self._turn(request.place):
                return await post.post(self._api, request)

    async def find_post(self, trail: Trail) -> Found:
        with _told():
            return await post.find_post(self._api, trail)

    async def upload(self, media: Media) -> str:
        """Leaves a file on the server. Raises Failure `matrix-media-too-large` before anything is sent."""
        with _told():
            if not self._largest:
                self._largest = (await self._api.media_limit(),)
            most = self._largest[0]
            if most is not None and len(media.data) > most:
                size, limit = f"{len(media.data) / 1e6:.1f}", f"{most / 1e6:.1f}"
                raise Failure("matrix-media-too-large", file=media.name, size=size, most=limit)
            return await self._api.upload(media.data, media.media_type, media.name)

    async def room_ahead(self) -> Room | None:
        with _told():
            return await delayed.room_ahead(self._api)

    async def leave(self, request: PostRequest, seconds: float) -> str:
        with _told():
            return await delayed.leave(self._api, request, seconds)

    async def waiting(self) -> Sequence[Waiting]:
        with _told():
            return await delayed.waiting(self._api)

    async def recall(self, waiting: str) -> bool:
        with _told():
            return await delayed.recall(self._api, waiting)

    async def pinning(self, place: str, message: str, account: str) -> Pinning:
        with _told():
            return await post_pins.pinning(self._api, place, message, account)

    async def pin(self, place: str, message: str) -> None:
        with _told():
            async with self._turn(place):
                await post_pins.pin(self._api, place, message)

    async def unpin(self, place: str, message: str) -> None:
        with _told():
            async with self._turn(place):
                await post_pins.unpin(self._api, place, message)

    async def end_poll(self, place: str, message: str, account: str, nonce: str) -> None:
        with _told():
            async with self._turn(place):
                await post_polls.end_poll(self._api, place, message, account, nonce)

    @asynccontextmanager
    async def _turn(self, room: object) -> AsyncIterator[None]:
        """One write at a time in one room.

        Events sent side by side fork a room's history. Where it joins again the server resolves the state anew, and an
        older join rule or power level of somebody weaker can win over ours: seen on Synapse, with a pin beside it.
        """
        if not ids.is_room(room):
            yield
            return
        async with self._turns.setdefault(str(room), anyio.Lock()):
            yield

    async def _taking(self, look: Look, alias: Json, work: Callable[[], Awaitable[Done]]) -> Done:
        """Does the work; an address that it needs and that a room of ours only kept from before is let go first."""
        try:
            return await work()
        except Conflict:
            room = await aliases.keeper(look, alias) if isinstance(alias, str) else None
            if room is None or not isinstance(alias, str):
                raise
            async with self._turn(room):
                await aliases.let_go(look, room, alias)
            return await work()

    def _owner(self, identity: Identity) -> Owner:
        whose, server = self._context.ownership, str(self._context.connection.settings["homeserver"])
        return Owner(server, identity.account, identity.device, whose.deployment, whose.environment)

    async def _look(self, *, deep: bool = False) -> Look:
        identity = await self.whoami()
        return Look(self._api, self._context, identity.account, deep, intents=self._intents, denied=self._denied)


@asynccontextmanager
async def connect(
    context: Context, pictures: Mapping[str, bytes], transport: httpx.AsyncBaseTransport | None = None
) -> AsyncIterator[MatrixSession]:
    """Opens a session; `transport` is the seam for tests. Raises Failure for an address or a token that is none."""
    settings = context.connection.settings
    token = settings["access_token"]
    with _told():
        client = Client(
            str(settings["homeserver"]),
            Bearer(token if isinstance(token, SecretStr) else SecretStr(str(token))),
            classify=classify,
            patience=Patience(max_wait=context.max_wait),
            concurrency=CONCURRENCY,
            limits=shared_limits(context.together),
            waiting=context.waiting,
            permit=context.permit,
            sleep=context.sleep,
            now=context.now,
            transport=transport,
        )
    async with client:
        yield MatrixSession(Api(client), context, Pictures(pictures))


@contextmanager
def _told() -> Iterator[None]:
    """What went wrong with a request, as a Failure."""
    try:
        yield
    except HttpError as error:
        raise as_failure(error) from error

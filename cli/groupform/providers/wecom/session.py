"""Owns a live connection for one deployment: each verb handed to its module, errors put in the engine's terms."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager

import httpx
from pydantic import SecretStr

from groupform.compile.address import Address
from groupform.compile.resource import Compiled, Json, Resource
from groupform.engine.adoption import Live
from groupform.engine.dispatching import Dispatched, DispatchRequest, DispatchTrail, Progress, Reminded
from groupform.engine.measuring import Measured, Place
from groupform.engine.posting import Found
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
    UpdateRequest,
)
from groupform.engine.step_notify import Message
from groupform.http import Client, HttpError, Patience, shared_limits
from groupform.providers.wecom import (
    create,
    discover,
    doctor,
    followers,
    live,
    measuring,
    notify,
    observe,
    probe,
    rebuild,
    remove,
    update,
)
from groupform.providers.wecom.api import BASE_URL, Api
from groupform.providers.wecom.mass import DELIVERS, SETTLES, Mass
from groupform.providers.wecom.reading import AT_ONCE, Look
from groupform.providers.wecom.settings import read_settings
from groupform.providers.wecom.token import shared_token
from groupform.providers.wecom.wire import as_failure, classify

CONCURRENCY = 4
"""How many writes are under way: more are refused as too many at once (45033) sooner than they are done."""


class WeComSession:
    """The provider protocol's session with one application of one corp."""

    settles, delivers = SETTLES, DELIVERS

    def __init__(self, look: Look) -> None:
        self._look, self._mass = look, Mass(look)

    @property
    def requests(self) -> int:
        return self._look.api.client.requests

    async def whoami(self) -> Identity:
        """The corp and the application, as the settings say: no call tells, and none is made for it."""
        settings = read_settings(self._look.context.connection.settings)
        return Identity(f"{settings.corp_id}/{settings.agent_id}", BASE_URL.partition("://")[2])

    async def observe(self, bindings: Sequence[Bound], *, deep: bool = False) -> Mapping[Address, Observation]:
        with _told():
            return await observe.observe(self._look, bindings)

    async def probe(self, desired: Sequence[Resource]) -> Mapping[Address, Probe]:
        with _told():
            return await probe.probe(self._look, desired)

    async def find(self, intent: Intent) -> Probe:
        with _told():
            return await probe.find(self._look, intent)

    async def create(self, request: CreateRequest) -> Done | Pending:
        with _told():
            return await create.create(self._look, request)

    async def update(self, request: UpdateRequest) -> Done | Pending:
        with _told():
            return await update.update(self._look, request)

    async def delete(self, bound: Bound, *, archive: bool) -> Done | Pending:
        with _told():
            return await remove.remove(self._look, bound)

    async def poll(self, token: str) -> Done | Pending:
        raise Failure("wecom-nothing-to-write", address=token)

    async def discover(self) -> Sequence[Discovered]:
        with _told():
            return await discover.discover(self._look)

    async def read_live(self, target: str | None) -> Live:
        with _told():
            return await live.read_live(self._look, target)

    async def recognise(self, resource: Resource, id: str) -> Mapping[str, Json]:  # noqa: A002
        with _told():
            return await probe.recognise(self._look, resource, id)

    async def rediscover(self, desired: Sequence[Resource], *, known: bool) -> Mapping[Address, Probe | None]:
        with _told():
            return await rebuild.rediscover(self._look, desired, known=known)

    async def followers(self, compiled: Compiled, bound: Collection[str]) -> Sequence[Resource]:
        with _told():
            return await followers.followers(self._look, compiled, bound)

    async def measure(self, metric: str, within: float, groups: Sequence[Place]) -> Measured:
        with _told():
            look = self._look
            return await measuring.measure(look.api.groups, look.context.now(), metric, within, groups)

    async def notify(self, message: Message, rooms: Mapping[str, str]) -> None:
        with _told():
            await notify.notify(self._look.api, message, rooms)

    async def dispatch(self, request: DispatchRequest) -> Dispatched:
        with _told():
            return await self._mass.dispatch(request)

    async def find_dispatch(self, trail: DispatchTrail) -> Found:
        with _told():
            return await self._mass.find(trail)

    async def progress(self, message_id: str, sender: str) -> Progress | None:
        with _told():
            return await self._mass.progress(message_id, sender)

    async def remind(self, message_id: str) -> Reminded:
        with _told():
            return await self._mass.remind(message_id)

    async def cancel(self, message_id: str) -> bool:
        with _told():
            return await self._mass.cancel(message_id)

    async def doctor(self) -> Sequence[Check]:
        return await doctor.checks(self._look)


@asynccontextmanager
async def connect(
    context: Context, pictures: Mapping[str, bytes], transport: httpx.AsyncBaseTransport | None = None
) -> AsyncIterator[WeComSession]:
    """Opens a session; `transport` is the seam for tests. Raises Failure for a secret or a proxy that is none."""
    settings = read_settings(context.connection.settings)
    secret = context.connection.settings["secret"]
    with _told():
        held = secret if isinstance(secret, SecretStr) else SecretStr(str(secret))
        credentials = shared_token(context.together, settings.corp_id, held, context.now)
        client = Client(
            BASE_URL,
            credentials,
            classify=classify,
            patience=Patience(max_wait=context.max_wait),
            concurrency=AT_ONCE,
            limits=shared_limits(context.together),
            waiting=context.waiting,
            permit=context.permit,
            sleep=context.sleep,
            # The clock that this sleep moves: in a rehearsal it is no real one.
            clock=context.now,
            now=context.now,
            transport=transport,
            proxy=settings.proxy or None,
        )
    # A corp's requests are counted over all that asks in its name, in whatever process (D-90454).
    client.known_as(settings.corp_id)
    async with client:
        yield WeComSession(Look(Api(client, context.now), context, pictures))


@contextmanager
def _told() -> Iterator[None]:
    """What went wrong with a request, as a Failure."""
    try:
        yield
    except HttpError as error:
        raise as_failure(error) from error

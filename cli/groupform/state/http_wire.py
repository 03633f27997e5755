"""Owns the requests of Terraform's HTTP state protocol, and what their answers mean (through the one HTTP client)."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import httpx
from pydantic import SecretStr

from groupform.config.diagnostics import Diagnostic, Refused
from groupform.http import Answer, Call, Client, Conflict, Credentials, HttpError, Nobody, NotFound, Patience
from groupform.http.answers import by_status
from groupform.http.errors import Context, RateLimited, ServerError
from groupform.state.claim import Claim
from groupform.state.shared import StoreDownError
from groupform.state.store import StateKey

_TAKEN = (409, 423)
_DATA = "application/json"


class LockedError(Exception):
    """Somebody holds the lock. `info` is what the server says of it, to be sent back to break it."""

    def __init__(self, info: Mapping[str, Any]) -> None:
        self.info = info
        self.claim = claim_of(info)
        super().__init__(self.claim.id)


class _TakenError(Conflict):
    info: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where documents and their locks are, `{environment}` and `{deployment}` to be filled in, and by which methods.

    An address without these words is a folder: both are put behind it.
    """

    address: str
    lock_address: str = ""
    unlock_address: str = ""
    update_method: str = "POST"
    lock_method: str = "LOCK"
    unlock_method: str = "UNLOCK"

    def of(self, key: StateKey) -> tuple[str, str, str]:
        """The addresses of one document: itself, to lock it, to unlock it."""
        document = _filled(self.address, key)
        lock = _filled(self.lock_address, key) if self.lock_address else document
        return document, lock, _filled(self.unlock_address, key) if self.unlock_address else lock


class Basic:
    """A name and a password (RFC 7617)."""

    def __init__(self, username: str, password: SecretStr) -> None:
        self._username, self._password = username, password

    def headers(self) -> Mapping[str, str]:
        login = f"{self._username}:{self._password.get_secret_value()}".encode()
        return {"Authorization": f"Basic {base64.b64encode(login).decode('ascii')}"}

    def secrets(self) -> Iterable[str]:
        return (self._password.get_secret_value(), self.headers()["Authorization"].removeprefix("Basic "))


class Wire:
    """A server of the protocol. `transport` is the seam for tests."""

    def __init__(
        self,
        addresses: Addresses,
        credentials: Credentials | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.addresses = addresses
        self._credentials = credentials or Nobody()
        self._transport = transport
        self.writes = 0
        self.written = 0

    @asynccontextmanager
    async def endpoint(self, key: StateKey) -> AsyncIterator[Endpoint]:
        """Connections for the requests about one document. Raises Refused for an address that is none."""
        addresses = self.addresses.of(key)
        clients: dict[tuple[str, bool], Client] = {}
        reading = [(_origin(addresses[0]), True)]
        try:
            for origin, reads in dict.fromkeys([*reading, *((_origin(each), False) for each in addresses)]):
                clients[origin, reads] = Client(
                    origin,
                    self._credentials,
                    classify=_read if reads else _done,
                    # How often a store is asked again is decided in one place for all backends.
                    patience=Patience(max_wait=30.0, attempts=1),
                    transport=self._transport,
                )
        except HttpError as error:
            raise Refused([Diagnostic(error.code, params=error.params)]) from error
        async with _all(list(clients.values())):
            yield Endpoint(self, clients, addresses)


class Endpoint:
    """The requests about one document. Each raises StoreDownError where the server may yet answer, or Refused."""

    def __init__(self, wire: Wire, clients: Mapping[tuple[str, bool], Client], addresses: tuple[str, str, str]) -> None:
        self._wire, self._clients = wire, clients
        self._document, self._lock, self._unlock = addresses
        self.place = self._document.partition("?")[0]

    async def get(self) -> Any:
        """The JSON that is there; None where there is nothing."""
        try:
            return await self._send("GET", self._document, reads=True)
        except NotFound:
            return None

    async def post(self, data: bytes, lock: str) -> None:
        """Writes the document under a lock. Raises LockedError where the server knows of another one."""
        self._wire.writes += 1
        self._wire.written += len(data)
        await self._send(self._wire.addresses.update_method, self._document, data, {"ID": lock})

    async def lock(self, info: Mapping[str, Any]) -> None:
        """Takes the lock. Raises LockedError where somebody has it."""
        await self._send(self._wire.addresses.lock_method, self._lock, _json(info))

    async def unlock(self, info: Mapping[str, Any]) -> None:
        """Gives the lock back, or breaks it. Raises LockedError where another one is held."""
        try:
            await self._send(self._wire.addresses.unlock_method, self._unlock, _json(info), {"ID": str(info["ID"])})
        except NotFound:
            return

    async def _send(
        self,
        method: str,
        address: str,
        content: bytes | None = None,
        query: Mapping[str, str] | None = None,
        reads: bool = False,
    ) -> Any:
        parts = urlsplit(address)
        call = Call(
            method,
            quote(parts.path or "/", safe="/%:@-._~!$&'()*+,;="),
            route="state",
            idempotent=True,
            query={**dict(parse_qsl(parts.query, keep_blank_values=True)), **(query or {})},
            content=content,
            content_type=_DATA,
            timeout=30.0,
            deadline=60.0,
        )
        try:
            return await self._clients[_origin(address), reads].send(call)
        except NotFound:
            raise
        except _TakenError as error:
            raise LockedError(error.info) from None
        except (ServerError, RateLimited) as error:
            raise StoreDownError(error.context.reason or f"HTTP {error.context.status}") from None
        except HttpError as error:
            if error.unreachable and error.code != "http-bad-address":
                raise StoreDownError(error.context.reason or error.code) from None
            raise Refused([Diagnostic(error.code, params=error.params)]) from None


def claim_of(info: Mapping[str, Any]) -> Claim:
    """Who holds a lock, in a server's words: our own where we wrote it, what is to be made out where somebody else."""
    try:
        ours = Claim.read(json.loads(str(info.get("Info", ""))))
    except ValueError:
        ours = None
    if ours is not None and ours.id == str(info.get("ID")):
        return ours
    words = {name: str(info.get(name) or "-") for name in ("ID", "Who", "Created", "Operation")}
    return Claim(words["ID"], words["Who"], 0, words["Created"], words["Operation"], "-", words["Created"])


def info_of(claim: Claim) -> dict[str, Any]:
    """A lock in the protocol's words; ours go into its free text."""
    return {
        "ID": claim.id,
        "Operation": claim.command,
        "Info": json.dumps(claim.json(), ensure_ascii=False),
        "Who": claim.who,
        "Version": "",
        "Created": claim.seen,
        "Path": "",
    }


def _read(answer: Answer, now: float) -> HttpError | None:
    """What the answer to a read means. A page that says 200 must not pass for a state that is not there yet."""
    return None if answer.status == 200 and answer.empty else by_status(answer, now)


def _done(answer: Answer, now: float) -> HttpError | None:
    """What the answer to a write or a lock means: a success may say anything, or nothing."""
    if answer.status in _TAKEN:
        error = _TakenError(Context(status=answer.status))
        error.info = answer.fields
        return error
    if 200 <= answer.status < 300:
        return None
    return by_status(answer, now)


def _filled(address: str, key: StateKey) -> str:
    words = {"environment": quote(key.environment, safe=""), "deployment": quote(key.deployment, safe="")}
    if not any("{" + name + "}" in address for name in words):
        return f"{address.rstrip('/')}/{words['environment']}/{words['deployment']}"
    for name, value in words.items():
        address = address.replace("{" + name + "}", value)
    return address


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def _json(info: Mapping[str, Any]) -> bytes:
    return json.dumps(info, ensure_ascii=False).encode("utf-8", "replace")


@asynccontextmanager
async def _all(clients: list[Client]) -> AsyncIterator[None]:
    if not clients:
        yield
        return
    async with clients[0], _all(clients[1:]):
        yield

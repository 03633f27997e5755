"""Owns group robots as a way to tell people: which addresses are theirs, and a message in their own words (§14)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from urllib.parse import parse_qs, urlsplit

import httpx
from pydantic import SecretStr

from groupform.compile.markdown import plain
from groupform.engine.step_notify import Message
from groupform.engine.world import World
from groupform.http import Client, HttpError, Patience, shared_limits
from groupform.providers.wecom.api import BASE_URL
from groupform.providers.wecom.api_robot import Robot, key
from groupform.providers.wecom.notify import parts
from groupform.providers.wecom.wire import as_failure, classify

_PATH = "/cgi-bin/webhook/send"


class Robots:
    """One robot, in the group that it was added to. It hands on no files: the page has to be somewhere."""

    def __init__(self, robot: Robot) -> None:
        self._robot = robot

    async def notify(self, message: Message, rooms: Mapping[str, str]) -> None:
        """Sends the words, in as many messages as they take; the first one mentions whom they are for.

        Raises Failure.
        """
        # A text mentions people, and shows marks as they are.
        text = plain(message.text)
        if message.name not in text.partition("\n")[0]:
            text = f"{message.name}: {text}"
        mention = [message.account] if message.account else []
        try:
            for each in parts(text):
                await self._robot.say(each, mention=mention)
                mention = []
        except HttpError as error:
            raise as_failure(error) from error


def is_robot(address: SecretStr) -> bool:
    """Whether it is the address of a group robot, which takes its own JSON and no other."""
    return bool(_key(address))


@asynccontextmanager
async def open_robot(
    address: SecretStr, world: World, transport: httpx.AsyncBaseTransport | None = None
) -> AsyncIterator[Robots]:
    """Opens the way to a robot; `transport` is the seam for tests."""

    def now() -> float:
        return world.now().timestamp()

    client = Client(
        BASE_URL,
        key(SecretStr(_key(address))),
        classify=classify,
        patience=Patience(max_wait=world.max_wait),
        concurrency=1,
        limits=shared_limits(world.together),
        waiting=world.observer.waiting,
        sleep=world.sleep,
        clock=now,
        now=now,
        transport=transport,
    )
    async with client:
        yield Robots(Robot(client, now))


def _key(address: SecretStr) -> str:
    try:
        found = urlsplit(address.get_secret_value().strip())
    except ValueError:
        return ""
    here = (found.hostname or "").lower() == urlsplit(BASE_URL).hostname and found.scheme == "https"
    return parse_qs(found.query).get("key", [""])[0] if here and found.path.rstrip("/") == _PATH else ""

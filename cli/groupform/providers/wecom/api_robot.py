"""Owns the one request to a group robot (群机器人), whose key in the address is all that it asks for (facts §14)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pydantic import SecretStr

from groupform.http import Client, Fresh, Token, bare
from groupform.http.tokens import Send
from groupform.providers.wecom.api_call import MINUTE, Caller
from groupform.providers.wecom.wire import spent


class Robot:
    """`webhook/send`. Robots are added by hand, in internal groups; 20 messages a minute each."""

    def __init__(self, client: Client, now: Callable[[], float]) -> None:
        self.client = client
        self._call = Caller(client, now)

    async def say(self, text: str, *, mention: Sequence[str] = ()) -> None:
        """A text of at most 2048 bytes; `mention` are userids. Raises Unauthorized (93000) for a removed robot."""
        mentioned = {"mentioned_list": list(mention)} if mention else {}
        body = {"msgtype": "text", "text": {"content": text, **mentioned}}
        await self._call.make("webhook/send", body, windows=(MINUTE,))

    async def write(self, markdown: str) -> None:
        """A text in the platform's Markdown, at most 4096 bytes."""
        body = {"msgtype": "markdown", "markdown": {"content": markdown}}
        await self._call.make("webhook/send", body, windows=(MINUTE,))


def key(secret: SecretStr) -> Token:
    """The key of a robot as credentials: it stands in the query, like a token, and is never fetched anew."""

    bared = bare(secret)

    async def fetch(send: Send) -> Fresh:
        return Fresh(bared)

    return Token(fetch, spent=spent, query="key", secrets=(bared,))

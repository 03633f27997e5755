"""Owns the floors: the same requests sent by a bare loop over httpx, as few lines as anybody could write for it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, unquote

import anyio
import httpx

from .recording import Exchange

# Room, event and media ids, as servers mint them; then aliases, with the part that a replay renames.
_MINTED = re.compile(r"[!$][A-Za-z0-9_-]{16,}(?::[A-Za-z0-9.-]+)?|mxc://[A-Za-z0-9.:-]+/[A-Za-z0-9_-]+")
_ALIAS = re.compile(r"#([^\s:\"]+):")


def client(base_url: str, headers: Mapping[str, str], connections: int) -> httpx.AsyncClient:
    limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
    return httpx.AsyncClient(base_url=base_url, headers=dict(headers), limits=limits, timeout=120, trust_env=False)


async def read_all(http: httpx.AsyncClient, paths: Sequence[str], concurrency: int) -> None:
    """Gets every path and parses each answer, so many at a time."""
    left = iter(paths)

    async def work() -> None:
        for path in left:
            (await http.get(path)).json()

    async with anyio.create_task_group() as tasks:
        for _ in range(concurrency):
            tasks.start_soon(work)


class Replay:
    """Sends recorded requests again, for objects of their own: aliases get a prefix, ids are those that come back.

    What a request mentions must be there before it goes; beyond that nothing waits for anything. Ids are remembered
    from one run to the next, so that what was recorded in parts can be replayed in parts.
    """

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._ids: dict[str, str] = {}

    async def run(self, http: httpx.AsyncClient, exchanges: Sequence[Exchange], concurrency: int) -> None:
        """Raises RuntimeError where an answer is not of the status that was recorded."""
        befores = dependencies(exchanges)
        done = [anyio.Event() for _ in exchanges]
        slots = anyio.Semaphore(concurrency)

        async def work(index: int) -> None:
            for each in befores[index]:
                await done[each].wait()
            async with slots:
                await self._send(http, exchanges[index])
            done[index].set()

        async with anyio.create_task_group() as tasks:
            for index in range(len(exchanges)):
                tasks.start_soon(work, index)

    async def _send(self, http: httpx.AsyncClient, exchange: Exchange) -> None:
        path, _, query = exchange.path.partition("?")
        # Decoded and encoded segment by segment: an id may hold what separates segments.
        whole = "/".join(quote(self._renamed(unquote(each)), safe="") for each in path.split("/"))
        body = self._body(exchange.body)
        answer = await http.request(exchange.method, f"{whole}?{query}" if query else whole, json=body)
        if answer.status_code != exchange.status:
            raise RuntimeError(f"{exchange.method} {whole}: {answer.status_code} {answer.text[:200]}")
        found = answer.json()
        for key in ("room_id", "event_id", "content_uri"):
            if exchange.method != "GET" and isinstance(exchange.answer, dict) and key in exchange.answer:
                self._ids[exchange.answer[key]] = found[key]

    def _body(self, body: Any) -> Any:
        if isinstance(body, dict):
            renamed = {self._renamed(key): self._body(value) for key, value in body.items()}
            if "room_alias_name" in renamed:
                renamed["room_alias_name"] = self._prefix + renamed["room_alias_name"]
            return renamed
        if isinstance(body, list):
            return [self._body(each) for each in body]
        return self._renamed(body) if isinstance(body, str) else body

    def _renamed(self, text: str) -> str:
        known = _MINTED.sub(lambda found: self._ids.get(found[0], found[0]), text)
        return _ALIAS.sub(lambda found: f"#{self._prefix}{found[1]}:", known)


def dependencies(exchanges: Sequence[Exchange]) -> list[set[int]]:
    """For each request, those before it that mint an id or an alias it mentions, and the last one of the same path."""
    minted: dict[str, int] = {}
    paths: dict[str, int] = {}
    found: list[set[int]] = []
    for index, each in enumerate(exchanges):
        path = unquote(each.path.partition("?")[0])
        text = f"{path} {json.dumps(each.body, ensure_ascii=False)}"
        mentioned = {*_MINTED.findall(text), *(f"#{alias}" for alias in _ALIAS.findall(text))}
        befores = {minted[name] for name in mentioned if name in minted}
        if path in paths and "/createRoom" not in path:
            befores.add(paths[path])
        found.append(befores)
        paths[path] = index
        for name in _mints(each, path):
            minted.setdefault(name, index)
    return found


def _mints(each: Exchange, path: str) -> list[str]:
    if each.method == "GET" or each.status != 200:
        return []
    answer = each.answer if isinstance(each.answer, dict) else {}
    names = [answer[key] for key in ("room_id", "event_id", "content_uri") if key in answer]
    if each.method == "PUT" and "/directory/room/" in path:
        names += [f"#{alias}" for alias in _ALIAS.findall(path)]
    if isinstance(each.body, dict) and "room_alias_name" in each.body:
        names.append(f"#{each.body['room_alias_name']}")
    return names

"""A process that holds a state and writes to it, told what to do by words on its standard input.

python holder.py NAME ROOT SETTINGS WHO    words: `write N`, `hold`, `end`; each is answered by `ok` or by a code

`rush N` opens, writes one binding and ends, N times over, waiting whenever somebody else holds the lock.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from groupform.config.diagnostics import Refused
from groupform.state.backends import open_backend
from groupform.state.document import Binding, SetBinding
from groupform.state.store import Holder, StateKey, Store

KEY = StateKey("shop", "production")


def bind(who: str, number: int) -> SetBinding:
    return SetBinding(
        address=f"shop/room.{who}-{number}", binding=Binding(type="room", id=f"!{who}-{number}", applied={})
    )


def say(word: str) -> None:
    print(word, flush=True)


async def obey(store: Store, who: str) -> None:
    holder = Holder(who, os.getpid(), "2026-01-01T00:00:00Z", "apply")
    loop = asyncio.get_running_loop()
    try:
        async with store.open(KEY, holder) as writer:
            say("ok")
            while True:
                words = (await loop.run_in_executor(None, sys.stdin.readline)).split()
                if not words or words[0] == "end":
                    break
                await writer.commit([bind(who, int(words[1]))])
                say("ok")
    except Refused as refused:
        say(" ".join(each.code for each in refused.diagnostics))


async def rush(store: Store, who: str, times: int) -> None:
    holder = Holder(who, os.getpid(), "2026-01-01T00:00:00Z", "apply")
    for number in range(times):
        while True:
            try:
                async with store.open(KEY, holder) as writer:
                    before = writer.document.serial
                    await writer.commit([bind(who, number)])
                    assert writer.document.serial == before + 1
                break
            except Refused as refused:
                [code] = [each.code for each in refused.diagnostics]
                if code not in ("state-locked", "state-moved"):
                    say(code)
                    return
                await asyncio.sleep(0.02)
    say("ok")


async def main(name: str, root: str, settings: str, who: str, *more: str) -> None:
    store = open_backend(name, json.loads(settings), root=Path(root), environ={})
    await (rush(store, who, int(more[1])) if more else obey(store, who))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))

"""The command line itself, ended by kill -9 at a request, and run again: converged, nothing twice, nothing lost."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio import subprocess
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from faults.extent import ALL
from faults.proxy import Kind, Proxy, before
from faults.proxy_rig import STORIES, Life, Reference, lived, ready
from homeserver import Homeserver

pytestmark = [pytest.mark.anyio, pytest.mark.acceptance]

Point = tuple[Kind, float]
"""How it dies, and where: a share of the story's requests."""
SAMPLE: Mapping[str, Point] = {
    "apply": (Kind.kill_after, 0.45),
    "edit": (Kind.kill_before, 0.7),
    "destroy": (Kind.kill_after, 0.8),
}


@dataclass(frozen=True)
class Ended:
    """How a process ended, and what it said."""

    code: int
    said: str


async def command(life: Life) -> Ended:
    """One run of the command line, in a process of its own that the proxy may kill."""
    life.load()
    argv = ["destroy" if life.destroying else "apply", "--yes"]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "groupform", *argv),
        cwd=life.folder,
        env={**os.environ, "TOKEN": life.token, "GROUPFORM_LANG": "en"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    life.proxy.kill = process.kill
    said, _ = await process.communicate()
    assert process.returncode is not None
    return Ended(process.returncode, said.decode())


async def killed(life: Life, story: str, kind: Kind, at: int, reference: Reference) -> bool:
    """Whether the process died at the point it was told; either way it is run again, and all is well then."""
    life.begin(story)
    life.proxy.arm(kind, at)
    died = await command(life)
    came = life.proxy.struck is not None
    assert (died.code == -9) == came, died
    await life.proxy.calm()
    for _ in range(3):
        again = await command(life)
        assert "Traceback" not in again.said, again.said
        if "apply-stale" not in again.said:
            break
    assert again.code in (0, 3), again
    await life.converged(reference.counted[story])
    return came


@pytest.fixture
async def proxy(homeserver: Homeserver) -> AsyncIterator[Proxy]:
    async with before(homeserver.base_url, patience=1.0) as found:
        yield found


async def test_the_command_line_is_killed(tmp_path: Path, homeserver: Homeserver, proxy: Proxy) -> None:
    auditor = ready(homeserver)
    reference = await lived(Life(tmp_path / "whole", homeserver, proxy, auditor))
    longest = max(reference.requests.values())
    lives: list[Mapping[str, Point]] = [SAMPLE]
    if ALL:
        lives = [
            dict.fromkeys(STORIES, (kind, at / longest))
            for kind in (Kind.kill_before, Kind.kill_after)
            for at in range(longest)
        ]
    tried = Counter[str]()
    for number, points in enumerate(lives):
        life = Life(tmp_path / f"{number}", homeserver, proxy, auditor)
        for story in STORIES:
            kind, share = points[story]
            at = 1 + int(share * reference.requests[story])
            try:
                tried[f"{kind}, {story}"] += await killed(life, story, kind, at, reference)
            except BaseException as error:
                error.add_note(f"{story}: {kind} at {at} of {reference.requests[story]}: {life.proxy.struck}")
                raise
    print(f"requests {reference.requests}; tried: " + ", ".join(f"{kind} {count}" for kind, count in tried.items()))
    assert tried.total() >= 0.9 * len(lives) * len(STORIES)

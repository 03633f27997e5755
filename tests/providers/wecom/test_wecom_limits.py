"""Limits are a corp's own: what one process was told to wait for, another one of the same corp waits for as well."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest

from conformance.platform import Clock
from groupform.config.project import Connection
from groupform.engine.provider import Context, Ownership
from groupform.engine.together import Together
from groupform.http import HttpError
from groupform.providers.wecom import WeCom
from groupform.providers.wecom.rehearsal import Rehearsal

TAGS = "externalcontact/get_corp_tag_list"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def context(clock: Clock, corp: str, agent: str, folder: Path) -> Context:
    """What a session of a process of its own is given."""
    return Context(
        connection=Connection(
            corp, "wecom", {"corp_id": corp, "agent_id": agent, "secret": f"secret-{agent}"}, "wecom"
        ),
        ownership=Ownership("", "club", "default"),
        team=frozenset(),
        max_wait=0.0,
        now=clock.seconds,
        sleep=clock.sleep,
        waiting=lambda seconds, code: None,
        together=Together(folder),
    )


async def tags_asked(rehearsal: Rehearsal, context: Context) -> int:
    """How many requests for the tags it takes to be told to wait, or to be answered."""
    since = len(rehearsal.seen)
    async with WeCom(rehearsal.transport()).connect(context) as session:
        with suppress(HttpError):
            await session._look.tags()
    return sum(each.path == TAGS for each in rehearsal.seen[since:])


@pytest.mark.anyio
async def test_processes_of_one_corp_tell_each_other_of_a_limit(tmp_path: Path) -> None:
    clock = Clock()
    rehearsal, other = (Rehearsal(corp, now=clock.seconds) for corp in ("wwcorp00001", "wwcorp00002"))
    for agent in ("1000002", "1000003"):
        rehearsal.app(agent, f"secret-{agent}")
    other.app("1000002", "secret-1000002")
    rehearsal.fail_next(TAGS, 45009)
    assert await tags_asked(rehearsal, context(clock, "wwcorp00001", "1000002", tmp_path)) == 1
    # Another application of the corp, in another process: it does not ask, since it would be refused.
    assert await tags_asked(rehearsal, context(clock, "wwcorp00001", "1000003", tmp_path)) == 0
    assert await tags_asked(other, context(clock, "wwcorp00002", "1000002", tmp_path)) == 1, "that is not their limit"

"""WeCom walks the conformance list on the rehearsal: as the facts say, and in the other setting of every doubt."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from conformance.story import STEPS
from conformance.walking import walk
from conformance.wecom_platform import Corp
from groupform.providers.wecom.reading import AT_ONCE
from groupform.providers.wecom.rehearsal import Limit, Unconfirmed
from groupform.providers.wecom.rehearsal.unconfirmed import OTHERS

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


DOUBTS = {
    "as the facts say": Unconfirmed(),
    # Every switch the other way: the list is the same for each of them, and takes its time.
    "the other way": Unconfirmed(**{name: others[0] for name, others in OTHERS.items()}),
    "yet another way": Unconfirmed(**{name: others[-1] for name, others in OTHERS.items() if len(others) > 1}),
}


async def walked(corp: Corp, folder: Path) -> None:
    done = await walk(corp, folder / "project")
    assert done == [each.name for each in STEPS if each.needs is None or each.needs in corp.can]
    assert corp.rehearsal.objections == []


@pytest.mark.parametrize("doubt", list(DOUBTS))
async def test_conformance(doubt: str, tmp_path: Path) -> None:
    await walked(Corp(doubt, unconfirmed=DOUBTS[doubt]), tmp_path)


WEATHER: dict[str, dict[str, Any]] = {
    "two at once": {"concurrent": 2},
    "ten a minute": {"limit": (Limit("externalcontact/groupchat/get", 60, 10),)},
}


@pytest.mark.parametrize("weather", list(WEATHER))
async def test_conformance_in_bad_weather(weather: str, tmp_path: Path) -> None:
    await walked(Corp(weather, **WEATHER[weather]), tmp_path)


@pytest.mark.parametrize("forgotten", [False, True])
async def test_conformance_with_tokens_that_end_at_any_moment(forgotten: bool, tmp_path: Path) -> None:
    corp, chance = Corp("tokens end"), random.Random(7)
    asked = 0

    def before(path: str, body: object) -> None:
        """A token that is refused once is fetched anew, and the call repeated once (D-91039): so it lives for as many
        requests as may be under way."""
        nonlocal asked
        asked = 0 if path == "gettoken" else asked + 1
        if asked > AT_ONCE and chance.random() < 0.2:
            corp.rehearsal.expire_now(forgotten=forgotten)

    corp.rehearsal.before = before
    await walked(corp, tmp_path)
    assert {each.errcode for each in corp.rehearsal.seen} >= {0, 40014 if forgotten else 42001}


async def test_conformance_with_answers_that_are_lost(tmp_path: Path) -> None:
    """Every fifth answer to a read is lost, every seventh request meets a busy platform."""
    corp = Corp("answers lost")
    asked = 0

    def before(path: str, body: object) -> None:
        nonlocal asked
        asked += 1
        if "/get" in path and asked % 5 == 0:
            corp.rehearsal.drop_next(path)
        elif "/get" in path and asked % 7 == 0:
            corp.rehearsal.fail_next(path, -1)

    corp.rehearsal.before = before
    await walked(corp, tmp_path)

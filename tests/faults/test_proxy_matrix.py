"""Every request of an apply, an edit and a destroy goes wrong once, in every way, before a real homeserver."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from faults.extent import ALL
from faults.proxy import KILLS, Kind, Proxy, before
from faults.proxy_rig import STORIES, Life, Reference, lived, ready
from homeserver import Homeserver

pytestmark = [pytest.mark.anyio, pytest.mark.acceptance]

Point = tuple[Kind, int]
"""What goes wrong, and at which request of the run."""
Points = Mapping[str, tuple[Point, ...]]
"""By story. Where there are two, the second befalls the run that was to make up for the first."""
_GOLDEN = 0.618034
"""Steps of this share of a run never fall twice on the same place: a small sample is spread well."""
_SECOND = (
    Kind.limited_header,
    Kind.limited_body,
    Kind.limited_bare,
    Kind.failed,
    Kind.gateway,
    Kind.page,
    Kind.redirect,
)
"""In a sample these befall the second run; whatever it has left to do, it begins with so many requests."""
_READS = 5


async def troubled(life: Life, points: Points, reference: Reference) -> list[Kind]:
    """A life with trouble in each of its stories. Returns what came of it."""
    came = []
    for story in STORIES:
        life.begin(story)
        struck: list[str] = []
        try:
            for kind, at in points[story]:
                if await life.in_trouble(kind, at):
                    struck.append(str(life.proxy.struck))
                    came.append(kind)
            killed = any(kind in KILLS for kind, _ in points[story])
            await (life.command_again() if killed else life.again())
            await life.converged(reference.counted[story])
        except BaseException as error:
            error.add_note(f"{story} of {reference.requests[story]} requests: {points[story]}: {struck}")
            raise
    return came


@pytest.fixture
async def proxy(homeserver: Homeserver) -> AsyncIterator[Proxy]:
    async with before(homeserver.base_url, patience=1.0) as found:
        yield found


def sample(reference: Reference) -> list[Points]:
    """A few lives in whose stories every kind comes once."""
    lives: list[dict[str, tuple[Point, ...]]] = []
    seconds = [(kind, 1 + number % _READS) for number, kind in enumerate(_SECOND)]
    for number, kind in enumerate(each for each in Kind if each not in _SECOND):
        story = STORIES[number % len(STORIES)]
        at = 1 + int(reference.requests[story] * (((number + 1) * _GOLDEN) % 1.0))
        if number % len(STORIES) == 0:
            lives.append(dict.fromkeys(STORIES, ()))
        # A killed process is followed by one of its own kind; after a destroy there may be next to nothing left to ask.
        again = seconds and kind not in KILLS and story != "destroy"
        second = [seconds.pop()] if again else []
        lives[-1][story] = ((kind, at), *second)
    return list(lives)


def whole(reference: Reference, kind: Kind) -> list[Points]:
    """Every request of every story, for one kind."""
    longest = max(reference.requests.values())
    return [dict.fromkeys(STORIES, ((kind, at),)) for at in range(1, longest + 1)]


# Which of the two exists is decided here and not by a skip: nothing on the real server counts as skipped.
if ALL:

    @pytest.mark.parametrize("kind", list(Kind), ids=lambda kind: kind.name)
    async def test_every_request_goes_wrong(tmp_path: Path, homeserver: Homeserver, proxy: Proxy, kind: Kind) -> None:
        auditor = ready(homeserver)
        reference = await lived(Life(tmp_path / "whole", homeserver, proxy, auditor))
        tried = 0
        for number, points in enumerate(whole(reference, kind)):
            life = Life(tmp_path / f"{number}", homeserver, proxy, auditor)
            tried += len(await troubled(life, points, reference))
        print(f"{kind}: {tried} points of {reference.requests}")
        assert tried >= 0.9 * sum(reference.requests.values())

else:

    async def test_a_sample_of_requests_goes_wrong(tmp_path: Path, homeserver: Homeserver, proxy: Proxy) -> None:
        auditor = ready(homeserver)
        reference = await lived(Life(tmp_path / "whole", homeserver, proxy, auditor))
        tried = Counter[Kind]()
        for number, points in enumerate(sample(reference)):
            tried.update(await troubled(Life(tmp_path / f"{number}", homeserver, proxy, auditor), points, reference))
        print(f"requests {reference.requests}; tried: " + ", ".join(f"{kind} {count}" for kind, count in tried.items()))
        assert tried.keys() == set(Kind)

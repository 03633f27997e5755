"""Mass messages as a session lays, finds, follows and takes them back: what the list and the codes can mean."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from groupform.calendar.due import digest_of
from groupform.engine.dispatching import DispatchRequest, DispatchTrail, Progress, Reminded, Unreached
from groupform.engine.post_parts import Attached, LinkCard, Media
from groupform.engine.posting import Absent, Posted, Unsure
from groupform.http import HttpError
from groupform.providers.wecom.mass import Mass, sender_of
from groupform.providers.wecom.reading import Look
from providers.wecom.wecom_rig import PNG, START, Stage

pytestmark = pytest.mark.anyio
WORDS = "晚上好"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def stage() -> Stage:
    return Stage()


async def with_mass(stage: Stage, work: Callable[[Mass], Awaitable[Any]]) -> Any:
    async with stage.api() as api:
        context: Any = SimpleNamespace(now=stage.time.clock)
        return await work(Mass(Look(api, context, {})))


def trail(sender: str = "linyi", *known: str, words: str = WORDS) -> DispatchTrail:
    now = datetime.fromtimestamp(START, UTC)
    return DispatchTrail(sender, digest_of(words), now - timedelta(hours=1), now + timedelta(hours=1), frozenset(known))


def group(stage: Stage, owner: str = "LinYi") -> str:
    return stage.person.create_group(owner, "群")


async def test_found_by_words_and_sender_less_what_is_known(stage: Stage) -> None:
    mine, other = group(stage), group(stage, "zhouzhou")

    async def work(mass: Mass) -> None:
        assert await mass.find(trail()) == Absent()
        await mass.dispatch(DispatchRequest("zhouzhou", [other], WORDS))
        await mass.dispatch(DispatchRequest("LinYi", [mine], WORDS + "！"))
        stage.pass_time(5)
        assert await mass.find(trail()) == Absent(), "other words, or another's"
        first = await mass.dispatch(DispatchRequest("LinYi", [mine], WORDS))
        stage.pass_time(5)
        assert await mass.find(trail()) == Posted(first.id), "accounts are compared without case"
        assert await mass.find(trail("linyi", first.id)) == Absent()
        second = await mass.dispatch(DispatchRequest("LinYi", [mine], WORDS))
        stage.pass_time(5)
        found = await mass.find(trail())
        assert isinstance(found, Unsure) and found.params["count"] == 2
        assert await mass.find(trail("linyi", first.id)) == Posted(second.id)

    await with_mass(stage, work)
    assert not stage.rehearsal.objections


async def test_a_long_list_is_read_to_its_end(stage: Stage) -> None:
    mine = group(stage)

    async def work(mass: Mass) -> None:
        made = await mass.dispatch(DispatchRequest("LinYi", [mine], WORDS))
        table = stage.rehearsal.corp["messages"]
        for number in range(230):
            table[f"other{number}"] = {**table[made.id], "text": {"content": f"{number}"}}
        table[made.id] = table.pop(made.id)
        stage.pass_time(5)
        assert await mass.find(trail()) == Posted(made.id)
        assert stage.rehearsal.counts["externalcontact/get_groupmsg_list_v2"] == 3
        assert stage.rehearsal.counts["externalcontact/get_groupmsg_task"] == 1, "of those with these words only"

    await with_mass(stage, work)


async def test_another_applications_message_is_not_ours(stage: Stage) -> None:
    mine = group(stage)

    async def work(mass: Mass) -> None:
        made = await mass.dispatch(DispatchRequest("LinYi", [mine], WORDS))
        stage.rehearsal.corp["messages"][made.id]["app"] = "1000009"
        stage.pass_time(5)
        assert await mass.find(trail()) == Absent()
        assert await mass.progress(made.id, "LinYi") is None, "41047"

    await with_mass(stage, work)


async def test_the_client_may_have_changed_line_ends(stage: Stage) -> None:
    mine = group(stage)

    async def work(mass: Mass) -> None:
        made = await mass.dispatch(DispatchRequest("LinYi", [mine], "一\n二"))
        stage.rehearsal.corp["messages"][made.id]["text"]["content"] = "一\r\n二\n"
        stage.pass_time(5)
        assert await mass.find(trail(words="一\n二")) == Posted(made.id)

    await with_mass(stage, work)


async def test_followed_while_it_is_being_dispatched_and_after(stage: Stage) -> None:
    mine = group(stage)

    async def work(mass: Mass) -> None:
        made = await mass.dispatch(DispatchRequest("LinYi", [mine], WORDS))
        assert await mass.progress(made.id, "LinYi") == Progress(), "41063: waited for, and asked again"
        assert stage.waited
        assert await mass.remind(made.id) is Reminded.now
        for _ in range(2):
            await mass.remind(made.id)
        assert await mass.remind(made.id) is Reminded.enough
        stage.person.confirm(made.id, lost={})
        found = await mass.progress(made.id, "linyi")
        assert found is not None and set(found.sent) == {mine} and not found.unreached
        assert found.confirmed_at == datetime.fromtimestamp(int(stage.time.now), UTC)
        assert await mass.cancel(made.id) and not await mass.cancel(made.id)
        assert await mass.remind(made.id) is Reminded.withdrawn

    await with_mass(stage, work)


@pytest.mark.parametrize(("status", "code"), [(2, "wecom-mass-no-friend"), (3, "wecom-mass-had-another")])
async def test_why_a_group_did_not_get_it(stage: Stage, status: int, code: str) -> None:
    mine = group(stage)

    async def work(mass: Mass) -> None:
        made = await mass.dispatch(DispatchRequest("LinYi", [mine, group(stage)], WORDS))
        stage.pass_time(5)
        stage.person.confirm(made.id, lost={mine: status})
        found = await mass.progress(made.id, "LinYi")
        assert found is not None and found.unreached == {mine: Unreached(code)} and len(found.sent) == 1

    await with_mass(stage, work)


async def test_no_group_may_get_it_and_nothing_is_made(stage: Stage) -> None:
    others = group(stage, "zhouzhou")

    async def work(mass: Mass) -> None:
        made = await mass.dispatch(DispatchRequest("LinYi", [others, "gone"], WORDS))
        assert made.id == "" and {key: each.code for key, each in made.unreached.items()} == {
            others: "wecom-mass-other-owner",
            "gone": "wecom-mass-no-group",
        }
        with pytest.raises(HttpError):
            await mass.dispatch(DispatchRequest("nobody", [others], WORDS))

    await with_mass(stage, work)
    assert not stage.rehearsal.corp["messages"]


async def test_what_goes_beside_the_words(stage: Stage) -> None:
    mine = group(stage)
    picture = Media("狗.png", lambda: PNG)
    card = LinkCard("标" * 60, "**好**", "https://example.org/a", picture)
    beside = (Attached(picture), Attached(Media("a.pdf", lambda: b"%PDF-1.4")), card)

    async def work(mass: Mass) -> None:
        for _ in range(2):
            await mass.dispatch(DispatchRequest("LinYi", [mine], WORDS, beside))

    await with_mass(stage, work)
    image, file, link = next(iter(stage.rehearsal.corp["messages"].values()))["attachments"]
    assert (image["msgtype"], file["msgtype"], link["msgtype"]) == ("image", "file", "link")
    assert link["link"]["desc"] == "好" and len(link["link"]["title"].encode()) <= 128
    assert stage.rehearsal.counts["media/upload"] == 2 and stage.rehearsal.counts["media/uploadimg"] == 1
    assert not stage.rehearsal.objections


def test_the_owner_sends() -> None:
    assert sender_of({"owner": "linyi"}) == "linyi" and sender_of({}) == ""

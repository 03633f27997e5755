"""The groups of runs come and go on time, and nothing else is done in their name."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import anyio
import pytest

from groupform.calendar.turning import Turned, anything_to_turn
from runs_rig import END, FRIDAY, SALE, SATURDAY, WEEK, Shop, codes, turns

pytestmark = pytest.mark.anyio
FIRST, SECOND, THIRD = "2026-12-05", "2026-12-12", "2026-12-19"
SPOKEN = SALE.replace("lobby: {title: 大厅}", "lobby: {title: 大厅, topic: 欢迎}")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def opened(tmp_path: Path, text: str = SALE) -> Shop:
    shop = Shop(tmp_path, text)
    await shop.apply()
    assert await shop.turn() is None
    assert shop.rooms() == ["大厅", f"闪购 {FIRST}"]
    return shop


async def test_a_run_that_ends_makes_room_for_the_next(tmp_path: Path) -> None:
    shop = await opened(tmp_path)
    asked = len(shop.there.requests)
    assert await shop.turn(END - timedelta(minutes=1)) is None
    assert len(shop.there.requests) == asked, "nothing is due: the platform is not asked"
    found = await shop.turn(END)
    assert turns(found) == [("closes", FIRST), ("opens", SECOND)]
    assert found is not None and found.code == 0
    assert shop.rooms() == ["大厅", f"闪购 {SECOND}"]
    assert await shop.turn(END + timedelta(minutes=1)) is None
    assert (await shop.plan()).empty


async def test_a_dry_run_says_what_it_would_do_and_asks_nobody(tmp_path: Path) -> None:
    shop = await opened(tmp_path)
    asked, serial = len(shop.there.requests), (await shop.document()).serial
    found = await shop.turn(END, dry_run=True)
    assert turns(found) == [("closes", FIRST), ("opens", SECOND)] and found is not None and found.would
    assert len(shop.there.requests) == asked and (await shop.document()).serial == serial


async def test_a_run_missed_whole_is_not_opened_and_what_is_left_of_the_last_is_closed(tmp_path: Path) -> None:
    shop = await opened(tmp_path)
    found = await shop.turn(END + 2 * WEEK)
    assert turns(found) == [("closes", FIRST), ("opens", "2026-12-26")]
    made = [each.attributes["name"] for each in shop.there.things.values() if each.type == "room"]
    assert f"闪购 {SECOND}" not in made and f"闪购 {THIRD}" not in made


async def test_a_run_that_is_under_way_is_opened_late(tmp_path: Path) -> None:
    shop = await opened(tmp_path)
    found = await shop.turn(SATURDAY + WEEK + timedelta(hours=1))
    assert turns(found) == [("closes", FIRST), ("opens", SECOND)]


@pytest.mark.parametrize(("then", "left"), [("then: dissolve", 0), ("then: archive", 1)], ids=["dissolve", "archive"])
async def test_what_then_says_is_what_becomes_of_them(tmp_path: Path, then: str, left: int) -> None:
    shop = await opened(tmp_path, SALE.replace("then: dissolve", then))
    found = await shop.turn(END)
    assert turns(found)[0][0] == ("archived" if left else "closes")
    kept = [each for each in shop.there.things.values() if each.attributes.get("name") == f"闪购 {FIRST}"]
    assert [each.archived for each in kept] == [True] * left


async def test_a_group_may_say_otherwise_for_itself(tmp_path: Path) -> None:
    shop = await opened(tmp_path, SALE.replace('"闪购 {run}"', '"闪购 {run}", on_remove: forget'))
    found = await shop.turn(END)
    assert turns(found) == [("let-go", FIRST), ("opens", SECOND)]
    assert f"闪购 {FIRST}" in shop.rooms()


async def test_an_edit_that_nobody_applied_waits_and_so_do_the_runs(tmp_path: Path) -> None:
    shop = await opened(tmp_path)
    shop.edit("大厅", "门厅")
    assert await shop.turn(END - timedelta(hours=1)) is None, "no run is due: an edit is not our business"
    writes = [each.verb for each in shop.there.requests if each.verb in ("create", "update", "delete")]
    found = await shop.turn(END)
    assert found is not None and found.code == 3 and not found.turns
    assert codes(found.waits) == ["run-waits-change"]
    assert found.waits[0].params["address"] == "shop/room.lobby"
    again = await shop.turn(END + timedelta(minutes=5))
    assert again is not None and again.code == 0 and not again.waits, "said once"
    assert [each.verb for each in shop.there.requests if each.verb in ("create", "update", "delete")] == writes
    await shop.apply()
    assert await shop.turn() is None
    # Another edit is another thing to say.
    shop.edit("门厅", "前厅")
    found = await shop.turn(END + WEEK)
    assert found is not None and codes(found.waits) == ["run-waits-change"]


async def test_drift_waits(tmp_path: Path) -> None:
    shop = await opened(tmp_path)
    shop.room("大厅").attributes["name"] = "客厅"
    found = await shop.turn(END)
    assert found is not None and found.code == 3 and codes(found.waits) == ["run-waits-change"]
    assert "客厅" in shop.rooms() and f"闪购 {FIRST}" in shop.rooms()


async def test_a_new_group_of_the_files_waits(tmp_path: Path) -> None:
    shop = await opened(tmp_path)
    shop.edit("lobby: {title: 大厅}", "lobby: {title: 大厅}\n  news: {title: 公告}")
    found = await shop.turn(END)
    assert (
        found is not None
        and not found.turns
        and {each.params["address"] for each in found.waits} == {"shop/room.news", "shop/place.news"}
    )


async def test_a_group_that_people_renamed_is_left_and_the_next_is_opened(tmp_path: Path) -> None:
    shop = await opened(tmp_path)
    shop.room(f"闪购 {FIRST}").attributes["name"] = "我们的群"
    found = await shop.turn(END)
    assert found is not None and found.code == 3
    assert turns(found) == [("opens", SECOND)] and codes(found.kept) == ["run-kept-changed"]
    assert shop.rooms() == sorted(["大厅", "我们的群", f"闪购 {SECOND}"])
    asked = len(shop.there.requests)
    again = await shop.turn(END + timedelta(minutes=1))
    assert again is not None and again.code == 0 and not again.kept, "said once"
    assert len(shop.there.requests) == asked, "and nobody is asked about it any more"
    found = await shop.turn(END + WEEK)
    assert turns(found) == [("closes", SECOND), ("opens", THIRD)], "it stands in nobody's way"
    assert "我们的群" in shop.rooms()


async def test_a_protected_group_is_left(tmp_path: Path) -> None:
    shop = await opened(tmp_path, SALE.replace('"闪购 {run}"', '"闪购 {run}", protect: true'))
    found = await shop.turn(END)
    assert found is not None and found.code == 3
    assert turns(found) == [("opens", SECOND)] and codes(found.kept) == ["run-kept-protected"]
    assert f"闪购 {FIRST}" in shop.rooms()
    again = await shop.turn(END + timedelta(minutes=1))
    assert again is None or (again.code == 0 and not again.kept)


async def test_protection_that_is_declared_during_the_run_counts(tmp_path: Path) -> None:
    shop = await opened(tmp_path)
    shop.edit('"闪购 {run}"', '"闪购 {run}", protect: true')
    found = await shop.turn(SATURDAY)
    assert found is not None and not found.turns and found.code == 0, "only the state has something to learn"
    found = await shop.turn(END)
    assert found is not None and codes(found.kept) == ["run-kept-protected"] and turns(found) == [("opens", SECOND)]


async def test_an_end_that_is_edited_during_the_run_counts(tmp_path: Path) -> None:
    shop = await opened(tmp_path, SALE.replace("then: dissolve", "then: archive"))
    shop.edit("then: archive", "then: dissolve")
    assert not turns(await shop.turn(SATURDAY))
    assert turns(await shop.turn(END)) == [("closes", FIRST), ("opens", SECOND)]
    assert f"闪购 {FIRST}" not in [each.attributes.get("name") for each in shop.there.things.values()]


async def test_a_run_that_is_moved_while_it_is_under_way_is_nobodys_to_close(tmp_path: Path) -> None:
    shop = await opened(tmp_path)
    shop.edit("weekly: [sat]", "weekly: [sun]")
    found = await shop.turn(SATURDAY + timedelta(hours=1))
    assert found is not None and found.code == 3
    assert turns(found) == [("opens", "2026-12-06")] and codes(found.kept) == ["run-kept-unknown"]
    assert f"闪购 {FIRST}" in shop.rooms()


async def test_a_run_that_is_made_longer_goes_on_and_one_made_shorter_ends(tmp_path: Path) -> None:
    shop = await opened(tmp_path)
    shop.edit("lasts: 4h", "lasts: 6h")
    assert await shop.turn(END + timedelta(minutes=1)) is None
    shop.edit("lasts: 6h", "lasts: 5h")
    assert turns(await shop.turn(END + timedelta(hours=1))) == [("closes", FIRST), ("opens", SECOND)]


async def test_the_last_run_closes_and_none_is_opened(tmp_path: Path) -> None:
    shop = await opened(tmp_path, SALE.replace("from: 2026-12-05", "from: 2026-12-05, until: 2026-12-05"))
    assert turns(await shop.turn(END)) == [("closes", FIRST)]
    assert shop.rooms() == ["大厅"]
    assert await shop.turn(END + WEEK) is None


async def test_a_community_that_has_nothing_but_runs(tmp_path: Path) -> None:
    text = SALE.replace("  lobby: {title: 大厅}\n", "").replace(
        "from: 2026-12-05", "from: 2026-12-05, until: 2026-12-05"
    )
    shop = Shop(tmp_path, text)
    await shop.apply()
    assert turns(await shop.turn(END)) == [("closes", FIRST)]
    assert shop.rooms() == []


OVERLAPPING = SALE.replace("lasts: 4h", "lasts: 10d").replace(
    'sale: {title: "闪购 {run}"}', 'sale: {title: "闪购 {run}", each: {from: {run: 2}}}'
)


async def test_runs_that_overlap(tmp_path: Path) -> None:
    shop = Shop(tmp_path, OVERLAPPING)
    await shop.apply()
    assert shop.rooms() == ["大厅", f"闪购 {FIRST}", f"闪购 {SECOND}"]
    assert await shop.turn(SATURDAY + WEEK) is None, "both are under way"
    found = await shop.turn(SATURDAY + timedelta(days=10))
    assert turns(found) == [("closes", FIRST), ("opens", THIRD)]
    assert shop.rooms() == ["大厅", f"闪购 {SECOND}", f"闪购 {THIRD}"]


async def test_an_edit_of_a_run_under_way_waits(tmp_path: Path) -> None:
    shop = Shop(tmp_path, OVERLAPPING)
    await shop.apply()
    shop.edit('title: "闪购 {run}"', 'title: "特卖 {run}"')
    found = await shop.turn(SATURDAY + timedelta(days=10))
    assert found is not None and not found.turns
    assert [each.params["address"] for each in found.waits] == [f"shop/room.sale/{SECOND}"]


async def test_standing_groups_after_them_move_up_and_speak_of_the_next_run(tmp_path: Path) -> None:
    text = OVERLAPPING.replace("groups:\n", "notice: {parts: [topic]}\ngroups:\n") + "  news: {title: 公告}\n"
    shop = Shop(tmp_path, text)
    await shop.apply()
    assert turns(await shop.turn(SATURDAY + timedelta(days=10))) == [("closes", FIRST), ("opens", THIRD)]
    assert (await shop.plan()).empty


async def test_fewer_runs_ahead_close_nothing_before_its_time(tmp_path: Path) -> None:
    shop = Shop(tmp_path, OVERLAPPING)
    await shop.apply()
    shop.edit("{run: 2}", "{run: 1}")
    found = await shop.turn(SATURDAY)
    assert found is not None and codes(found.kept) == ["run-kept-not-over"] and not found.turns
    assert f"闪购 {SECOND}" in shop.rooms()


async def test_a_deployment_that_was_renamed_waits_for_its_apply(tmp_path: Path) -> None:
    shop = await opened(tmp_path)
    shop.name, shop.more = "store", ", previously: [shop]"
    found = await shop.turn(END)
    assert found is None or not found.waits or not found.turns
    await shop.apply()
    await shop.turn(END + timedelta(minutes=1))
    assert shop.rooms() == ["大厅", f"闪购 {SECOND}"]


async def test_a_community_that_was_never_applied_says_so_once(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    found = await shop.turn(FRIDAY)
    assert found is not None and found.code == 3 and "run-waits-change" in codes(found.waits)
    assert not shop.rooms()
    again = await shop.turn(FRIDAY + timedelta(minutes=1))
    assert again is not None and again.code == 0 and not again.waits


async def test_what_somebody_deleted_already_is_forgotten(tmp_path: Path) -> None:
    shop = await opened(tmp_path)
    del shop.there.things[shop.room(f"闪购 {FIRST}").id]
    found = await shop.turn(END)
    assert found is not None and found.code == 0 and shop.rooms() == ["大厅", f"闪购 {SECOND}"]
    assert await shop.turn(END + timedelta(minutes=1)) is None


async def test_two_at_once_do_it_once(tmp_path: Path) -> None:
    shop = await opened(tmp_path)
    shop.now = END
    found: list[Turned | None] = []

    async def one() -> None:
        found.append(await shop.turn())

    async with anyio.create_task_group() as group:
        for _ in range(3):
            group.start_soon(one)
    did = [each for each in found if each is not None and each.turns and each.busy is None]
    assert len(did) == 1 and all(each is None or each.code == 0 for each in found)
    assert any(each is not None and each.busy is not None for each in found)
    assert shop.rooms() == ["大厅", f"闪购 {SECOND}"]


async def test_what_is_due_can_be_asked_without_a_platform(tmp_path: Path) -> None:
    shop = await opened(tmp_path)
    assert not await anything_to_turn(shop.load()[1], shop.world())
    shop.now = END
    assert await anything_to_turn(shop.load()[1], shop.world())


async def test_the_next_runs_group_is_no_rename_of_the_last_ones(tmp_path: Path) -> None:
    shop = await opened(tmp_path)
    shop.now = END
    assert not [each.reason for each in (await shop.plan()).changes if each.reason is not None]

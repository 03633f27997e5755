"""In which order, how many at a time, and in how few durable writes an apply does its work."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.applying_rig import Stage, address, resource

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def test_what_is_referred_to_is_made_first(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.declare(
        resource("place.a", hall=address("hall.all"), room=address("room.a"), order="1"),
        resource("room.a", name="甲", hall=address("hall.all")),
        resource("hall.all", name="全部"),
    )
    report = await stage.apply()
    assert stage.writes() == ["create hall.all", "create room.a", "create place.a"]
    assert set(report.done) == {address("place.a"), address("room.a"), address("hall.all")}
    hall = stage.thing("hall")
    assert stage.thing("room").attributes["hall"] == hall.id
    await stage.settled()


async def test_many_creates_share_their_durable_writes_and_keep_to_the_limit(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.declare(resource("hall.all", name="全部"), *(resource(f"room.r{n}", name=f"群{n}") for n in range(130)))
    await stage.apply()
    assert 1 < stage.watching.most <= stage.provider.concurrency
    document = await stage.document()
    assert len(document.bindings) == 131
    # Three waves of at most 64, the bindings in groups, and a handful for the begin and the end.
    assert document.serial < 60
    await stage.settled()


async def test_where_a_lost_create_cannot_be_looked_for_each_is_announced_and_recorded_alone(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.declare(*(resource(f"badge.b{n}", title=f"徽章{n}") for n in range(10)))
    writer_intents: list[int] = []
    original = stage.store.open

    def opened(key, holder):  # type: ignore[no-untyped-def]
        context = original(key, holder)

        class Kept:
            async def __aenter__(self):  # type: ignore[no-untyped-def]
                self.writer = await context.__aenter__()
                stage.there.around = lambda request, moment: writer_intents.append(len(self.writer.document.intents))
                return self.writer

            async def __aexit__(self, *error: object) -> object:
                return await context.__aexit__(*error)

        return Kept()

    stage.store.open = opened
    await stage.apply()
    assert max(writer_intents) <= stage.provider.concurrency
    assert (await stage.document()).serial >= 20
    await stage.settled()


async def test_two_objects_swap_a_unique_value(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.declare(resource("room.a", name="甲", handle="one"), resource("room.b", name="乙", handle="two"))
    await stage.apply()
    stage.declare(resource("room.a", name="甲", handle="two"), resource("room.b", name="乙", handle="one"))
    report = await stage.apply()
    assert not report.failed
    assert stage.thing("room", name="甲").attributes["handle"] == "two"
    assert stage.thing("room", name="乙").attributes["handle"] == "one"
    await stage.settled()


async def test_a_replaced_object_is_removed_after_everything_looks_at_the_new_one(tmp_path: Path) -> None:
    stage = Stage(tmp_path)

    def declare(kind: str) -> None:
        stage.declare(
            resource("room.a", name="甲", kind=kind, handle="one"),
            resource("note.a", room=address("room.a"), text="群规"),
        )

    declare("chat")
    await stage.apply()
    old = stage.thing("room")
    declare("forum")
    before = len(stage.writes())
    await stage.apply()
    assert stage.writes()[before:] == [
        "update room.a.handle",
        "create room.a",
        "create note.a",
        "delete note.a-replaced-" + _tail(stage.writes(), "note.a"),
        "delete room.a-replaced-" + _tail(stage.writes(), "room.a"),
    ]
    assert old.id not in stage.there.things
    assert stage.thing("room").attributes == {"name": "甲", "kind": "forum", "handle": "one"}
    assert stage.thing("note").attributes["room"] == stage.thing("room").id
    await stage.settled()


def _tail(writes: list[str], name: str) -> str:
    [found] = [each for each in writes if each.startswith(f"delete {name}-replaced-")]
    return found.rpartition("-")[2]


async def test_a_rename_writes_nothing_and_takes_references_along(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.declare(resource("room.a", name="甲"), resource("note.a", room=address("room.a"), text="群规"))
    await stage.apply()
    before = len(stage.writes())
    stage.declare(
        resource("room.b", name="甲", _previously=("room.a",)),
        resource("note.b", room=address("room.b"), text="群规", _previously=("note.a",)),
    )
    await stage.apply()
    assert stage.writes()[before:] == []
    document = await stage.document()
    assert document.bindings[address("note.b")].applied["room"] == address("room.b")
    await stage.settled()


async def test_a_rename_with_a_change_is_one_change(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.declare(resource("room.a", name="甲"))
    await stage.apply()
    stage.declare(resource("room.b", name="乙", _previously=("room.a",)))
    plan = await stage.plan()
    assert [each.action.value for each in plan.changes] == ["move"]
    await stage.apply(plan)
    assert stage.writes() == ["create room.a", "update room.b.name"]
    await stage.settled()


async def test_to_forget_asks_nothing_of_the_platform(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.declare(resource("room.a", "forget", name="甲"), resource("room.b", "forget", name="乙"))
    await stage.apply()
    stage.declare(resource("room.a", "forget", name="甲"))
    await stage.apply()
    assert stage.writes() == ["create room.a", "create room.b"]
    assert set((await stage.document()).bindings) == {address("room.a")}
    assert len(list(stage.there.living("room"))) == 2
    await stage.settled()


async def test_strangers_keep_their_elements(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.declare(resource("room.a", name="甲", powers={"lead": 100, "host": 50}))
    await stage.apply()
    stage.thing("room").attributes["powers"]["stranger"] = 30
    stage.declare(resource("room.a", name="甲", powers={"lead": 100, "guest": 10}))
    await stage.apply()
    assert stage.thing("room").attributes["powers"] == {"lead": 100, "stranger": 30, "guest": 10}
    await stage.settled()


async def test_elements_that_are_references_are_sent_as_ids(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    halls = [resource("hall.one", name="一"), resource("hall.two", name="二")]
    stage.declare(*halls, resource("room.a", name="甲", allow=[address("hall.one")]))
    await stage.apply()
    stage.thing("room").attributes["allow"].append("hall-of-strangers")
    stage.declare(*halls, resource("room.a", name="甲", allow=[address("hall.two")]))
    await stage.apply()
    assert stage.thing("room").attributes["allow"] == ["hall-of-strangers", stage.thing("hall", name="二").id]
    await stage.settled()


async def test_a_secret_reaches_the_platform_and_nothing_else(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.declare(resource("room.a", name="甲", passcode="open-sesame"))
    plan = await stage.plan()
    await stage.apply(plan)
    assert stage.thing("room").attributes["passcode"] == "open-sesame"
    stage.declare(resource("room.a", name="甲", passcode="swordfish"))
    later = await stage.plan()
    await stage.apply(later)
    assert stage.thing("room").attributes["passcode"] == "swordfish"
    await stage.settled()
    written = "".join(each.read_text(encoding="utf-8") for each in (tmp_path / "state").rglob("*") if each.is_file())
    for secret in ("open-sesame", "swordfish"):
        assert secret not in written
        assert secret not in plan.model_dump_json() + later.model_dump_json()


async def test_what_converged_by_itself_is_taken_over_without_a_write(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.declare(resource("room.a", name="甲"), resource("room.b", name="乙"))
    await stage.apply()
    stage.thing("room", name="甲").attributes["name"] = "新甲"
    stage.declare(resource("room.a", name="新甲"), resource("room.b", name="新乙"))
    await stage.apply()
    assert stage.writes()[2:] == ["update room.b.name"]
    assert (await stage.document()).bindings[address("room.a")].applied == {"name": "新甲"}


async def test_what_must_be_known_of_the_undeclared_is_recorded_even_without_a_change(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.declare(resource("room.a", "forget", name="甲"))
    await stage.apply()
    stage.declare(resource("room.a", "delete", name="甲", _protect=True, _label="新名"))
    await stage.apply()
    binding = (await stage.document()).bindings[address("room.a")]
    assert (binding.on_remove, binding.protect, binding.label) == ("delete", True, "新名")


async def test_destroy_removes_everything(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.declare(resource("hall.all", name="全部"), resource("room.a", "forget", name="甲", hall=address("hall.all")))
    await stage.apply()
    await stage.apply(await stage.plan(destroy=True))
    assert list(stage.there.living()) == []
    assert (await stage.document()).bindings == {}

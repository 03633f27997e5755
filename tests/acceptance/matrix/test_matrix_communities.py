"""The reference communities on a fresh server: applied, then empty; a fleet of stores; people who are not there."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest

from acceptance.matrix.rig import Desk, told
from homeserver import Homeserver

pytestmark = [pytest.mark.anyio, pytest.mark.acceptance]

# The whole fleet takes minutes of a small machine's server; `GROUPFORM_LONG=1` runs it.
LONG = bool(os.environ.get("GROUPFORM_LONG"))
STORES = 300 if LONG else 60


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.parametrize("name", ["write-or-out", "flash-sale", "store-coupons", "open-garden"])
async def test_an_example_applies_and_plans_empty(tmp_path: Path, homeserver: Homeserver, name: str) -> None:
    desk = Desk.example(tmp_path / "project", homeserver, name)
    plan = await desk.settle()
    assert plan.changes and not plan.steps and not plan.conflicts
    assert (await desk.plan()).steps == []


async def test_a_fleet_of_stores(tmp_path: Path, homeserver: Homeserver) -> None:
    desk = Desk.example(tmp_path / "project", homeserver, "store-coupons")
    table = tmp_path / "project" / "stores.csv"

    def stores(count: int, *, without: int | None = None) -> None:
        with table.open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["id", "store", "city", "owner", "previously"])
            rows.writerows(
                [f"s{number:03}", f"{number}号店", ("sh", "bj", "gz")[number % 3], "ops", ""]
                for number in range(count)
                if number != without
            )

    stores(STORES)
    plan = await desk.settle()
    assert sum(each.type == "room" for each in plan.changes) == STORES
    empty = await desk.plan()
    # Two reads a room (its state, its listing), the space's and the team's, and who we are.
    assert empty.requests <= 2 * (STORES + 2) + 1
    stores(STORES + 1, without=7)
    edited = await desk.settle()
    kinds = ("room", "place", "alias", "notice", "pin")
    assert told(edited) == {
        *(("create", f"{kind}.store/s{STORES:03}", ()) for kind in kinds),
        *(("forget", f"{kind}.store/s007", ()) for kind in kinds),
        ("update", f"order.{desk.key}", ("rooms",)),
    }
    # The room that was forgotten is as it was.
    resolved = homeserver.operator.resolve(f"#{desk.key}-store-s007:localhost")
    assert homeserver.operator.get_state(resolved, "m.room.name")["name"].startswith("7号店")


async def test_an_account_that_does_not_exist_is_a_step_and_no_invitation(
    tmp_path: Path, homeserver: Homeserver
) -> None:
    desk = Desk.example(tmp_path / "project", homeserver, "write-or-out")
    desk.people["lead"]["accounts"]["matrix"] = f"@{desk.key}-nobody:localhost"
    await desk.apply()
    after = await desk.plan()
    assert after.empty and [each.what.code for each in after.steps] == ["matrix-step-invite-inside"]
    team = await desk.id("team.team")
    assert desk.people["lead"]["accounts"]["matrix"] not in homeserver.operator.members(team)
    # Once the account is there it is invited, and the step is closed.
    homeserver.register(f"{desk.key}-nobody")
    asked = await desk.settle()
    assert told(asked) == {("create", "invite.lead", ())}
    assert not (await desk.plan()).steps


async def test_whoever_declines_is_not_asked_again(tmp_path: Path, homeserver: Homeserver) -> None:
    desk = Desk.example(tmp_path / "project", homeserver, "write-or-out")
    await desk.settle()
    team = await desk.id("team.team")
    lead = homeserver.person("lead")
    lead.leave(team)
    plan = await desk.plan()
    assert plan.empty and [each.key.split("/", 1)[1] for each in plan.steps] == ["invite.lead!inside"]
    await desk.apply(plan)
    assert homeserver.operator.members(team)[lead.user_id] == "leave"
    homeserver.operator.invite(team, lead.user_id)
    assert not (await desk.plan()).steps

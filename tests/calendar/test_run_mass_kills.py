"""Killed before and after every request and at every durable write: never a second message for one post.

A durable write has several steps: in the sample every third is a death, under GROUPFORM_FAULTS=all each of them.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from calendar_mass_rig import EIGHT, OWNERS, Desk, Killed, begun
from faults.extent import ALL, every
from groupform.providers.wecom import WeCom
from groupform.providers.wecom.rehearsal import Unconfirmed

DEATHS = ("before", "after", "write")
Scene = Callable[[Desk], None]


def dies(desk: Desk, death: str, point: int) -> bool:
    desk.reborn(death, point)
    try:
        desk.run()
    except Killed:
        return True
    finally:
        desk.reborn()
    return False


def once_at_most(desk: Desk) -> None:
    """No group stands in two messages that somebody could send, or has had more than one."""
    waiting = [chat for each in desk.open() for chat in desk.messages[each]["groups"]]
    assert len(waiting) == len(set(waiting)), "two messages wait for one post"
    for name, chat in desk.chats.items():
        assert desk.got(name) + waiting.count(chat) <= 1, name


def nothing(desk: Desk) -> None:
    """The calendar's time has come, and that is all."""


def half_confirmed_and_edited(desk: Desk) -> None:
    desk.run()
    desk.confirm("zhouzhou")
    desk.later(minutes=20)
    desk.edit("晚上好", "晚安")


def a_group_less(desk: Desk) -> None:
    desk.run()
    desk.later(minutes=150)
    desk.edit("to: [lobby, north, south]", "to: [lobby, south]")


def another_owner(desk: Desk) -> None:
    desk.run()
    desk.later(minutes=20)
    desk.person.hand_over_by_hand(desk.chats["lobby"], "zhouzhou")
    desk.bind("lobby", "zhouzhou", desk.chats["lobby"])


def all_confirmed(desk: Desk) -> None:
    desk.run()
    desk.later(minutes=20)
    desk.confirm()


def too_late(desk: Desk) -> None:
    desk.run()
    desk.later(hours=11)


def to_be_reminded(desk: Desk) -> None:
    desk.run()
    desk.later(hours=4)


SCENES: dict[Scene, tuple[str, ...]] = {
    nothing: ("lobby", "north", "south"),
    half_confirmed_and_edited: ("lobby", "north", "south"),
    a_group_less: ("lobby", "south"),
    another_owner: ("lobby", "north", "south"),
    all_confirmed: ("lobby", "north", "south"),
    too_late: (),
    to_be_reminded: ("lobby", "north", "south"),
}
"""Who has the post in the end, where everybody confirms what then waits for them."""


@pytest.mark.parametrize("death", DEATHS)
@pytest.mark.parametrize("scene", SCENES, ids=lambda each: each.__name__)
def test_one_death_a_life(tmp_path: Path, scene: Scene, death: str) -> None:
    point, died = 1, True
    while died:
        desk = begun(tmp_path / str(point))
        scene(desk)
        died = dies(desk, death, point)
        once_at_most(desk)
        desk.later(minutes=5)
        assert desk.run().exit_code in (0, 3), (death, point)
        once_at_most(desk)
        desk.confirm()
        desk.later(minutes=15)
        desk.run()
        got = tuple(name for name in OWNERS if desk.got(name))
        assert got == SCENES[scene], (death, point, desk.outcomes())
        sent = {key.rpartition(" ")[2] for key, each in desk.outcomes().items() if each == "sent"}
        assert sent == set(got), "the ledger says the same"
        assert not desk.run().told
        point += every(3) if death == "write" else 1
    assert point > 2


@pytest.mark.parametrize("death", DEATHS)
@pytest.mark.parametrize(
    ("at_once", "monthly"), [(2000, False), (1, True), *([(2000, True), (1, False)] if ALL else [])]
)
def test_death_after_death_in_one_life(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, death: str, at_once: int, monthly: bool
) -> None:
    """Every evening for three days: the process dies at its first point, at its second, until one lives to its end."""
    monkeypatch.setattr(WeCom, "at_once", at_once)
    desk = begun(tmp_path, unconfirmed=Unconfirmed(mass_by_month=monthly))
    died = 0
    for day in range(3):
        desk.time = EIGHT + timedelta(days=day)
        for scene in (nothing, lambda desk: desk.confirm()):
            scene(desk)
            point = 1
            while dies(desk, death, point):
                died, point = died + 1, point + (every(3) if death == "write" else 1)
                desk.later(seconds=5)
            desk.later(minutes=12)
            desk.run()
        assert [desk.got(name) for name in OWNERS] == [day + 1] * 3
    assert set(desk.outcomes().values()) == {"sent"} and died > 9
    assert not desk.rehearsal.objections


def test_three_runners_at_once(tmp_path: Path) -> None:
    """Whoever comes second finds the ledger held, says so, and does nothing."""
    desk = begun(tmp_path)
    reports = desk.run_together(3)
    assert sum(each.busy is not None for each in reports) >= 1
    assert len(desk.messages) == 2 and not desk.run().told
    once_at_most(desk)


ROOM = "externalcontact/"
PATHS = ("add_msg_template", "get_groupmsg_list_v2", "get_groupmsg_task", "get_groupmsg_send_result")
PATHS += ("remind_groupmsg_send", "cancel_groupmsg_send")


@pytest.mark.parametrize("code", [-1, 45009, 48002, 41063, 60021, 99999])
@pytest.mark.parametrize("path", PATHS)
def test_whatever_the_platform_answers_once(tmp_path: Path, path: str, code: int) -> None:
    """A refusal, a limit, a code that nobody knows, at each call, until it is over: told, and made up for."""
    desk = begun(tmp_path)
    desk.max_wait = 90.0
    if path == "get_groupmsg_list_v2":
        assert dies(desk, "after", 2)
        desk.later(minutes=5)
    desk.rehearsal.fail_next(ROOM + path, code, times=50 if code != -1 else 2)
    for minutes, edit in ((0, ""), (5, "edit"), (200, ""), (5, "confirm")):
        desk.later(minutes=minutes)
        if edit == "edit":
            desk.edit("晚上好", "晚安")
        if edit == "confirm":
            desk.confirm()
        assert desk.run().exit_code in (0, 1, 3, 4)
        once_at_most(desk)
    desk.rehearsal.clear_faults()
    desk.later(minutes=15)
    desk.run()
    desk.confirm()
    desk.later(minutes=15)
    desk.run()
    once_at_most(desk)
    assert not desk.run().told
    known = {"sent", "missed", "cancelled"}
    # Where the list could not be read until it was too late, nobody can tell.
    assert set(desk.outcomes().values()) <= (known | {"unknown"} if path == "get_groupmsg_list_v2" else known)
    for name, outcome in zip(OWNERS, desk.outcomes().values(), strict=True):
        assert outcome == "unknown" or desk.got(name) == (outcome == "sent")

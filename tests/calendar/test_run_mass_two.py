"""Two deployments on one corp that send one owner the same words: neither takes the other's message for its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from calendar_mass_rig import CLUB, EIGHT, PROJECT, Desk, Killed

ONE = CLUB.replace("  north: {title: 城北}\n  south: {title: 城南, owner: host}\n", "").replace(", north, south]", "]")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Two deployments whose ledgers have begun, at eight in the evening. The second one's group is another."""
    found = Desk(tmp_path, community=ONE, owners={"lobby": "LinYi"})
    (tmp_path / "groupform.yaml").write_text(
        PROJECT + "  other: {community: club, connection: corp, title_suffix: 二}\n", "utf-8"
    )
    first = dict(found.chats)
    for name in ("other", "club"):
        found.name = name
        if name == "other":
            found.bind_all({"lobby": "LinYi"})
        assert not found.run().told
    found.chats = {"other": found.chats["lobby"], "club": first["lobby"]}
    found.time = EIGHT
    return found


def dies(desk: Desk, name: str, death: str) -> None:
    desk.name = name
    desk.reborn(death, 2)  # a token, the message
    with pytest.raises(Killed):
        desk.run()
    desk.reborn()


def got(desk: Desk) -> dict[str, int]:
    return {name: len(desk.rehearsal.corp["groups"][chat]["got"]) for name, chat in desk.chats.items()}


@pytest.mark.parametrize("death", ["before", "after"])
def test_one_was_killed_while_the_other_went_on(desk: Desk, death: str) -> None:
    dies(desk, "club", death)
    desk.later(minutes=2)
    desk.name = "other"
    assert desk.told() == {("laid", ""): 1}
    desk.name = "club"
    desk.later(minutes=2)
    assert desk.told() == {("laid", ""): 1}
    assert len(desk.messages) == 2, "each has one of its own"
    desk.confirm()
    for name in ("club", "other"):
        desk.name = name
        assert desk.told() == {("sent", ""): 1}
    assert got(desk) == {"club": 1, "other": 1}


def test_both_were_killed_and_one_message_is_there(desk: Desk) -> None:
    dies(desk, "other", "before")
    dies(desk, "club", "after")
    desk.name = "club"
    assert desk.told() == {("open", "send-still-open"): 1}, "the other one may be making it right now"
    desk.later(minutes=5)
    for name in ("other", "club"):
        desk.name = name
        assert desk.told() == {("unknown", "send-rival"): 1}, "a person looks"
        assert not desk.run().told
    assert len(desk.messages) == 1, "none is made twice"


def test_both_were_killed_before_anything_was_made(desk: Desk) -> None:
    dies(desk, "other", "before")
    dies(desk, "club", "before")
    desk.later(minutes=5)
    for name in ("other", "club"):
        desk.name = name
        assert desk.told() == {("laid", ""): 1}
    assert len(desk.messages) == 2


def test_a_lost_ledger_takes_no_message_of_the_other(desk: Desk) -> None:
    desk.name = "other"
    desk.run()
    for file in (desk.folder / "state").rglob("*club.sends*/*"):
        file.unlink()
    desk.name = "club"
    assert desk.told() == {("laid", ""): 1} and len(desk.messages) == 2

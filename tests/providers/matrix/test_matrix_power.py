"""Power levels: what a role may do, and that nothing of others is touched in the event that is shared with them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groupform.providers.matrix import power

users = st.dictionaries(st.sampled_from(["@a:x", "@b:x", "@c:x", "@bot:x"]), st.integers(0, 100))
acts = st.dictionaries(st.sampled_from(["m.room.name", "m.room.topic", "org.other"]), st.integers(0, 150))
contents = st.fixed_dictionaries(
    {"users": users, "events": acts, "notifications": st.fixed_dictionaries({"room": st.integers(0, 100)})},
    optional={"events_default": st.integers(0, 100), "org.strange": st.just({"kept": [1]})},
)


@pytest.mark.parametrize(
    ("rights", "level"),
    [((), 0), (("announce",), 10), (("moderate", "announce"), 50), (("manage", "moderate", "announce"), 100)],
)
def test_rights_as_numbers(rights: tuple[str, ...], level: int) -> None:
    assert power.level_of(rights) == level


def test_an_announcement_room_is_quiet_for_those_without_a_level() -> None:
    quiet, loud = (power.levels(announcement=each, members_invite=True)["events_default"] for each in (True, False))
    assert power.level_of(()) < quiet <= power.level_of(("announce",))
    assert loud == 0


def test_the_tombstone_stays_above_every_person() -> None:
    levels = power.levels(announcement=False, members_invite=False)
    assert levels["events.m.room.tombstone"] > power.level_of(("manage",))
    assert levels["events.m.room.tombstone"] > levels["state_default"]


@given(contents, users, acts, st.sets(st.sampled_from(["@a:x", "@b:x"])))
def test_an_edit_touches_nothing_else(
    content: dict[str, Any], put: dict[str, Any], levels: dict[str, Any], drop: set[str]
) -> None:
    before = {key: dict(value) if isinstance(value, dict) else value for key, value in content.items()}
    drop -= put.keys()
    flat = {f"events.{key}": value for key, value in levels.items()}
    after = power.changed(content, users=put, drop_users=drop, levels=flat, creators=frozenset({"@bot:x"}))
    assert content == before
    for user in content["users"].keys() - put.keys() - drop - {"@bot:x"}:
        assert after["users"][user] == content["users"][user]
    assert not drop & after["users"].keys()
    assert "@bot:x" not in after["users"]
    assert after["events"] == content["events"] | levels
    assert after["notifications"] == content["notifications"]
    assert after.get("org.strange") == content.get("org.strange")


@given(contents)
def test_attributes_and_content_say_the_same(content: dict[str, Any]) -> None:
    people, levels = power.to_attributes(content)
    assert people == content["users"]
    assert power.changed(content, users=people, levels=levels) == content
    emptied = {key: {} if isinstance(value, dict) else value for key, value in content.items() if key != "org.strange"}
    rebuilt = power.changed(emptied, users=people, levels=levels)
    assert rebuilt == {key: value for key, value in content.items() if key != "org.strange"}

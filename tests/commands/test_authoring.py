"""Whatever people called their groups, the file that is written for them is valid and says just that."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groupform.commands.authoring import community_text, draft, keys_for, line, slug
from groupform.config.load import load_project
from groupform.config.project import Connection
from groupform.config.write import scalar
from groupform.engine.adoption import Live, LiveGroup

PROJECT = """\
groupform: 1
communities: [club.yaml]
people: {me: {name: Me, accounts: {matrix: "@me:localhost"}}}
connections: {home: {platform: matrix, homeserver: "http://127.0.0.1:1"}}
deployments: {club-home: {community: club, connection: home}}
"""
HOME = Connection("home", "matrix", {}, "matrix")
ODD = st.text(alphabet=st.characters(codec="utf-8"), max_size=12) | st.sampled_from(
    [
        "null",
        "yes",
        "012",
        "1e5",
        "- a",
        "a: b",
        "# x",
        "'",
        '"',
        "{x}",
        "!tag",
        "&a",
        "*a",
        "a #b",
        "：",
        "，",
        "👨‍👩‍👧",
        "~",
        "\u2028",
    ]
)


def titles_of(live: Live, title: str) -> tuple[str, list[tuple[str, str | None]]]:
    made = draft(live, "club", line(title) or "club", {}, HOME, {})
    made.people.clear()
    made.owner = "me"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "groupform.yaml").write_text(PROJECT, encoding="utf-8")
        text = community_text(made, comment="x", schema=None)
        (folder / "club.yaml").write_text(text, encoding="utf-8", newline="")
        loaded = load_project(folder, environ={}, platforms=("matrix",))
    assert loaded.project is not None, (text, [(each.code, dict(each.params)) for each in loaded.diagnostics])
    community = loaded.project.communities["club"]
    return community.model.title, [(each.title, each.topic) for each in community.groups]


@settings(max_examples=150, deadline=None)
@given(ODD, st.lists(st.tuples(ODD, ODD), min_size=1, max_size=4))
def test_any_title_is_written_so_that_it_reads_back(title: str, groups: list[tuple[str, str]]) -> None:
    live = Live(
        None, tuple(LiveGroup(f"!{n}", one, topic) for n, (one, topic) in enumerate(groups)), me="@me:localhost"
    )
    keys = list(keys_for(live.groups, "club"))
    community, found = titles_of(live, title)
    assert community == (line(title) or "club")
    assert found == [(line(one) or key, line(topic) or None) for key, (one, topic) in zip(keys, groups, strict=True)]


@pytest.mark.parametrize(
    ("text", "key"),
    [("Lobby.EN", "lobby-en"), ("old-cats", "old-cats"), ("大厅", ""), ("Café 2", ""), ("１２", "12"), ("!!", "")],
)
def test_a_key_is_made_of_plain_letters_or_not_at_all(text: str, key: str) -> None:
    assert slug(text) == key


def test_keys_are_unlike_each_other_and_go_without_the_communitys() -> None:
    groups = [LiveGroup("1", "x", names=("club-lobby",)), LiveGroup("2", "Lobby"), LiveGroup("3", "大厅")]
    assert list(keys_for(groups, "club")) == ["lobby", "lobby-2", "group-3"]


def test_only_rights_held_everywhere_are_said_of_the_community() -> None:
    every, some = ("manage", "moderate", "announce"), ("moderate", "announce")
    groups = (
        LiveGroup("1", "一", may={"@a:x": every, "@b:x": some, "@c:x": every}),
        LiveGroup("2", "二", may={"@a:x": every, "@b:x": some}),
        LiveGroup("3", "三", may={"@a:x": every, "@b:x": some, "@c:x": some}),
    )
    made = draft(Live(None, groups, me="@me:x"), "club", "Club", {}, HOME, {"@b:x": "Bo\nB"})
    assert made.owner == "a"
    assert made.roles == {"moderator": ["b"]}
    assert made.owners == {"group-1": "c"}
    assert made.people["b"] == {"name": "Bo B", "accounts": {"matrix": "@b:x"}}


def test_texts_are_bare_where_nothing_could_be_misread() -> None:
    assert scalar("大厅 2") == "大厅 2"
    assert scalar("yes") == '"yes"'
    assert scalar("a: b") == '"a: b"'

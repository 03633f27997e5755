"""What WeChat makes of a community: what a person sets in each group, what is advised, and who could read what."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from compile.worlds import community, deployed, everything, loaded, story
from groupform.compile.resource import Cell, Compiled, OnRemove, Resource, Right
from groupform.config.diagnostics import Severity
from groupform.engine.checks import evaluate
from groupform.engine.provider import Context, Ownership
from groupform.engine.resource_type import Actor, Verb
from groupform.messages import LANGUAGES, load
from groupform.providers.wechat import provider

ROOT = Path(__file__).parents[3] / "cli" / "groupform"

CLUB = """\
community: club
title: Club
tiers: [{key: member, title: Members}, {key: core, title: Core}, {key: vip, title: Vip}]
team:
  owner: lead
  roles: {host: {people: [host-sh], may: [moderate]}, boss: {people: [ops], may: [manage]}}
entry: {door: %s, asks: {why: {ask: "Why?", answer: text}}}
groups:
  hall: {title: Hall}
  core-room: {title: Core room, tier: core, entry: {door: link}}
  shop: {title: Shop, owner: ops, entry: {door: request, asks: {what: {ask: "What?", answer: text}}}}
"""


def compiled(folder: Path) -> Compiled:
    return provider.compile(deployed(folder), refused={})


def one(result: Compiled, short: str) -> Resource:
    [found] = [each for each in result.resources if each.address.short == short]
    return found


def kinds(result: Compiled, name: str) -> set[str]:
    return {each.address.type for each in result.resources if each.address.name == name}


@pytest.mark.parametrize(
    ("door", "kind"),
    [
        ("open", "qr"),
        ("link", "qr"),
        ("request", "join-confirmation"),
        ("contact", "join-confirmation"),
        ("invite", "join-confirmation"),
        ("paid", "join-confirmation"),
    ],
)
def test_the_door_decides_how_people_come_in(tmp_path: Path, door: str, kind: str) -> None:
    community(tmp_path, CLUB % door, "wechat")
    assert kinds(compiled(tmp_path), "hall") == {"group", kind}


def test_a_tier_needs_somebody_who_decides_whatever_the_door(tmp_path: Path) -> None:
    community(tmp_path, CLUB % "link", "wechat")
    confirmation = one(compiled(tmp_path), "join-confirmation.core-room")
    assert confirmation.attributes == {"admit": "✓ Core\n✓ Vip\n? Why?"}


def test_a_groups_own_questions_follow_the_communitys(tmp_path: Path) -> None:
    community(tmp_path, CLUB % "link", "wechat")
    assert one(compiled(tmp_path), "join-confirmation.shop").attributes == {"admit": "? Why?\n? What?"}


def test_the_groups_owner_owns_it_and_the_rest_of_the_team_administers_it(tmp_path: Path) -> None:
    community(tmp_path, CLUB % "link", "wechat")
    result = compiled(tmp_path)
    assert one(result, "group.hall").attributes == {
        "title": "Club·Hall",
        "owner": "林一 (linyi)",
        "admins": "周舟 (zhouzhou), 运营 (ops01)",
    }
    shop = one(result, "group.shop")
    assert (shop.attributes["owner"], shop.who) == ("运营 (ops01)", "ops")
    assert shop.attributes["admins"] == "周舟 (zhouzhou), 林一 (linyi)"


def test_who_could_read_what(tmp_path: Path) -> None:
    community(tmp_path, CLUB % "link", "wechat")
    access = compiled(tmp_path).access
    assert Cell("stranger", "hall", Right.read) in access
    assert Cell("stranger", "shop", Right.read) not in access
    assert Cell("tier:member", "core-room", Right.read) not in access
    assert Cell("tier:vip", "core-room", Right.read) in access
    assert Cell("person:ops", "shop", Right.manage) in access
    assert Cell("role:host", "shop", Right.manage) not in access


def test_a_check_that_a_tier_is_kept_out_holds_where_somebody_confirms(tmp_path: Path) -> None:
    text = CLUB % "link" + "checks: [{who: {below: core}, cannot: read, in: %s}]\n"
    for group, broken in (("core-room", False), ("hall", True)):
        community(tmp_path, text % group, "wechat")
        deployment = deployed(tmp_path)
        assert bool(list(evaluate(deployment, provider.compile(deployment, refused={}).access))) is broken


def test_groups_are_let_go_unless_the_file_says_otherwise(tmp_path: Path) -> None:
    everything(tmp_path, "wechat")
    result = compiled(tmp_path)
    removals = {each.address.name: each.on_remove for each in result.resources if each.address.type == "group"}
    assert removals["hall"] is OnRemove.forget
    assert removals["circle"] is OnRemove.delete
    # There is no archive on WeChat.
    assert removals["district/north"] is OnRemove.forget
    assert {each.on_remove for each in result.resources if each.address.type != "group"} == {OnRemove.forget}
    assert all(each.protect for each in result.resources if each.address.name == "circle")


def test_limits_advise_and_never_refuse(tmp_path: Path) -> None:
    everything(tmp_path, "wechat", settings=", max_admins: '1', notice_length: '20'")
    found = {(each.code, each.severity) for each in compiled(tmp_path).diagnostics}
    assert ("wechat-capacity-high", Severity.warning) in found
    assert ("wechat-admins-many", Severity.warning) in found
    assert ("wechat-notice-long", Severity.note) in found
    assert ("wechat-qr-stops-early", Severity.note) in found
    assert ("wechat-confirmation-refuses-qr", Severity.note) in found
    assert Severity.error not in {severity for _, severity in found}
    assert all(each.span is not None for each in compiled(tmp_path).diagnostics)


def test_the_limits_of_a_connection_hold(tmp_path: Path) -> None:
    everything(tmp_path, "wechat", settings=", max_members: '600', max_admins: '9', qr_members: '600'")
    codes = {each.code for each in compiled(tmp_path).diagnostics}
    assert not codes & {"wechat-capacity-high", "wechat-admins-many", "wechat-qr-stops-early"}


@pytest.mark.parametrize(
    ("settings", "codes"),
    [
        ("", []),
        (", max_members: '1000'", []),
        (", max_members: many", ["wechat-setting-not-a-number"]),
        (", max_members: '0'", ["wechat-setting-not-a-number"]),
        (", max_members: '-3'", ["wechat-setting-not-a-number"]),
        (", max_members: '٣'", ["wechat-setting-not-a-number"]),
        (", max_members: ''", ["wechat-setting-not-a-number"]),
        (", region: abc", ["wechat-setting-unknown"]),
    ],
)
def test_a_connection_is_checked(tmp_path: Path, settings: str, codes: list[str]) -> None:
    story(tmp_path, "write-or-out", "wechat", settings=settings)
    connection = loaded(tmp_path).connections["here"]
    assert [each.code for each in provider.check_connection(connection)] == codes


def test_everything_is_done_by_people_and_read_by_nobody() -> None:
    for kind in provider.types.values():
        assert kind.actor(Verb.read) is Actor.nobody
        assert kind.actor(Verb.create) is kind.actor(Verb.update) is Actor.person
        # Only a group is ever dismissed; what is set in it goes with it.
        assert kind.actor(Verb.delete) is (Actor.person if kind.name == "group" else Actor.nobody)
    assert [kind.name for kind in provider.types.values() if kind.people_inside] == ["group"]


def test_what_is_compiled_is_what_the_types_allow(tmp_path: Path) -> None:
    everything(tmp_path, "wechat")
    for each in compiled(tmp_path).resources:
        kind = provider.types[each.address.type]
        assert set(each.attributes) <= set(kind.attributes)
        kind.adapter.validate_python(dict(each.attributes), strict=True)
        assert each.who


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_session_sends_nothing(tmp_path: Path, anyio_backend: str) -> None:
    story(tmp_path, "write-or-out", "wechat")
    context = Context(
        loaded(tmp_path).connections["here"],
        Ownership("lineage", "here", "production"),
        frozenset(),
        1.0,
        lambda: 0.0,
        lambda _: pytest.fail("nothing waits"),
        lambda *_: None,
    )
    async with provider.connect(context) as session:
        assert await session.discover() == ()
        assert all(check.ok for check in await session.doctor())
        codes = [check.code for check in await session.doctor()]
        assert (await session.whoami()).server == "wechat"
        assert session.requests == 0
    for lang in LANGUAGES:
        assert set(codes) <= set(load(lang))


def test_the_engine_knows_no_platform() -> None:
    """No word of this platform, nor of any other, stands in what every platform shares."""
    words = ("wechat", "weixin", "matrix", "discord", "telegram", "微信", "群公告")
    for room in ("engine", "compile", "state"):
        for file in sorted((ROOT / room).rglob("*.py")):
            tree = ast.parse(file.read_text(encoding="utf-8"))
            names = [node.id for node in ast.walk(tree) if isinstance(node, ast.Name)]
            names += [
                node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)
            ]
            names += [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
            documentation = {
                ast.get_docstring(node, clean=False)
                for node in ast.walk(tree)
                if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
            }
            for name in names:
                if name not in documentation:
                    assert not any(word in name.lower() for word in words), (file, name)


def test_what_is_compiled_grows_as_the_groups_do(tmp_path: Path) -> None:
    sizes = (100, 200)
    counts = []
    for size in sizes:
        folder = tmp_path / str(size)
        story(folder, "store-coupons", "wechat")
        rows = "".join(f"s{number},店{number},sh,ops,\n" for number in range(size))
        (folder / "stores.csv").write_text("id,store,city,owner,previously\n" + rows, encoding="utf-8")
        result = compiled(folder)
        counts.append((len(result.resources), len(result.claims)))
    assert counts[1][0] == 2 * counts[0][0]
    assert counts[1][1] - counts[0][1] == (counts[1][0] - counts[0][0]) // 5 * 6

"""From files to a resolved project: fan-out, owners, environments, variables, earlier names, digest."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr

from groupform.config.load import Loaded, find_project, load_project
from groupform.config.project import Project

BASE = Path(__file__).resolve().parents[1] / "golden" / "diagnostics" / "base"
NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
ENVIRON = {"TOKEN": "t0ken", "SECRET": "s3cret"}
CLUB = "communities/club.yaml"
STORES = "communities/stores.csv"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return Path(shutil.copytree(BASE, tmp_path / "p"))


def _edit(project: Path, file: str, *edits: tuple[str, str]) -> None:
    text = (project / file).read_text(encoding="utf-8")
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    (project / file).write_text(text, encoding="utf-8")


def _load(project: Path, environ: Mapping[str, str] = ENVIRON, environment: str | None = None) -> Loaded:
    return load_project(project, environ=environ, environment=environment, now=NOW, platforms=("matrix", "wecom"))


def _sound(project: Path, environ: Mapping[str, str] = ENVIRON, environment: str | None = None) -> Project:
    loaded = _load(project, environ, environment)
    assert loaded.project is not None, [each.code for each in loaded.diagnostics]
    return loaded.project


def _codes(loaded: Loaded) -> list[str]:
    return [f"{each.code} {each.span}" for each in loaded.diagnostics]


def test_groups_fan_out_in_declared_order(project: Path) -> None:
    club = _sound(project).communities["club"]
    assert [(each.name, each.title, each.owner, dict(each.segments)) for each in club.groups] == [
        ("lobby", "大厅", None, {}),
        ("city/sh", "宠友·上海", None, {"region": "sh"}),
        ("city/bj", "宠友·北京", None, {"region": "bj"}),
        ("store/rmgc", "人民广场店福利群", "ops", {}),
        ("store/wj", "望京店福利群", "lead", {}),
    ]
    assert club.groups[3].values["store"] == "人民广场店"


def test_places_lead_to_the_line_that_made_a_group(project: Path) -> None:
    places = _sound(project).communities["club"].places
    assert str(places["groups.city.title"].span) == f"{CLUB}:22:12"
    assert str(places["groups.city/sh"].span) == f"{CLUB}:5:12"
    assert str(places["groups.city/sh.title"].span) == f"{CLUB}:22:12"
    assert str(places["groups.store/wj"].span) == f"{STORES}:3:1"
    assert str(places["tiers.vip.title"].span) == f"{CLUB}:8:23"
    assert str(places["tiers.1.title"].span) == f"{CLUB}:8:23"
    assert places["groups.city"].source_line == "  city:"
    assert places.get("groups.nothing") is None
    assert {"entry.door", "groups.store/rmgc", "tiers.member.key"} <= set(places)


def test_earlier_names_of_keys_and_copies(project: Path) -> None:
    _edit(project, CLUB, ("    default: true", "    default: true\n    previously: [hall]"))
    _edit(project, CLUB, ('title: "{store}福利群"', 'title: "{store}福利群"\n    previously: [shop]'))
    _edit(project, CLUB, ("{sh: 上海,", "{sh: {title: 上海, previously: [shanghai]},"))
    (project / STORES).write_text("id,store,owner,previously\nrmgc,人民广场店,ops,rm old\n", encoding="utf-8")
    club = _sound(project).communities["club"]
    assert {each.name: each.previously for each in club.groups if each.previously} == {
        "lobby": ("hall",),
        "city/sh": ("city/shanghai",),
        "store/rmgc": (
            "store/rm", "store/old", "shop/rmgc", "shop/rm", "shop/old",
        ),
    }  # fmt: skip


def test_a_table_may_be_gb18030_or_carry_a_mark(project: Path) -> None:
    text = (project / STORES).read_text(encoding="utf-8")
    for data in (text.encode("gb18030"), text.encode("utf-8-sig"), text.replace("\n", "\r\n").encode()):
        (project / STORES).write_bytes(data)
        titles = [each.title for each in _sound(project).communities["club"].groups]
        assert titles[-1] == "望京店福利群"


def test_an_empty_owner_cell_leaves_the_group_to_the_community_s_owner(project: Path) -> None:
    _edit(project, STORES, ("望京店,lead", "望京店,"))
    assert [each.owner for each in _sound(project).communities["club"].groups][-1] == "lead"


def test_secrets_are_wrapped_and_never_among_the_variables(project: Path) -> None:
    done = _sound(project, {**ENVIRON, "HOMESERVER": "http://10.0.0.1"})
    settings = done.connections["home"].settings
    assert settings["homeserver"] == "http://10.0.0.1"
    assert isinstance(settings["access_token"], SecretStr)
    assert settings["access_token"].get_secret_value() == "t0ken"
    assert dict(done.variables) == {"HOMESERVER": "http://10.0.0.1"}
    assert "t0ken" not in repr(done)
    assert "s3cret" not in repr(done)


def test_a_login_inside_an_address_does_not_reach_the_plan(project: Path) -> None:
    done = _sound(project, {**ENVIRON, "HOMESERVER": "http://me:pw@10.0.0.1/x"})
    assert dict(done.variables) == {"HOMESERVER": "http://***@10.0.0.1/x"}


@pytest.mark.parametrize(
    "written", ["syt_abc", "'${env:TOKEN:-syt_abc}'", "'Bearer syt_abc'"], ids=["value", "default", "text"]
)
def test_a_secret_in_the_file_is_refused_without_showing_it(project: Path, written: str) -> None:
    _edit(project, "groupform.yaml", ("${env:TOKEN}", written))
    loaded = _load(project)
    (only,) = loaded.diagnostics
    assert (only.code, str(only.span)) == ("secret-in-file", "groupform.yaml:10:19")
    assert "syt_abc" not in f"{only.params} {only.source_line}"


def test_a_secret_may_come_from_a_file_outside_the_project(project: Path, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("from-file\n", encoding="utf-8")
    (tmp_path / "token").chmod(0o600)
    _edit(project, "groupform.yaml", ("${env:TOKEN}", "${file:" + str(tmp_path / "token") + "}"))
    done = _sound(project)
    assert done.connections["home"].settings["access_token"].get_secret_value() == "from-file"
    before = done.digest
    (tmp_path / "token").write_text("rotated\n", encoding="utf-8")
    assert _sound(project).digest == before


def test_the_digest_follows_every_file(project: Path) -> None:
    seen = {_sound(project).digest}
    assert seen == {_sound(project).digest}
    for file in ("groupform.yaml", CLUB, STORES, "communities/posts/tips.md"):
        with (project / file).open("a", encoding="utf-8") as out:
            out.write("# x\n" if file.endswith("yaml") else "x,y,ops\n")
        seen.add(_sound(project).digest)
    assert len(seen) == 5


def test_variables_are_asked_of_the_connections_in_use_only(project: Path) -> None:
    loaded = load_project(project, environ={}, now=NOW, platforms=("matrix",))
    assert [(each.severity, each.params.get("name")) for each in loaded.diagnostics if "variable" in each.code] == [
        ("error", "TOKEN"),
        ("note", "SECRET"),
    ]
    narrowed = load_project(project, environ={"SECRET": "x"}, now=NOW, deployments=["club-work"])
    assert narrowed.project is not None
    assert "access_token" not in narrowed.project.connections["home"].settings


ENVIRONMENTS = """
environments:
  live: {default: true}
  test: {connections: {home: spare}, title_suffix: （测试）, only: [club-home]}
"""


def test_an_environment_replaces_connections_and_leaves_deployments_out(project: Path) -> None:
    with (project / "groupform.yaml").open("a", encoding="utf-8") as out:
        out.write(ENVIRONMENTS)
    spare = "  spare: {platform: matrix, homeserver: http://x, access_token: '${env:SPARE}'}\n"
    _edit(project, "groupform.yaml", ("deployments:\n", spare + "deployments:\n"))
    live = _sound(project)
    assert (live.environment, live.default_environment) == ("live", True)
    assert [each.name for each in live.deployments] == ["club-home", "club-work"]
    test = _sound(project, {"SPARE": "s"}, "test")
    assert (test.environment, test.default_environment) == ("test", False)
    (only,) = test.deployments
    assert (only.name, only.connection.key, only.title_suffix) == ("club-home", "spare", "（测试）")
    assert _codes(_load(project, environment="tset"))[1:] == ["unknown-environment-close groupform.yaml:17:1"]


def test_only_splits_groups_and_copies(project: Path) -> None:
    _edit(project, "groupform.yaml", ("connection: work}\n", "connection: work, only: [lobby, city/sh]}\n"))
    work = _sound(project).deployment("club-work")
    assert work is not None
    assert [each.name for each in work.groups] == ["lobby", "city/sh"]
    assert [each.name for each in work.excluded] == ["city/bj", "store/rmgc", "store/wj"]


def test_people_from_a_table(project: Path) -> None:
    (project / "people.csv").write_text(
        "id,name,matrix,wecom,backup\nlead,林一,@lead:x,lin,\nops,运营,@ops:x,ops,lead\n"
    )
    text = (project / "groupform.yaml").read_text(encoding="utf-8").splitlines(keepends=True)
    text[2:5] = ["people: {csv: people.csv, key: id}\n"]
    (project / "groupform.yaml").write_text("".join(text), encoding="utf-8")
    people = _sound(project).deployments[0].people
    assert people["ops"].accounts == {"matrix": "@ops:x", "wecom": "ops"}
    assert people["ops"].backup == "lead"
    (project / "people.csv").write_text("id,name,matrix,wecom,backup\nlead,,@l:x,lin,\nops,运营,@ops:x,ops,led\n")
    assert _codes(_load(project)) == ["text-empty people.csv:2:6", "unknown-person people.csv:3:19"]


def test_a_flash_sale_has_the_group_of_its_next_run(project: Path) -> None:
    runs = 'runs: {every: {weekly: [sat], at: "18:00"}, from: 2026-12-05, lasts: 4h, then: dissolve}\n'
    _edit(project, CLUB, ("segments:\n", runs + "segments:\n"), ("title: 大厅", "title: 闪购 {run}"))
    _edit(project, CLUB, ("to: [lobby]", "to: [lobby/2026-12-05]"))
    club = _sound(project).communities["club"]
    assert (club.groups[0].name, club.groups[0].title) == ("lobby/2026-12-05", "闪购 2026-12-05")
    assert club.groups[1].name == "city/sh"


def test_two_communities_of_one_key(project: Path) -> None:
    shutil.copy(project / CLUB, project / "communities" / "other.yaml")
    loaded = _load(project)
    (only,) = loaded.diagnostics
    assert (only.code, only.span and only.span.file) == ("community-twice", "communities/other.yaml")
    assert [str(span) for _, span in only.related] == [f"{CLUB}:1:12"]


def test_the_project_file_is_found_from_below(project: Path) -> None:
    assert find_project(project / "communities") == (project / "groupform.yaml").resolve()
    assert load_project(project / "groupform.yaml", environ=ENVIRON, now=NOW).project is not None
    below = load_project(project / "communities", environ=ENVIRON, now=NOW)
    assert [each.code for each in below.diagnostics] == ["project-missing"]


def test_every_reference_community_resolves(reference: Path) -> None:
    environ = dict.fromkeys(("MATRIX_ACCESS_TOKEN", "DISCORD_BOT_TOKEN", "WECOM_SECRET"), "x")
    loaded = load_project(reference, environ=environ, now=NOW)
    assert loaded.project is not None
    assert {each.severity for each in loaded.diagnostics} <= {"note"}
    names = {key: [each.name for each in made.groups] for key, made in loaded.project.communities.items()}
    assert names == {
        "flash-sale": ["sale/2026-12-05"],
        "pet-club": ["lobby", "city/sh", "city/bj", "city/gz", "notices", "vip-lounge"],
        "store-coupons": ["store/rmgc", "store/wangjing", "store/tianhe"],
        "write-or-out": ["desk", "circle/early", "circle/reading", "circle/sport", "circle/video"],
    }
    assert loaded.project.communities["store-coupons"].groups[2].previously == ("store/tianhecheng",)
    assert set(loaded.project.communities["pet-club"].files) == {
        "assets/guide.png", "posts/wednesday-tips.md", "posts/day-3.md", "data/orders.csv",
    }  # fmt: skip

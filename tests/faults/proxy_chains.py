"""The communities that live behind the proxy, and the stories of each: made or adopted, edited, destroyed."""

from __future__ import annotations

import copy
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

EXAMPLES = Path(__file__).parents[2] / "examples"
STORES = 300
SHARED = 4
"""So many things go wrong in each story of a community that takes long. An undo that were run more often than a state
keeps copies of itself would find nothing to go back to."""
_MANY = 11
"""In a story of thousands of requests, where no undo follows at once."""


@dataclass(frozen=True)
class Place:
    """Where a life happens: its project's folder, the key of its community, the space it may adopt. `serials` are those
    of the state before each story."""

    folder: Path
    key: str
    space: str = ""
    serials: dict[str, int] = field(default_factory=dict)

    @property
    def deployment(self) -> str:
        return f"{self.key}-here"

    @property
    def community(self) -> Path:
        return self.folder / "communities" / f"{self.key}.yaml"

    def change(self, old: str, new: str) -> None:
        text = self.community.read_text(encoding="utf-8")
        assert old in text, text
        self.community.write_text(text.replace(old, new, 1), encoding="utf-8")


@dataclass(frozen=True)
class Command:
    """One command line. `already` are codes by which it says that it was done before."""

    argv: tuple[str, ...]
    already: tuple[str, ...] = ()


def _nothing(place: Place) -> None:
    """The files stay."""


def _apply(place: Place) -> list[Command]:
    return [Command(("apply", "--yes", "-d", place.deployment))]


def _undo(place: Place) -> list[Command]:
    """To before the edit, however many processes that took."""
    return [Command(("undo", "--to", str(place.serials["edit"]), "--yes", "-d", place.deployment))]


def _destroy(place: Place) -> list[Command]:
    return [Command(("destroy", "--yes", "-d", place.deployment))]


def _adopt(place: Place) -> list[Command]:
    adopt = ("adopt", "here", place.space, "--as", place.key, "--yes")
    return [Command(adopt, already=("adopt-name-taken", "adopt-owned")), *_apply(place)]


@dataclass(frozen=True)
class Story:
    """`begin` edits the files; `commands` are what a person types then, and again after trouble. `strikes` is how many
    things go wrong in it, where that differs from the chain's."""

    name: str
    commands: Callable[[Place], list[Command]] = _apply
    begin: Callable[[Place], None] = _nothing
    destroys: bool = False
    strikes: int | None = None


@dataclass(frozen=True)
class Chain:
    """Stories that follow each other in one life. `strikes` is how many things go wrong in each; `rounds`, where it is
    given, how often each kind comes in each story, at requests drawn at random, in place of every request. A `crowded`
    server is of no use to another life."""

    name: str
    write: Callable[[Place], None]
    stories: tuple[Story, ...]
    adopts: bool = False
    strikes: int = 1
    rounds: int | None = None
    crowded: bool = False


def _dump(place: Place, community: Mapping[str, Any]) -> None:
    place.community.parent.mkdir(parents=True, exist_ok=True)
    text = yaml.safe_dump({**community, "community": place.key}, allow_unicode=True, sort_keys=False)
    place.community.write_text(text, encoding="utf-8")


def small() -> dict[str, Any]:
    """Two groups, and one of everything that is created."""
    return {
        "community": "fault",
        "title": "小群",
        "tiers": [{"key": "member", "title": "成员"}, {"key": "vip", "title": "VIP"}],
        "team": {"owner": "lead", "roles": {"host": {"people": ["host-sh"], "may": ["moderate"]}}},
        "entry": {"door": "link"},
        "groups": {
            "lobby": {"title": "大厅", "topic": "欢迎"},
            "lounge": {"title": "会客厅", "tier": "vip", "owner": "ops", "on_remove": "delete"},
        },
        "rules": {"kind": {"title": "友善", "text": "对事不对人。"}},
        "notice": {"parts": ["topic", "rules"]},
    }


def edited() -> dict[str, Any]:
    """Everything at once: a rename, a door, the rules, an admin less, a group more, a group closed for good."""
    told = copy.deepcopy(small())
    told["groups"] = {
        "new": {"title": "新群", "owner": "ops"},
        "hall": {**told["groups"]["lobby"], "title": "大堂", "previously": ["lobby"]},
    }
    told["entry"] = {"door": "request"}
    told["rules"]["kind"]["text"] = "先求证，再转发。"
    told["team"]["roles"] = {}
    return told


def _pet_club(place: Place) -> None:
    shutil.copytree(EXAMPLES / "pet-club" / "communities", place.community.parent)
    (place.community.parent / "pet-club.yaml").rename(place.community)
    place.change("community: pet-club", f"community: {place.key}")


def _pet_club_edited(place: Place) -> None:
    """A city more and one less, a renamed group, another door, other rules, another moderator."""
    place.change("gz: 广州", "sz: 深圳")
    place.change("  notices:\n    title: 公告", "  news:\n    previously: [notices]\n    title: 新闻")
    place.change("door: request", "door: link")
    place.change("对事不对人，不嘲讽新手。", "先求证，再转发。")
    place.change("people: [host-sh], may: [moderate, announce]", "people: [host-sh], may: [announce]")


def _fleet(place: Place) -> None:
    _dump(place, _stores("{store}福利群"))
    rows = "".join(f"s{number},第{number}店\n" for number in range(STORES))
    (place.community.parent / "stores.csv").write_text(f"id,store\n{rows}", encoding="utf-8")


def _fleet_edited(place: Place) -> None:
    """Every title, and a tenth of the shops closed for good."""
    _dump(place, _stores("{store}·会员福利群"))
    table = place.community.parent / "stores.csv"
    rows = table.read_text(encoding="utf-8").splitlines(keepends=True)
    table.write_text("".join(row for number, row in enumerate(rows) if number % 10 != 5), encoding="utf-8")


def _stores(title: str) -> dict[str, Any]:
    store = {"each": {"from": {"csv": "stores.csv"}, "key": "id"}, "title": title, "on_remove": "delete"}
    return {
        "community": "",
        "title": "门店",
        "team": {"owner": "lead"},
        "entry": {"door": "link"},
        "groups": {"s": store},
    }


def _pet_club_back(place: Place) -> None:
    shutil.copy(EXAMPLES / "pet-club" / "communities" / "pet-club.yaml", place.community)
    place.change("community: pet-club", f"community: {place.key}")


_END = Story("destroy", _destroy, destroys=True)
SMALL = Chain(
    "small",
    lambda place: _dump(place, small()),
    (
        Story("apply"),
        Story("edit", begin=lambda place: _dump(place, edited())),
        Story("undo", _undo, begin=lambda place: _dump(place, small())),
        _END,
    ),
    strikes=3,
)
ADOPTED = Chain(
    "adopted",
    _nothing,
    (
        Story("adopt", _adopt),
        Story("edit", begin=lambda place: place.change("title: 晒猫", "title: 晒晒猫")),
        Story("undo", _undo, begin=lambda place: place.change("title: 晒晒猫", "title: 晒猫")),
        _END,
    ),
    adopts=True,
    strikes=SHARED,
)
PET_CLUB = Chain(
    "pet-club",
    _pet_club,
    (
        Story("apply"),
        Story("edit", begin=_pet_club_edited),
        Story("undo", _undo, begin=_pet_club_back),
        _END,
    ),
    strikes=SHARED,
    rounds=10,
)
FLEET = Chain(
    "fleet",
    _fleet,
    (
        Story("apply", strikes=_MANY),
        Story("edit", begin=_fleet_edited),
        Story("undo", _undo, begin=_fleet),
        replace(_END, strikes=_MANY),
    ),
    strikes=SHARED,
    rounds=1,
    crowded=True,
)
CHAINS = (SMALL, ADOPTED, PET_CLUB, FLEET)

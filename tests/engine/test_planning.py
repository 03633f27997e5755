"""Planning as it touches the world: one look for everything, and what is said when nobody answers."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from engine.planning_rig import TYPES, binding, resource
from groupform.compile.address import Address
from groupform.compile.resource import Cell, Compiled, Resource
from groupform.config.diagnostics import Diagnostic, Refused, Severity
from groupform.config.load import load_project
from groupform.config.project import Connection, Project, ResolvedDeployment
from groupform.engine.plan import Action, DeploymentPlan
from groupform.engine.planning import plan_deployment
from groupform.engine.provider import (
    Bound,
    Context,
    Discovered,
    Failed,
    Failure,
    Free,
    Gone,
    Identity,
    Intent,
    Observation,
    Ours,
    Present,
    Probe,
)
from groupform.engine.world import World
from groupform.state.document import Binding, Document, OpenIntent
from groupform.state.store import StateKey

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@dataclass
class Platform:
    """A platform of things by id. `log` tells what was asked."""

    compiled: Compiled = field(default_factory=lambda: Compiled((), ()))
    things: dict[str, Observation] = field(default_factory=dict)
    probes: dict[str, Probe] = field(default_factory=dict)
    failure: Failure | None = None
    log: list[tuple[str, Any]] = field(default_factory=list)
    context: Context | None = None
    name: str = "rig"
    types: Mapping[str, Any] = field(default_factory=lambda: TYPES)
    concurrency: int = 2

    def check_connection(self, connection: Connection) -> Sequence[Diagnostic]:
        return ()

    def compile(self, deployment: ResolvedDeployment, *, refused: Mapping[str, Collection[str]]) -> Compiled:
        self.log.append(("compile", {key: tuple(each) for key, each in refused.items()}))
        return self.compiled

    @asynccontextmanager
    async def connect(self, context: Context) -> AsyncIterator[Platform]:
        self.context = context
        yield self

    @property
    def requests(self) -> int:
        return sum(name != "compile" for name, _ in self.log)

    async def whoami(self) -> Identity:
        self.log.append(("whoami", None))
        if self.failure is not None:
            raise self.failure
        return Identity("bot", "rig.example")

    async def observe(self, bindings: Sequence[Bound], *, deep: bool = False) -> Mapping[Address, Observation]:
        self.log.append(("observe", {str(each.address): (each.id, dict(each.applied)) for each in bindings}))
        return {each.address: self.things[each.id] for each in bindings if each.id in self.things}

    async def probe(self, desired: Sequence[Resource]) -> Mapping[Address, Probe]:
        self.log.append(("probe", {str(each.address): dict(each.attributes) for each in desired}))
        return {each.address: self.probes.get(each.address.short, Free()) for each in desired}

    async def find(self, intent: Intent) -> Probe:
        self.log.append(("find", str(intent.address)))
        return self.probes.get(intent.address.short, Free())

    async def discover(self) -> Sequence[Discovered]:
        self.log.append(("discover", None))
        return [Discovered("room", "!x", "X", None)]

    def asked(self, name: str) -> list[Any]:
        return [about for each, about in self.log if each == name]


@dataclass
class States:
    """A store to read from."""

    documents: dict[StateKey, Document] = field(default_factory=dict)

    async def read(self, key: StateKey) -> Document | None:
        return self.documents.get(key)


COMMUNITY = {
    "community": "club",
    "title": "Club",
    "locale": "en",
    "timezone": "UTC",
    "positioning": {"statement": "x", "category": "interest", "focus": "open", "audience": "x", "functions": ["x"]},
    "runs": "standing",
    "tiers": [{"key": "member", "title": "M"}, {"key": "vip", "title": "V"}],
    "team": {"owner": "lead", "roles": {"host": {"people": ["host"], "may": ["moderate"]}}},
    "entry": {"door": "open"},
    "groups": {"lounge": {"title": "Lounge", "tier": "vip"}, "lobby": {"title": "Lobby"}},
    "checks": [
        {"who": {"below": "vip"}, "cannot": "read", "in": "lounge"},
        {"who": {"role": "host"}, "can": "write", "in": "lobby"},
        {"who": "lead", "can": "read", "in": "lobby"},
    ],
}
GOOD = frozenset(
    {
        Cell("tier:vip", "lounge", "read"),
        Cell("tier:member", "lobby", "read"),
        Cell("role:host", "lobby", "post"),
        Cell("person:lead", "lobby", "read"),
    }
)


def project(folder: Path, deployments: Mapping[str, Any] | None = None, **community: Any) -> Project:
    whole = {
        "groupform": "1",
        "communities": ["club.yaml"],
        "people": {
            "lead": {"name": "Lin", "accounts": {"rig": "@lead"}},
            "host": {"name": "Zhou", "accounts": {"rig": "@host"}},
        },
        "connections": {"there": {"platform": "rig"}},
        "deployments": deployments or {"home": {"community": "club", "connection": "there"}},
        "environments": {"production": {"default": True}},
    }
    (folder / "groupform.yaml").write_text(json.dumps(whole), encoding="utf-8")
    (folder / "club.yaml").write_text(json.dumps({**COMMUNITY, **community}), encoding="utf-8")
    loaded = load_project(folder, environ={}, now=NOW, platforms=("rig",))
    assert loaded.project is not None, [(each.code, dict(each.params)) for each in loaded.diagnostics]
    return loaded.project


def state(bindings: Mapping[str, Binding], name: str = "home", **rest: Any) -> tuple[StateKey, Document]:
    found = {f"{name}/{key}": each for key, each in bindings.items()}
    document = Document(lineage="lineage-1", deployment=name, environment="production", bindings=found, **rest)
    return StateKey(name, "production"), document


Planner = Callable[..., Any]


@pytest.fixture
def planned(tmp_path: Path) -> Planner:
    async def run(platform: Platform, *states: tuple[StateKey, Document], **options: Any) -> DeploymentPlan:
        whole = options.pop("project", None) or project(tmp_path)
        home = whole.deployment("home")
        assert home is not None

        async def sleep(seconds: float) -> None: ...

        world = World(
            store=States(dict(states)),  # type: ignore[arg-type]
            providers={"rig": platform},  # type: ignore[dict-item]
            now=lambda: NOW,
            sleep=sleep,
            who="me@here",
            command="plan",
            version="1",
        )
        return await plan_deployment(home, whole, world, **options)

    return run


ROOM_A = resource("room.a", {"name": "A"})
ROOM_B = resource("room.b", {"parent": "home/room.a"})


async def test_one_look_for_everything(planned: Planner) -> None:
    child = {"parent": "home/room.a", "room": "home/room.new"}
    platform = Platform(
        Compiled((ROOM_A, ROOM_B, resource("room.new"), resource("child.c", child), resource("poster.p")), ()),
        {"!a": Present({"name": "A"}), "!b": Present({"parent": "!a"})},
    )
    made = await planned(
        platform,
        state(
            {
                "room.a": binding("room.a", {"name": "A"}, id="!a"),
                "room.b": binding("room.b", {"parent": "home/room.a"}, id="!b"),
                "poster.p": binding("poster.p", id="attested"),
            }
        ),
    )
    assert [name for name, _ in platform.log] == ["compile", "whoami", "observe", "probe"]
    assert platform.asked("observe") == [
        {"home/room.a": ("!a", {"name": "A"}), "home/room.b": ("!b", {"parent": "!a"})}
    ]
    assert platform.asked("probe") == [{"home/room.new": {}, "home/child.c": {"parent": "!a", "room": "home/room.new"}}]
    assert [each.key for each in made.changes] == ["home/room.new", "home/child.c"]
    assert made.requests == 3
    assert made.inputs.account == "bot"
    assert made.inputs.as_of == "2026-11-21T12:00:00+00:00"
    assert platform.context is not None
    assert platform.context.ownership.lineage == "lineage-1"
    assert platform.context.team == {"@lead", "@host"}


async def test_nothing_is_asked_about_nothing(planned: Planner) -> None:
    platform = Platform()
    made = await planned(platform)
    assert [name for name, _ in platform.log] == ["compile", "whoami"]
    assert made.empty
    assert made.inputs.state_lineage is None


async def test_discovery_only_where_it_is_asked_for(planned: Planner) -> None:
    platform = Platform()
    made = await planned(platform, discover=True)
    assert [each.id for each in made.unmanaged] == ["!x"]


async def test_what_is_gone_is_probed_before_it_is_created(planned: Planner) -> None:
    platform = Platform(Compiled((ROOM_A,), ()), {"!a": Gone("rig-gone")})
    made = await planned(platform, state({"room.a": binding("room.a", id="!a")}))
    assert [list(each) for each in platform.asked("probe")] == [["home/room.a"]]
    assert [each.action for each in made.changes] == [Action.create]


async def test_an_address_left_out_of_the_answer_is_not_gone(planned: Planner) -> None:
    made = await planned(Platform(Compiled((ROOM_A,), ())), state({"room.a": binding("room.a", id="!a")}))
    assert made.changes == []
    assert [each.reason.code for each in made.unreadable] == ["plan-not-answered"]


async def test_an_open_intent_is_looked_for_and_what_it_made_is_read(planned: Planner) -> None:
    intent = OpenIntent(nonce="n", type="room", sent_at="2026-11-21T11:00:00Z", plan="p", attributes={"name": "A"})
    platform = Platform(
        Compiled((ROOM_A, ROOM_B), ()),
        {"!a": Present({"name": "Z"}), "!b": Present({"parent": "!a"})},
        {"room.a": Ours("!a", {"mark": 1})},
    )
    made = await planned(
        platform,
        state({"room.b": binding("room.b", {"parent": "home/room.a"}, id="!b")}, intents={"home/room.a": intent}),
    )
    assert platform.asked("find") == ["home/room.a"]
    assert platform.asked("probe") == []
    assert len(platform.asked("observe")) == 2
    (change,) = made.changes
    assert (change.action, change.id, [each.name for each in change.attributes]) == (Action.bind, "!a", ["name"])


async def test_nobody_answers(planned: Planner) -> None:
    with pytest.raises(Refused) as refused:
        await planned(Platform(failure=Failure("rig-down", unreachable=True, url="http://x")))
    assert refused.value.exit_code == 4
    (found,) = refused.value.diagnostics
    assert (found.code, found.params["connection"]) == ("rig-down", "there")
    with pytest.raises(Refused) as refused:
        await planned(Platform(failure=Failure("rig-denied")))
    assert refused.value.exit_code == 1


async def test_nobody_answers_about_anything(planned: Planner) -> None:
    silent = Failed(Failure("rig-down", unreachable=True))
    bound = state({"room.a": binding("room.a", id="!a"), "room.b": binding("room.b", id="!b")})
    with pytest.raises(Refused) as refused:
        await planned(Platform(things={"!a": silent, "!b": silent}), bound)
    assert refused.value.exit_code == 4
    made = await planned(Platform(things={"!a": silent, "!b": Present({})}), bound)
    assert [each.address for each in made.unreadable] == ["home/room.a"]


async def test_what_the_compiler_finds_ends_it_before_any_request(planned: Planner) -> None:
    platform = Platform(Compiled((), (), (Diagnostic("rig-too-long"), Diagnostic("rig-odd", Severity.warning))))
    with pytest.raises(Refused) as refused:
        await planned(platform)
    assert [each.code for each in refused.value.diagnostics] == ["rig-too-long"]
    assert platform.requests == 0
    assert (await planned(platform, destroy=True)).empty, "what is to go need not keep to limits"


async def test_a_platform_without_a_provider(planned: Planner, tmp_path: Path) -> None:
    platform = Platform()
    whole = project(tmp_path)
    object.__setattr__(whole.deployments[0].connection, "platform", "other")
    with pytest.raises(Refused) as refused:
        await planned(platform, project=whole)
    assert [each.code for each in refused.value.diagnostics] == ["provider-not-installed"]


async def test_what_was_refused_is_told_to_the_compiler_and_left_out(planned: Planner) -> None:
    platform = Platform(Compiled((resource("room.a", {"name": "A", "note": "n"}),), ()), {"!a": Present({"name": "A"})})
    bound = binding("room.a", {"name": "A"}, id="!a", refused={"note": "rig-denied"})
    assert (await planned(platform, state({"room.a": bound}))).empty
    assert platform.asked("compile") == [{"home/room.a": ("note",)}]


async def test_everything_goes_when_it_is_destroyed(planned: Planner) -> None:
    platform = Platform(Compiled((ROOM_A,), ()), {"!a": Present({"name": "A"})})
    made = await planned(platform, state({"room.a": binding("room.a", id="!a", on_remove="forget")}), destroy=True)
    assert [each.action for each in made.changes] == [Action.delete]
    assert made.destroy
    assert made.blocked


async def test_a_renamed_deployment_keeps_its_state(planned: Planner, tmp_path: Path) -> None:
    whole = project(tmp_path, {"home": {"community": "club", "connection": "there", "previously": ["house"]}})
    owner = (await _context(planned, whole)).ownership
    platform = Platform(
        Compiled((ROOM_A, ROOM_B), ()),
        {
            "!a": Present({"name": "A"}, owner=type(owner)("lineage-1", "house", "production")),
            "!b": Present({"parent": "!a"}),
        },
    )
    old = state(
        {
            "room.a": binding("room.a", {"name": "A"}, id="!a"),
            "room.b": binding("room.b", {"parent": "house/room.a"}, id="!b"),
        },
        "house",
    )
    made = await planned(platform, old, project=whole)
    assert made.empty
    assert not made.conflicts
    assert made.inputs.state_lineage == "lineage-1"


async def _context(planned: Planner, whole: Project) -> Context:
    platform = Platform()
    await planned(platform, project=whole)
    assert platform.context is not None
    return platform.context


async def test_what_another_deployment_manages_is_a_conflict(planned: Planner, tmp_path: Path) -> None:
    both = {each: {"community": "club", "connection": "there"} for each in ("home", "second")}
    platform = Platform(Compiled((ROOM_A,), ()), {"!a": Present({"name": "Z"})})
    made = await planned(
        platform,
        state({"room.a": binding("room.a", id="!a")}),
        state({"room.z": binding("room.a", id="!a")}, "second"),
        project=project(tmp_path, both),
    )
    assert made.changes == []
    assert [each.reason.params["deployment"] for each in made.conflicts] == ["second"]


async def test_promises_about_access_hold_or_the_plan_fails(planned: Planner) -> None:
    assert (await planned(Platform(Compiled((), (), access=GOOD)))).checks == []
    leaky = GOOD | {Cell("stranger", "lounge", "read"), Cell("tier:member", "lounge", "read")}
    made = await planned(Platform(Compiled((), (), access=leaky)))
    (failed,) = made.checks
    assert failed.reason.code == "plan-check-must-not-read"
    assert (failed.blocks, failed.approvable) == (True, False)
    assert failed.reason.params == {"where": "lounge", "who": "below: vip", "failing": "stranger, tier:member"}
    mute = await planned(Platform(Compiled((), (), access=GOOD - {Cell("role:host", "lobby", "post")})))
    assert [each.reason.code for each in mute.checks] == ["plan-check-must-write"]
    blind = await planned(Platform())
    assert [(each.reason.code.rpartition("-")[0], each.blocks) for each in blind.checks] == [
        ("plan-check-unknown", False)
    ] * 3

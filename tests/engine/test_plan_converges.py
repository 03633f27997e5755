"""Whatever was there and whatever is declared: plan, carry out, plan again, and there is nothing to do (promise 5)."""

from __future__ import annotations

from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.planning_rig import NOW, TYPES, US, resource
from groupform.compile.address import Address
from groupform.compile.resource import Compiled, Json, Resource
from groupform.engine.owned import apply_edit
from groupform.engine.plan import Action, Change, DeploymentPlan, Inputs
from groupform.engine.planner import PlanInputs, make_plan
from groupform.engine.provider import Bound, Edit, Free, Gone, Identity, Observation, Present, Probe
from groupform.engine.refs import References
from groupform.engine.resource_type import WriteOnly
from groupform.engine.survey import Survey, survey
from groupform.engine.values import masked
from groupform.state.document import Binding, Document

ROOM = TYPES["room"]
ROOMS = ("a", "b", "c", "d")


def at_once(work: Coroutine[Any, Any, Survey]) -> Survey:
    """The result of work that never really waits: an event loop for each example would take minutes."""
    try:
        work.send(None)
    except StopIteration as ended:
        found: Survey = ended.value
        return found
    raise AssertionError("it waited")


@dataclass
class World:
    """Live rooms by id, in ids; and the state. Carries out plans as an apply would, one change after the other."""

    things: dict[str, tuple[str, dict[str, Json]]] = field(default_factory=dict)
    bindings: dict[str, Binding] = field(default_factory=dict)
    numbers: Any = field(default_factory=lambda: count(1))
    requests: int = 0

    async def whoami(self) -> Identity:
        return Identity("bot", "rig")

    async def observe(self, bindings: Sequence[Bound], *, deep: bool = False) -> Mapping[Address, Observation]:
        return {
            each.address: Present(self.shown(each.id)) if each.id in self.things else Gone("rig-gone")
            for each in bindings
        }

    def shown(self, id_: str) -> dict[str, Json]:
        kind, attributes = self.things[id_]
        return {name: value for name, value in attributes.items() if not TYPES[kind].attributes[name].has(WriteOnly)}

    async def probe(self, desired: Sequence[Resource]) -> Mapping[Address, Probe]:
        return {each.address: Free() for each in desired}

    def plan(self, desired: Sequence[Resource]) -> DeploymentPlan:
        document = Document(
            lineage=US.lineage, deployment="home", environment="production", bindings=dict(self.bindings)
        )
        compiled = Compiled(tuple(desired), ())

        look = survey(self, document, compiled, TYPES)  # type: ignore[arg-type]
        return make_plan(
            PlanInputs(
                deployment="home",
                environment="production",
                platform="rig",
                types=TYPES,
                compiled=compiled,
                document=document,
                survey=at_once(look),
                inputs=Inputs(
                    config_digest="f",
                    as_of="t",
                    version="1",
                    account="bot",
                    server="rig",
                    state_lineage=None,
                    state_serial=0,
                ),
                as_of=NOW,
                owners=frozenset({US}),
            )
        )

    def carry_out(self, plan: DeploymentPlan, desired: Sequence[Resource]) -> None:
        wanted = {str(each.address): each for each in desired}
        done: set[str] = set()
        retired: list[str] = []
        for change in plan.changes:
            assert set(change.after) <= done, "each change comes after those it waits for"
            self._do(change, wanted.get(change.address), retired)
            done.add(change.key)
            self._no_handle_twice()
        for each in retired:
            del self.things[each]

    def _do(self, change: Change, wanted: Resource | None, retired: list[str]) -> None:
        kind = TYPES[change.type]
        if change.action in (Action.delete, Action.archive, Action.forget):
            gone = self.bindings.pop(change.address)
            if change.action is not Action.forget:
                del self.things[gone.id]
            return
        references = References({address: each.id for address, each in self.bindings.items()})
        assert wanted is not None or change.temporary
        desired = wanted.attributes if wanted is not None and not change.temporary else {}
        if change.action in (Action.create, Action.replace):
            if change.action is Action.replace:
                old = self.bindings[change.address].id
                self.things[old][1].pop("handle", None)
                retired.append(old)
            values = {each.name: desired[each.name] for each in change.attributes if each.name in desired}
            sent, missing = references.with_ids(kind, values)
            assert not missing, "what is referred to is there"
            new = f"!{next(self.numbers)}"
            self.things[new] = (change.type, sent)
            self.bindings[change.address] = self._bound(kind.name, new, values)
            return
        binding = self.bindings[change.address]
        live = self.things[binding.id][1]
        applied = dict(binding.applied)
        for each in change.attributes:
            attribute = kind.attributes[each.name]
            raw = desired.get(each.name, each.after)
            if each.put is None:
                sent, missing = references.with_ids(kind, {each.name: raw})
                live[each.name] = sent[each.name]
            else:
                edit, missing = references.edit_with_ids(attribute, Edit(each.put, tuple(each.drop or ())))
                live[each.name] = apply_edit(live.get(each.name), edit)
            assert not missing
            if each.name in desired:
                applied[each.name] = masked(attribute, raw)
            else:
                applied.pop(each.name, None)
        self.bindings[change.address] = binding.model_copy(update={"applied": applied})

    def _bound(self, kind: str, id_: str, values: Mapping[str, Json]) -> Binding:
        return Binding(
            type=kind,
            id=id_,
            applied={name: masked(TYPES[kind].attributes[name], each) for name, each in values.items()},
        )

    def _no_handle_twice(self) -> None:
        handles = [each[1]["handle"] for each in self.things.values() if each[1].get("handle") is not None]
        assert len(handles) == len(set(map(str, handles)))


POWERS = st.dictionaries(st.sampled_from(["@a", "@b", "@c"]), st.sampled_from([50, 100]), max_size=3)
ATTRIBUTES = st.fixed_dictionaries(
    {"kind": st.sampled_from(["chat", "forum"])},
    optional={
        "name": st.sampled_from(["n", "m"]),
        "topic": st.sampled_from(["t", "u"]),
        "door": st.sampled_from(["open", "link", "closed"]),
        "powers": POWERS,
        "tags": st.lists(st.sampled_from(["X", "x", "y"]), unique_by=str.lower, max_size=2),
        "passcode": st.sampled_from(["p", "q"]),
        "token": st.sampled_from(["s1", "s2"]),
    },
)


@st.composite
def communities(draw: st.DrawFn) -> list[Resource]:
    """Rooms that refer only to rooms before them, with handles of their own, and the places of some of them."""
    keys = draw(st.lists(st.sampled_from(ROOMS), unique=True))
    handles = draw(st.permutations(["h1", "h2", "h3", "h4"]))
    rooms: list[Resource] = []
    for rank, key in enumerate(keys):
        attributes = dict(draw(ATTRIBUTES))
        before = [f"home/room.{each}" for each in keys[:rank]]
        if draw(st.booleans()):
            attributes["handle"] = handles[rank]
        if before and draw(st.booleans()):
            attributes["parent"] = draw(st.sampled_from(before))
        if before and draw(st.booleans()):
            attributes["allow"] = draw(st.lists(st.sampled_from(before), unique=True, max_size=2))
        rooms.append(resource(f"room.{key}", attributes))
        if before and draw(st.booleans()):
            child = {"parent": draw(st.sampled_from(before)), "room": f"home/room.{key}"}
            rooms.append(resource(f"child.{key}", child))
    return rooms


@st.composite
def meddling(draw: st.DrawFn) -> list[tuple[str, int, Any]]:
    """What others do on the platform meanwhile."""
    deed = st.one_of(
        st.tuples(st.just("name"), st.integers(0, 5), st.sampled_from(["z", "n"])),
        st.tuples(st.just("door"), st.integers(0, 5), st.sampled_from(["open", "closed"])),
        st.tuples(st.just("stranger"), st.integers(0, 5), st.sampled_from(["@s", "@t"])),
        st.tuples(st.just("robbed"), st.integers(0, 5), st.just(None)),
        st.tuples(st.just("vanish"), st.integers(0, 5), st.just(None)),
    )
    return draw(st.lists(deed, max_size=4))


def meddle(world: World, deeds: Sequence[tuple[str, int, Any]]) -> None:
    for deed, number, value in deeds:
        rooms = [each for each, (kind, _) in world.things.items() if kind == "room"]
        if not rooms:
            return
        id_ = rooms[number % len(rooms)]
        live = world.things[id_][1]
        if deed == "vanish":
            del world.things[id_]
        elif deed == "stranger":
            live["powers"] = {**dict(live.get("powers") or {}), value: 1}  # type: ignore[arg-type]
            live["allow"] = [*list(live.get("allow") or []), f"!stranger{value}"]  # type: ignore[arg-type]
        elif deed == "robbed":
            live.pop("powers", None)
        else:
            live[deed] = value


def strangers(world: World) -> dict[str, tuple[set[str], set[str]]]:
    return {
        id_: (
            {each for each in dict(live.get("powers") or {}) if each in ("@s", "@t")},  # type: ignore[arg-type]
            {str(each) for each in live.get("allow") or [] if str(each).startswith("!stranger")},  # type: ignore[union-attr]
        )
        for id_, (_, live) in world.things.items()
    }


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(communities(), meddling()), min_size=1, max_size=4))
def test_a_second_plan_is_empty(chapters: list[tuple[list[Resource], list[tuple[str, int, Any]]]]) -> None:
    world = World()
    for desired, deeds in chapters:
        before = strangers(world)
        made = world.plan(desired)
        assert not made.conflicts, made.conflicts
        assert not made.waiting
        world.carry_out(made, desired)
        again = world.plan(desired)
        assert again.changes == [], again.changes
        assert again.drift == []
        assert len(world.bindings) == len(desired)
        assert {each.id for each in world.bindings.values()} <= world.things.keys()
        after = strangers(world)
        for id_ in before.keys() & after.keys():
            assert before[id_] == after[id_], "what is not ours stays"
        assert "s1" not in again.model_dump_json()
        meddle(world, deeds)

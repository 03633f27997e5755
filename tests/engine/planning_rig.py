"""A made-up platform, as small as the planner lets it be: what is desired, bound and seen is said by each test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, TypedDict

from groupform.compile.address import Address
from groupform.compile.resource import Compiled, Json, Resource
from groupform.engine.plan import DeploymentPlan, Inputs
from groupform.engine.planner import PlanInputs, make_plan
from groupform.engine.provider import Identity, Observation, Ownership, Present, Probe
from groupform.engine.resource_type import (
    Actor,
    Admins,
    By,
    Canonical,
    Computed,
    Guarded,
    Irreversible,
    OneWay,
    OnUnset,
    Owned,
    RefTo,
    RequiresReplace,
    ResourceType,
    Sensitive,
    Tightens,
    Unique,
    Unordered,
    Verb,
    WriteOnly,
)
from groupform.engine.survey import Survey, moves_of
from groupform.state.document import Binding, Document

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
US = Ownership("lineage-1", "home", "production")
DOORS = ["open", "link", "closed"]


def narrower(before: Json, after: Json) -> bool:
    return before in DOORS and after in DOORS and DOORS.index(str(after)) > DOORS.index(str(before))


def fewer(before: Json, after: Json) -> bool:
    return isinstance(before, list) and isinstance(after, list) and not set(map(str, before)) <= set(map(str, after))


def loses_everything(before: Json, after: Json, account: str) -> str | None:
    return "rig-shut" if before == "open" and after == "closed" else None


def bars_us(before: Json, after: Json, account: str) -> str | None:
    return "rig-barred" if isinstance(after, list) and account in after else None


def shuts_out(before: Mapping[str, Json], after: Mapping[str, Json]) -> Mapping[str, int]:
    was, now, crowd = (
        each if isinstance(each, list | dict) else []
        for each in (before.get("barred"), after.get("barred"), after.get("crowd"))
    )
    return {name: crowd[name] for name in crowd if name in now and name not in was} if isinstance(crowd, dict) else {}


class Room(TypedDict, total=False):
    name: str
    topic: Annotated[str, OnUnset(reset="", release=False)]
    note: str
    handle: Annotated[str, Unique("handle"), OnUnset(reset=None, release=False)]
    kind: Annotated[str, RequiresReplace()]
    parent: Annotated[str, RefTo("room")]
    door: Annotated[str, Tightens(narrower), Guarded("shut", loses_everything)]
    allow: Annotated[list[str], Owned(), RefTo("room")]
    guests: Annotated[list[str], Tightens(fewer)]
    powers: Annotated[dict[str, int], Owned(), Admins(100)]
    tags: Annotated[list[str], Unordered(), Canonical(lambda value: [str(each).lower() for each in value])]
    passcode: Annotated[str, WriteOnly(), Sensitive()]
    token: Annotated[str, Sensitive()]
    sealed: Annotated[bool, Irreversible("rig-sealed")]
    frozen: Annotated[bool, OneWay(True, "rig-frozen", "rig-frozen-for-good")]
    barred: Annotated[list[str], Owned(), Guarded("self-lockout", bars_us, approvable=False)]
    crowd: Annotated[dict[str, int], Computed()]
    blessing: Annotated[str, By(Actor.person)]
    carved: Annotated[str, By(Actor.nobody)]
    number: Annotated[int, Computed()]


class Child(TypedDict, total=False):
    parent: Annotated[str, RefTo("room"), RequiresReplace()]
    room: Annotated[str, RefTo("room"), RequiresReplace()]
    order: str


class Grant(TypedDict, total=False):
    room: Annotated[str, RefTo("room")]
    people: Annotated[list[str], Owned(), Admins()]


class Poster(TypedDict, total=False):
    room: Annotated[str, RefTo("room")]
    text: str


HAND = dict.fromkeys((Verb.create, Verb.update, Verb.delete), Actor.person)

TYPES: Mapping[str, ResourceType] = {
    each.name: each
    for each in (
        ResourceType("room", Room, people_inside=True, shuts_out=shuts_out),
        ResourceType("child", Child),
        ResourceType("grant", Grant),
        ResourceType("blind", Room, listable=False),
        ResourceType("made", Poster, HAND),
        ResourceType("poster", Poster, {**HAND, Verb.read: Actor.nobody}),
        ResourceType("qr", Poster, {**HAND, Verb.read: Actor.nobody}, valid_for=7),
        ResourceType("given", Poster, {Verb.create: Actor.nobody}),
    )
}


def address(text: str) -> str:
    return f"home/{text}"


def resource(text: str, attributes: Mapping[str, Any] | None = None, **rest: Any) -> Resource:
    """A desired resource; its label is its key unless one is given."""
    where = Address.parse(address(text))
    rest.setdefault("label", where.name)
    rest["previously"] = tuple(Address.parse(address(each)) for each in rest.get("previously", ()))
    rest["after"] = tuple(Address.parse(address(each)) for each in rest.get("after", ()))
    return Resource(where, attributes or {}, **rest)


def binding(text: str, applied: Mapping[str, Any] | None = None, **rest: Any) -> Binding:
    where = Address.parse(address(text))
    defaults: dict[str, Any] = {"id": f"id-{where.short}", "label": where.name}
    return Binding(type=where.type, applied=dict(applied or {}), **{**defaults, **rest})


def plan(
    desired: Sequence[Resource] = (),
    bound: Mapping[str, Binding] | None = None,
    seen: Mapping[str, Observation | Mapping[str, Any]] | None = None,
    *,
    probes: Mapping[str, Probe] | None = None,
    compiled: Compiled | None = None,
    survey: Mapping[str, Any] | None = None,
    document: Mapping[str, Any] | None = None,
    inputs: Mapping[str, Any] | None = None,
    **rest: Any,
) -> DeploymentPlan:
    """The plan. `seen` gives observed attributes (in addresses) or an Observation, by short address."""
    state = Document(
        lineage="lineage-1",
        deployment="home",
        environment="production",
        bindings={address(each): one for each, one in (bound or {}).items()},
        **(document or {}),
    )
    whole = compiled or Compiled(tuple(desired), ())
    moves = moves_of(state, whole)
    names = {former: new for new, former in moves.items()}
    bindings = {names.get(each, each): one for each, one in state.bindings.items()}
    observed = {
        address(each): Present(dict(one)) if isinstance(one, Mapping) else one for each, one in (seen or {}).items()
    }
    for where, one in bindings.items():
        kind = TYPES.get(one.type)
        if kind is not None and kind.actor(Verb.read) is Actor.nobody:
            observed.setdefault(where, Present(one.applied))
    seen_by = Survey(
        identity=Identity("bot", "rig"),
        bindings=bindings,
        moves=moves,
        observations=observed,
        probes={address(each): one for each, one in (probes or {}).items()},
        ids={each: one.id for each, one in bindings.items()},
    )
    for name, value in (survey or {}).items():
        object.__setattr__(seen_by, name, value)
    return make_plan(
        PlanInputs(
            deployment="home",
            environment="production",
            platform="rig",
            types=TYPES,
            compiled=whole,
            document=state,
            survey=seen_by,
            inputs=Inputs(
                **{
                    "config_digest": "files",
                    "as_of": NOW.isoformat(),
                    "version": "1",
                    "account": "bot",
                    "server": "rig",
                    "state_lineage": "lineage-1",
                    "state_serial": 1,
                    **(inputs or {}),
                }
            ),
            as_of=NOW,
            **{"owners": frozenset({US}), **rest},
        )
    )

"""Owns the compilation of a deployment that is run by hand: groups to what a person sets in each, leaves to claims."""

from __future__ import annotations

from collections.abc import Iterator

from groupform.compile.access import cells
from groupform.compile.closing import ends_with_its_run
from groupform.compile.leaves import leaves
from groupform.compile.resource import Cell, Compiled, Outcome, Resource
from groupform.compile.trace import Trace
from groupform.config.diagnostics import Diagnostic
from groupform.config.project import ResolvedDeployment
from groupform.providers.byhand.coverage import CARRIERS
from groupform.providers.byhand.kind import Kind
from groupform.providers.byhand.limits import Limits, read_limits
from groupform.providers.byhand.people import admins, owner_of
from groupform.providers.byhand.place import Place, open_place
from groupform.providers.byhand.size import headcount
from groupform.providers.byhand.words import greeting, title, wall
from groupform_schemas import GroupKind, Ignorable

_KEPT = "coverage-kept-by-groupform"


def compile_by_hand(kind: Kind, deployment: ResolvedDeployment) -> Compiled:
    """Desired steps and claims of one deployment. Pure."""
    trace = Trace(Outcome.attest)
    limits, _ = read_limits(kind.name, kind.limits, deployment.connection.settings)
    resources: list[Resource] = []
    findings: list[Diagnostic] = []
    access: set[Cell] = set()
    for group in deployment.groups:
        place = open_place(kind, deployment, group, trace, limits, findings)
        resources.extend(_group(place))
        access.update(cells(deployment, group, kind.enforced(deployment, group)))
        _advise(place, limits)
    for path, said in (
        ("encrypted", deployment.community.model.encrypted),
        *((f"{each.path}.encrypted", each.model.encrypted) for each in deployment.groups),
    ):
        outcome = Outcome.gap if said else Outcome.informational
        trace.instead(path, outcome, kind.code("gap-encryption" if said else "note-not-encrypted"))
    claims = trace.claims(leaves(deployment), kind.table)
    return Compiled(tuple(resources), claims, tuple(findings), frozenset(access))


def _group(place: Place) -> Iterator[Resource]:
    """What a person makes and sets for one group, in the order in which it is done."""
    yield place.group_resource({"title": title(place), "owner": owner_of(place), "admins": admins(place)})
    _keep(place)
    yield from place.kind.admission(place)
    text = wall(place)
    if text is not None:
        yield place.part("notice", {"text": text})
    words = greeting(place)
    if words is not None:
        yield place.part("welcome", words)
    yield from headcount(place)


def _keep(place: Place) -> None:
    """What the tool itself heeds: which live group this is, and what must not happen to it."""
    group, trace = place.group, place.trace
    for name in ("protect", "on_remove", "previously"):
        trace.carry(f"{group.path}.{name}", place.address, below=True, outcome=Outcome.native, reason=_KEPT)
    if ends_with_its_run(place.deployment, group):
        trace.carry("runs.then", place.address, outcome=Outcome.native, reason=_KEPT)
    for index, field in enumerate(group.model.ignore):
        path = f"{group.path}.ignore.{index}"
        if ("group", str(field)) in CARRIERS:
            trace.carry(path, place.address, outcome=Outcome.native, reason=_KEPT)
        elif field is Ignorable.topic and group.topic is not None:
            trace.instead(path, Outcome.gap, "coverage-ignore-in-notice")
        else:
            trace.instead(path, Outcome.informational, "coverage-nothing-deployed")
    trace.carry(f"groups.{group.group}.each", place.address, below=True)
    if group.model.each is not None and group.instance is not None:
        segment = getattr(group.model.each.from_, "segment", None)
        if segment is not None:
            earlier = f"segments.{segment}.{group.instance}.previously"
            trace.carry(earlier, place.address, below=True, outcome=Outcome.native, reason=_KEPT)
    if group.model.kind is not GroupKind.chat:
        trace.instead(f"{group.path}.kind", Outcome.gap, place.kind.code("gap-kind"), kind=str(group.model.kind))
    else:
        trace.instead(f"{group.path}.kind", Outcome.informational, place.kind.code("note-kind-chat"))


def _advise(place: Place, limits: Limits) -> None:
    capacity = place.group.model.capacity
    if capacity is not None and limits.max_members is not None and capacity > limits.max_members:
        place.warn("capacity-high", capacity=capacity, limit=limits.max_members)

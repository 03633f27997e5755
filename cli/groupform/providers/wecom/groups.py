"""Owns the compilation of one group: what its owner makes and sets, and how the door is kept."""

from __future__ import annotations

from collections.abc import Iterator

from groupform.compile.access import Enforced, door_of, gated, tiers_from
from groupform.compile.address import Address, group_address
from groupform.compile.closing import ends_with_its_run, fate_of
from groupform.compile.ignoring import ignored
from groupform.compile.resource import Json, OnRemove, Outcome, Resource
from groupform.config.project import GroupInstance, ResolvedDeployment
from groupform.providers.wecom.bench import KEPT, Bench
from groupform.providers.wecom.coverage import CARRIERS
from groupform.providers.wecom.limits import LIMITS
from groupform.providers.wecom.people import admins_of, owner_of
from groupform.providers.wecom.words import title, wall
from groupform_schemas import Ask, Door, GroupKind, Ignorable

_BY_CODE = (Door.open, Door.link)
"""Doors that anybody may walk through who has the code. Every other one needs somebody who decides."""


def compile_group(bench: Bench, group: GroupInstance) -> None:
    """The group, and the step that keeps its door."""
    address, model = bench.group(group), group.model
    attributes: dict[str, Json] = {
        "title": title(bench, group),
        "owner": owner_of(bench, group),
        "admins": [*admins_of(bench, group)],
        "notice": wall(bench, group),
    }
    said = fate_of(bench.deployment, group)
    bench.made[address] = Resource(
        address,
        {name: value for name, value in attributes.items() if value is not None and value != []},
        bench.label(group),
        # There is no archive: a group that should be archived is left to itself.
        on_remove=OnRemove.forget if said is OnRemove.archive else said,
        protect=model.protect,
        previously=former(bench, group, "group"),
        ignore=ignored(group, "group", CARRIERS),
        who=bench.owner(group),
    )
    _keep(bench, group)
    _door(bench, group)
    capacity = model.capacity
    if capacity is not None and capacity > LIMITS["group-members"].most:
        limit = LIMITS["group-members"].most
        bench.warn("wecom-capacity-high", group.place, label=bench.label(group), capacity=capacity, limit=limit)


def former(bench: Bench, group: GroupInstance, kind: str, key: str | None = None) -> tuple[Address, ...]:
    """What a part of the group was called under the group's earlier names. `key` is the part's, if not the group's."""
    environment = None if bench.deployment.default_environment else bench.deployment.environment
    if key is None:
        return tuple(group_address(bench.deployment.name, kind, name, environment) for name in group.previously)
    return tuple(bench.address(kind, key, name.partition("/")[2] or None) for name in group.previously)


def confirmed(deployment: ResolvedDeployment, group: GroupInstance) -> bool:
    """Whether somebody has to decide about whoever wants to come in."""
    return door_of(deployment, group) not in _BY_CODE or gated(deployment, group)


def enforced(deployment: ResolvedDeployment, group: GroupInstance) -> Enforced:
    """Without confirmation whoever has the code comes in; with it, the owner decides by the declared tier."""
    asked = confirmed(deployment, group)
    lowest = group.model.tier if asked and gated(deployment, group) else None
    return Enforced(listed=False, walk_in=not asked, tiers=tuple(tiers_from(deployment, lowest)))


def door_path(group: GroupInstance) -> str:
    """The leaf that says which door this group has."""
    own = group.model.entry
    return f"{group.path}.entry.door" if own is not None and own.door is not None else "entry.door"


def _keep(bench: Bench, group: GroupInstance) -> None:
    """What the tool itself heeds: which live group this is, and what must not happen to it."""
    address, trace = bench.group(group), bench.trace
    for name in ("protect", "on_remove", "previously"):
        trace.carry(f"{group.path}.{name}", address, below=True, outcome=Outcome.native, reason=KEPT)
    if ends_with_its_run(bench.deployment, group):
        trace.carry("runs.then", address, outcome=Outcome.native, reason=KEPT)
    for index, field in enumerate(group.model.ignore):
        path = f"{group.path}.ignore.{index}"
        if ("group", str(field)) in CARRIERS:
            trace.carry(path, address, outcome=Outcome.native, reason=KEPT)
        elif field is Ignorable.topic and group.topic is not None:
            trace.instead(path, Outcome.gap, "coverage-ignore-in-notice")
        else:
            trace.instead(path, Outcome.informational, "coverage-nothing-deployed")
    bench.carry(f"groups.{group.group}.each", address, below=True)
    if group.model.each is not None and group.instance is not None:
        segment = getattr(group.model.each.from_, "segment", None)
        if segment is not None:
            earlier = f"segments.{segment}.{group.instance}.previously"
            trace.carry(earlier, address, below=True, outcome=Outcome.native, reason=KEPT)
    if group.model.kind is not GroupKind.chat:
        trace.instead(f"{group.path}.kind", Outcome.gap, "wecom-gap-kind", kind=str(group.model.kind))
    else:
        trace.instead(f"{group.path}.kind", Outcome.informational, "wecom-note-kind-chat")


def _door(bench: Bench, group: GroupInstance) -> None:
    door, path = door_of(bench.deployment, group), door_path(group)
    if gated(bench.deployment, group):
        # The tier alone turns confirmation on here: the door changes nothing about this group.
        bench.trace.instead(path, Outcome.informational, "coverage-door-behind-tier")
    if door in (Door.open, Door.request):
        bench.trace.lack(path, "wecom-gap-not-listed")
    if door is Door.paid:
        bench.trace.lack(path, "wecom-gap-paid")
    if not confirmed(bench.deployment, group):
        return
    address, address_of = bench.address("invite-confirmation", group.group, group.instance), bench.group(group)
    if not gated(bench.deployment, group):
        bench.carry(path, address)
    lines = [*_tiers(bench, group, address), *_questions(bench, group, address)]
    bench.make(
        address,
        {"group": str(bench.group(group)), "admit": "\n".join(lines) or None},
        bench.label(group),
        who=bench.owner(group),
        protect=group.model.protect,
        previously=former(bench, group, "invite-confirmation"),
        # Nothing reads how people come in: an adopted group that is only said to be by invitation is let be.
        beside=address_of if door is Door.invite and not lines else None,
    )


def _tiers(bench: Bench, group: GroupInstance, address: Address) -> Iterator[str]:
    """The titles of the tiers that may come in, where that keeps anybody out."""
    if not gated(bench.deployment, group):
        return
    bench.carry(f"{group.path}.tier", address, "admit")
    admitted = tiers_from(bench.deployment, group.model.tier)
    for tier in bench.deployment.community.model.tiers:
        if tier.key in admitted:
            bench.carry(f"tiers.{tier.key}.title", address, "admit")
            yield f"✓ {tier.title}"


def _questions(bench: Bench, group: GroupInstance, address: Address) -> Iterator[str]:
    """What to ask before somebody is let in: the community's questions, the tier's, the group's."""
    model, declared = bench.deployment.community.model, group.model
    asked: list[tuple[str, Ask]] = [(f"entry.asks.{key}", ask) for key, ask in model.entry.asks.items()]
    for tier in model.tiers:
        if tier.key == declared.tier and tier.entry is not None:
            asked += [(f"tiers.{tier.key}.entry.asks.{key}", ask) for key, ask in tier.entry.asks.items()]
    if declared.entry is not None:
        asked += [(f"{group.path}.entry.asks.{key}", ask) for key, ask in declared.entry.asks.items()]
    for path, ask in asked:
        bench.carry(f"{path}.ask", address, "admit")
        choices: list[str] = []
        if ask.choices is not None:
            bench.carry(f"{path}.choices", address, "admit", below=True)
            for value, said in model.segments.get(ask.choices.segment, {}).items():
                bench.carry(f"segments.{ask.choices.segment}.{value}.title", address, "admit")
                choices.append(said.title)
        yield f"? {ask.ask.strip()}" + (f" [{' / '.join(choices)}]" if choices else "")

"""Owns the codes by which people come in: contact ways for journeys, join ways for invitations, journeys and doors."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from groupform.compile.address import Address
from groupform.compile.resource import Json, Outcome
from groupform.config.diagnostics import Severity
from groupform.config.flat import flat_title
from groupform.config.placeholders import fill
from groupform.config.project import GroupInstance
from groupform.providers.wecom.bench import KEPT, Bench, fitted
from groupform.providers.wecom.groups import confirmed, door_path
from groupform.providers.wecom.limits import LIMITS, REMARK, ROOM_NAME
from groupform.providers.wecom.people import seated
from groupform.providers.wecom.words import note_words
from groupform_schemas import Contact, PersonRef

_SECOND = 2
"""The number of the group that follows the first (`{n}` counts from 2)."""


def compile_ways(bench: Bench) -> None:
    """Every code. An invitation has its own, so that it tells by which one people came.

    Any other group that is to be entered by a code, that a journey leads to or that another group follows has one code.
    """
    model = bench.deployment.community.model
    for key, invitation in model.invitations.items():
        for group in _named(bench, invitation.group):
            earlier = [f"invite-{each}" for each in invitation.previously]
            address = _join_way(bench, f"invite-{key}", group, invitation.source, earlier)
            bench.carry(f"invitations.{key}.source", address, "remark")
            bench.carry(f"invitations.{key}.group", address, "groups")
            _post(bench, address, invitation.source, group, earlier)
            bench.trace.carry(f"invitations.{key}.previously", address, below=True, outcome=Outcome.native, reason=KEPT)
            if confirmed(bench.deployment, group):
                place, label = bench.place(f"invitations.{key}.group"), str(invitation.group)
                bench.warn("wecom-confirmation-refuses-codes", place, severity=Severity.note, way=key, group=label)
    ends = _ends(bench)
    for group in bench.deployment.groups:
        open_, leaves = not confirmed(bench.deployment, group), ends.get(group.name, [])
        leading = bench.leading.get(str(bench.group(group)))
        if leading is None and (open_ or leaves or group.model.series is not None):
            earlier = [f"group-{name.partition('/')[0]}" for name in group.previously]
            leading = _join_way(bench, f"group-{group.group}", group, bench.label(group), earlier)
            if len(leaves) == 1 and not open_ and group.model.series is None:
                bench.carry(leaves[0], leading, "groups")
        for path in leaves:
            bench.trace.instead(path, Outcome.informational, "wecom-note-way-there")
        if open_ and leading is not None:
            bench.carry(door_path(group), leading)


def _ends(bench: Bench) -> dict[str, list[str]]:
    """The leaves of journeys that lead to a group, by its name; their contact ways are made on the way."""
    ends: dict[str, list[str]] = {}
    for key, journey in bench.deployment.community.model.journeys.items():
        _contact_way(bench, key, journey.source, journey.contact)
        for name, leaf in ((journey.join.group, "group"), (journey.join.otherwise, "otherwise")):
            for group in _named(bench, name):
                ends.setdefault(group.name, []).append(f"journeys.{key}.join.{leaf}")
    return ends


def _named(bench: Bench, name: str | None) -> Iterator[GroupInstance]:
    return (each for each in bench.deployment.groups if name is not None and str(name) in (each.name, each.group))


def _join_way(bench: Bench, key: str, group: GroupInstance, remark: str, earlier: Iterable[str] = ()) -> Address:
    """A code that leads to one group. It is told by what it is for, so that it may lead elsewhere later."""
    address = bench.address("join-way", key, group.instance)
    attributes: dict[str, Json] = {
        "groups": [str(bench.group(group))],
        "remark": fitted(remark, REMARK),
        "overflow": group.model.series is not None,
    }
    if group.model.series is not None:
        attributes |= {"next_name": _next_name(bench, group, address), "next_number": _SECOND}
    bench.leading.setdefault(str(bench.group(group)), address)
    instances = [group.instance, *(name.partition("/")[2] or None for name in group.previously)]
    bench.make(
        address,
        attributes,
        f"{bench.label(group)} ← {remark}" if remark != bench.label(group) else remark,
        protect=group.model.protect,
        previously=[bench.address("join-way", each, which) for each in (key, *earlier) for which in instances],
    )
    return address


def _next_name(bench: Bench, group: GroupInstance, address: Address) -> str:
    """What the groups that follow are called, without their number, which the platform puts last."""
    series, path = group.model.series, f"{group.path}.series.title"
    assert series is not None
    bench.carry(path, address, "next_name")
    note_words(bench, group, series.title, address, "next_name")
    template = fill(series.title, {**group.values, "title": group.title, "group": group.title})
    if not template.endswith("{n}") or template.count("{n}") > 1:
        bench.trace.lack(path, "wecom-gap-number-last")
    bare = template.replace("{n}", "")
    called = flat_title(bench.deployment, replace(group, title=bare))
    return fitted(called.strip(), ROOM_NAME)


def _post(
    bench: Bench, way: Address, places: str, group: GroupInstance | None = None, earlier: Iterable[str] = ()
) -> None:
    """The step by which somebody prints the code and puts it up."""
    key = way.key if way.type == "join-way" else f"add-{way.key}"
    keys, instances = (key, *earlier), [way.instance]
    if group is not None:
        instances += [name.partition("/")[2] or None for name in group.previously]
    bench.make(
        bench.address("post-code", key, way.instance),
        {"places": places, "way": str(way)},
        bench.label(group) if group is not None else places,
        who=bench.owner(group),
        protect=group.model.protect if group is not None else False,
        previously=[bench.address("post-code", each, which) for each in keys for which in instances],
    )


def _contact_way(bench: Bench, key: str, source: str, contact: Contact) -> None:
    """Whom a stranger adds first: one person, or several of a role or a duty, which cannot change later (D-92228)."""
    address = bench.address("contact-way", key)
    said = PersonRef.model_validate(contact.model_dump(include=set(PersonRef.one_of), exclude_none=True))
    named = seated(bench, said, f"journeys.{key}.contact")
    accounts = named.accounts()
    if not accounts:
        bench.warn("wecom-contact-nobody", bench.place(f"journeys.{key}.contact"), journey=key)
        for form in ("person", "role", "duty"):
            bench.trace.lack(f"journeys.{key}.contact.{form}", "wecom-gap-no-account", person=form)
        return
    most = LIMITS["people-of-a-way"].most
    if len(accounts) > most:
        place = bench.place(f"journeys.{key}.contact")
        bench.warn("wecom-contact-many", place, severity=Severity.error, journey=key, count=len(accounts), limit=most)
    named.note(address, "users")
    for form in ("person", "role", "duty"):
        bench.carry(f"journeys.{key}.contact.{form}", address, "users")
    bench.carry(f"journeys.{key}.source", address, "remark")
    bench.make(
        address,
        {
            "kind": "one" if contact.person is not None else "several",
            "users": [*accounts],
            "remark": fitted(source, REMARK),
            "confirm": False,
        },
        source,
    )
    _post(bench, address, source)

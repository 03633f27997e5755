"""Lets posts find groups that have another name now (`previously`), before the apply that says so and after it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from groupform.calendar.due import places_of
from groupform.compile.address import Address, AddressError
from groupform.config.project import ResolvedDeployment
from groupform.state.document import Document
from groupform.state.ledger import Send, send_key


def as_named(deployment: ResolvedDeployment, state: Document) -> Document:
    """The state with groups under the names that the files have for them. It is for looking things up: what was
    applied to them still speaks of the former ones. The same where no group has another name."""
    former = {old: each.name for each in deployment.groups for old in each.previously}
    bindings = dict(state.bindings)
    for text in state.bindings if former else ():
        try:
            address = Address.parse(text)
        except AddressError:
            continue
        key, _, instance = former.get(address.name, "").partition("/")
        if key:
            new = str(replace(address, key=key, instance=instance or None))
            if new not in bindings:
                bindings[new] = bindings.pop(text)
    return state.model_copy(update={"bindings": bindings}) if bindings.keys() != state.bindings.keys() else state


def renamed_sends(state: Document, ledger: Document, posts_in: str, items: Collection[str]) -> dict[str, Send | None]:
    """What waits for a person, or may, in a group that has another name now: it goes on under that name. What the
    calendar sends nowhere any more (`items` is what it has) stays as it is."""
    names: Mapping[str, str] = {
        place: target for each in places_of(state, posts_in).values() for target, place in each.items()
    }
    found: dict[str, Send | None] = {}
    for key, each in ledger.sends.items():
        target = names.get(each.place, each.target)
        if each.outcome not in ("announced", "handed") or target == each.target or each.item not in items:
            continue
        new = send_key(each.item, each.scheduled, target, each.part)
        if new not in ledger.sends:
            found |= {key: None, new: each.model_copy(update={"target": target})}
    return found

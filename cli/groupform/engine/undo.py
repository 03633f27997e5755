"""Owns where an undo goes: what each object held in a copy of the state, in place of what the files ask for. Pure.

Nothing that people sit in is ever deleted by going back (`decide` sees to it); what was let go since is found again by
its id, and what is truly gone is made anew, which is said in so many words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from groupform.compile.address import Address
from groupform.compile.resource import Compiled, Json, OnRemove, Resource
from groupform.engine.attest import ATTESTED
from groupform.engine.plan import Reason, Undone, digest_of
from groupform.engine.provider import Gone, Observation, Present
from groupform.engine.records import retired_address
from groupform.engine.resource_type import (
    Actor,
    Computed,
    Irreversible,
    OneWay,
    OnUnset,
    Owned,
    ResourceType,
    Sensitive,
    Verb,
)
from groupform.engine.values import masked, same
from groupform.state.document import Binding, Document, DropBinding, Entry, OpenedIntents, SetBinding
from groupform.state.renaming import readdress_binding


@dataclass(frozen=True, slots=True)
class Former:
    """An object that stood at an address once and stands there no more: its binding of then, and what is seen of it."""

    binding: Binding
    observation: Observation

    @property
    def there(self) -> bool:
        return isinstance(self.observation, Present)


@dataclass(frozen=True)
class Goal:
    """What an undo plans for.

    `document` is the state with what stands in the way put aside; `aside` makes it durable. `former` are the objects
    that may be found again, by the address at which they are to stand. `lost` is what will not come back.
    """

    compiled: Compiled
    document: Document
    aside: tuple[Entry, ...] = ()
    former: Mapping[str, Former] = field(default_factory=dict)
    lost: tuple[Reason, ...] = ()
    undone: Undone | None = None

    @property
    def shifted(self) -> tuple[str, ...]:
        """Addresses that the state alone moves objects to."""
        return tuple(each.address for each in self.aside if isinstance(each, SetBinding))


def bound_then(then: Document, types: Mapping[str, ResourceType]) -> dict[str, Binding]:
    """What the copy of the state manages."""
    return {address: each for address, each in then.bindings.items() if not each.left and each.type in types}


def let_go(now: Document, then: Document, types: Mapping[str, ResourceType]) -> dict[str, Binding]:
    """The objects of then that are not bound at their address now: to be looked at by their ids, before it is said
    where to go.

    What only a person can see counts as there where it was merely to be forgotten.
    """
    return {
        address: each
        for address, each in bound_then(then, types).items()
        if address not in now.bindings or _identity(address, each) != _identity(address, now.bindings[address])
        if not by_word(types[each.type]) or (address not in now.bindings and each.on_remove == "forget")
    }


def going_back(
    now: Document,
    then: Document,
    files: Compiled,
    types: Mapping[str, ResourceType],
    former: Mapping[str, Former],
) -> Goal:
    """Where to go from `now` to be as `then`.

    `files` are the resources of today's files: they lend what no state holds (who does a step, the words of a secret,
    what is left alone). `former` are those of `let_go`, as they were seen.
    """
    goals = _goals(now, then, types)
    today = {str(each.address): each for each in files.resources}
    gone = {address for address, each in former.items() if isinstance(each.observation, Gone)}
    places = {address: at for address, at in _places(now, goals, today).items() if at == address or address not in gone}
    names = _in_the_way(now, goals, places, former)
    document, aside = _shift(now, names)
    where = {address: names.get(at, at) for address, at in places.items()}
    lost: list[Reason] = []
    resources: list[Resource] = []
    for address, binding in goals.items():
        at = where.get(address)
        held = document.bindings.get(at if at is not None else address)
        if held is not None and at is None and address in former and not _proven(former[address]):
            # Another object stands there, and nobody can tell whether the one of then would be had back.
            lost.append(_about("undo-hidden", binding))
            binding = held
        resources.append(_resource(address, binding, held, at, today, types[binding.type], lost))
    free = former.keys() - document.bindings.keys() - where.keys()
    found = {address: each for address, each in former.items() if address in free}
    return Goal(Compiled(tuple(_in_order(resources, today)), ()), document, aside, found, tuple(lost))


def _goals(now: Document, then: Document, types: Mapping[str, ResourceType]) -> dict[str, Binding]:
    """What there was, by address; and what people have done since that they had been asked for before."""
    goals = bound_then(then, types)
    for address, binding in now.bindings.items():
        kind = types.get(binding.type)
        if kind is None:
            continue
        was = goals.get(address)
        if was is None and address in then.steps:
            goals[address] = binding
        elif was is not None and _identity(address, was) == _identity(address, binding):
            asked = {
                name: value
                for name, value in binding.applied.items()
                if (step := then.steps.get(f"{address}!{name}")) is not None and step.digest == digest_of({name: value})
            }
            goals[address] = was.model_copy(update={"applied": {**was.applied, **asked}}) if asked else was
    return goals


def _proven(former: Former) -> bool:
    return isinstance(former.observation, Gone | Present)


def _identity(address: str, binding: Binding) -> tuple[str, str]:
    return (binding.type, address if binding.id == ATTESTED else binding.id)


def _places(now: Document, goals: Mapping[str, Binding], today: Mapping[str, Resource]) -> dict[str, str]:
    """Where each object of then stands now, by its address of then; what is bound nowhere is left out."""
    places: dict[str, str] = {}
    by_identity = {_identity(address, each): address for address, each in now.bindings.items()}
    # Nothing but its files tells of an object without an id that it was renamed.
    renamed = {str(was): address for address, each in today.items() for was in each.previously}
    for address, binding in goals.items():
        at = by_identity.get(_identity(address, binding))
        if at is None and binding.id == ATTESTED and address not in now.bindings:
            at = renamed.get(address)
            there = now.bindings.get(at) if at is not None and at not in goals else None
            at = at if there is not None and there.id == ATTESTED and there.type == binding.type else None
        if at is not None:
            places[address] = at
    return places


def _in_the_way(
    now: Document, goals: Mapping[str, Binding], places: Mapping[str, str], former: Mapping[str, Former]
) -> dict[str, str]:
    """What must stand elsewhere before the plan can begin: present address -> the one for it.

    A plain rename is left to the plan, which shows it. Objects whose addresses went round in a chain are put back at
    once, and what was made since at such an address (the room that replaced another) is put aside.
    """
    going = {at: address for address, at in places.items()}
    names: dict[str, str] = {}
    for address in goals:
        at = places.get(address)
        returns = at not in (None, address) or (at is None and address in former and former[address].there)
        occupant = now.bindings.get(address)
        if returns and occupant is not None and address not in going:
            names[address] = retired_address(address, occupant.id)
        if at is not None and at != address and at in goals:
            names[at] = address
    return names


def _shift(now: Document, names: Mapping[str, str]) -> tuple[Document, tuple[Entry, ...]]:
    """The state with objects at other addresses, in every reference too, and the entries that make it so."""
    if not names:
        # A writer's document goes on changing; this one is what was known when the plan was made.
        return now.model_copy(update={"bindings": dict(now.bindings)}), ()
    after = {names.get(address, address): readdress_binding(each, names) for address, each in now.bindings.items()}
    changed = {address: each for address, each in after.items() if now.bindings.get(address) != each}
    entries: list[Entry] = [DropBinding(address=each) for each in now.bindings if each not in after]
    entries += [SetBinding(address=address, binding=each) for address, each in changed.items()]
    # A binding that is set closes the intent at its address; these are still to be settled.
    open_ = {address: each for address, each in now.intents.items() if address in changed}
    if open_:
        entries.append(OpenedIntents(intents=open_))
    return now.model_copy(update={"bindings": after}), tuple(entries)


def _resource(
    address: str,
    then: Binding,
    now: Binding | None,
    at: str | None,
    today: Mapping[str, Resource],
    kind: ResourceType,
    lost: list[Reason],
) -> Resource:
    """One object as it was. `now` is the binding it has, `at` the address at which that stands."""
    asked = today.get(at or address) or today.get(address)
    values: dict[str, Json] = {}
    alone = set(asked.ignore) if asked is not None else set[str]()
    for name in dict.fromkeys((*then.applied, *(now.applied if now is not None else ()))):
        attribute = kind.attributes.get(name)
        if attribute is None or attribute.has(Computed):
            continue
        was, is_ = then.applied.get(name), now.applied.get(name) if now is not None else None
        if attribute.has(Irreversible) and now is not None and not same(was, is_):
            alone.add(name)
            lost.append(_about("undo-one-way", then, attribute=name))
            continue
        if name not in then.applied:
            unset: OnUnset | None = attribute.get(OnUnset)
            if unset.release if unset is not None else not attribute.has(Owned):
                lost.append(_about("undo-stays", then, attribute=name))
            continue
        if attribute.has(Sensitive):
            plain = asked.attributes.get(name) if asked is not None else None
            if plain is None or masked(attribute, plain) != was:
                alone.add(name)
                if was != is_:
                    lost.append(_about("undo-secret", then, attribute=name))
                continue
            was = plain
        if attribute.has(OneWay) and now is not None and not same(was, is_) and same(is_, attribute.get(OneWay).value):
            lost.append(_about("undo-one-way", then, attribute=name))
        values[name] = was
    return Resource(
        Address.parse(address),
        values,
        then.label or address,
        OnRemove(then.on_remove),
        then.protect,
        previously=(Address.parse(at),) if at is not None and at != address else (),
        after=asked.after if asked is not None else (),
        ignore=frozenset(alone),
        who=asked.who if asked is not None else then.who or None,
        forms=then.forms,
    )


def _in_order(resources: Iterable[Resource], today: Mapping[str, Resource]) -> list[Resource]:
    """As the files declare them; what they have no more comes after, as the state has it."""
    rank = {address: number for number, address in enumerate(today)}

    def place(each: Resource) -> int:
        return rank.get(str(each.address), len(rank))

    return sorted(resources, key=place)


def _about(code: str, binding: Binding, **params: object) -> Reason:
    return Reason(code=code, params={"label": binding.label, **params})


def own_binding(goal: Goal | None, address: str) -> Binding | None:
    """The binding of then for an object that this undo finds again."""
    former = goal.former.get(address) if goal is not None else None
    return former.binding if former is not None else None


def by_word(kind: ResourceType) -> bool:
    """Whether nothing reads such an object back: only somebody's word tells of it."""
    return kind.actor(Verb.read) is Actor.nobody

"""Owns what an adopted object keeps in place of what is declared, for as long as the declaration stays the same. Pure.

A live room says what the files say in its own way: a door without the team's key in it, a moderator at 60. Writing
over that would take from people what they had. So a value that means the same is taken as the form of this object, and
what the files cannot say is left alone; the first change of the declaration itself ends it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from groupform.compile.resource import Attributes, Claim, Compiled, Form, Json, Outcome, Resource
from groupform.engine.refs import references, renamed
from groupform.engine.resource_type import Owned, ResourceType
from groupform.engine.values import same

NOT_NEEDED = "plan-note-not-needed"


def with_forms(
    compiled: Compiled,
    forms: Mapping[str, Sequence[Form]],
    types: Mapping[str, ResourceType],
    bound: Collection[str] = (),
) -> Compiled:
    """What is desired of a deployment in which objects, by address, keep their forms.

    What is there for others only is left out where, by that, nothing refers to it and nothing is bound to it; so is
    what belongs to an object that keeps a form, unless it is bound.
    """
    if not any(forms.values()):
        return compiled
    shaped = [
        settled(each, types[each.address.type], forms.get(str(each.address), ()))
        if each.address.type in types
        else each
        for each in compiled.resources
    ]
    kept = [each for each in _needed(shaped, types, bound) if not _beside_adopted(each, forms, bound)]
    gone = {each.address for each in shaped} - {each.address for each in kept}
    claims = tuple(_unneeded(each) if each.address in gone else each for each in compiled.claims)
    return replace(compiled, resources=tuple(kept), claims=claims)


def settled(resource: Resource, kind: ResourceType, forms: Iterable[Form]) -> Resource:
    """The resource as its object is to be, with those of `forms` that still hold."""
    attributes = dict(resource.attributes)
    holding: list[Form] = []
    for form in forms:
        if not all(_asked(kind, resource.attributes, name, value) for name, value in form.declared.items()):
            continue
        holding.append(form)
        for name, value in form.declared.items():
            if kind.attributes[name].has(Owned):
                attributes[name] = _elements(attributes[name], value, form.found.get(name))
            elif name in form.found:
                attributes[name] = form.found[name]
            else:
                attributes.pop(name, None)
    return replace(resource, attributes=attributes, forms=(*resource.forms, *holding)) if holding else resource


def readdressed(forms: Iterable[Form], kind: ResourceType, names: Mapping[str, str]) -> tuple[Form, ...]:
    """Forms that speak of addresses by their new names."""
    return tuple(Form(renamed(kind, each.declared, names), renamed(kind, each.found, names)) for each in forms)


def _asked(kind: ResourceType, attributes: Attributes, name: str, value: Json) -> bool:
    """Whether the files still ask for this value, or for these elements."""
    if name not in attributes or name not in kind.attributes:
        return False
    asked = attributes[name]
    if not kind.attributes[name].has(Owned):
        return same(asked, value)
    if isinstance(asked, Mapping) and isinstance(value, Mapping):
        return all(key in asked and same(asked[key], each) for key, each in value.items())
    return isinstance(asked, list) and isinstance(value, list) and all(each in asked for each in value)


def _elements(there: Json, declared: Json, found: Json) -> Json:
    if isinstance(there, Mapping) and isinstance(declared, Mapping):
        kept = {key: each for key, each in there.items() if key not in declared}
        return kept | (dict(found) if isinstance(found, Mapping) else {})
    if isinstance(there, list) and isinstance(declared, list):
        return [each for each in there if each not in declared] + (found if isinstance(found, list) else [])
    return there


def _needed(
    resources: Sequence[Resource], types: Mapping[str, ResourceType], bound: Collection[str]
) -> Sequence[Resource]:
    support = {str(each.address): each for each in resources if each.support}
    looks = {
        str(each.address): references(types[each.address.type], each.attributes)
        for each in resources
        if each.address.type in types
    }
    needed = {address for address in support if address in bound}
    needed |= {to for each in resources if not each.support for to in looks.get(str(each.address), ()) if to in support}
    # What only hangs on something that is needed comes with it: an invitation with the room it opens.
    needed |= {address for address in support if looks.get(address, frozenset()) & needed}
    return [each for each in resources if not each.support or str(each.address) in needed]


def _beside_adopted(resource: Resource, forms: Mapping[str, Sequence[Form]], bound: Collection[str]) -> bool:
    """Whether it would be made for an object that was taken over as it is, without it."""
    return bool(forms.get(str(resource.beside))) and str(resource.address) not in bound


def _unneeded(claim: Claim) -> Claim:
    return Claim(claim.path, Outcome.informational, reason=NOT_NEEDED)

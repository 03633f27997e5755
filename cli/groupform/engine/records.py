"""Owns what the state remembers of a write: which binding stands after it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from groupform.compile.address import Address
from groupform.compile.resource import Attributes, Json, Resource
from groupform.engine.forms import readdressed
from groupform.engine.plan import AttributeChange, Change, digest_of
from groupform.engine.provider import Done
from groupform.engine.refs import renamed
from groupform.engine.resource_type import Owned, ResourceType
from groupform.engine.values import masked
from groupform.state.document import Binding, Document, Entry, MoveBinding, SetBinding


def remembered(kind: ResourceType, values: Attributes, refused: Collection[str] = ()) -> dict[str, Any]:
    """Values as the state holds them: secrets as digests, without what the platform would not take."""
    return {
        name: masked(kind.attributes[name], value)
        for name, value in values.items()
        if name in kind.attributes and name not in refused
    }


def created(resource: Resource, kind: ResourceType, values: Attributes, done: Done) -> Binding:
    """The binding of an object that was just made."""
    return described(
        Binding(
            type=kind.name,
            id=done.id,
            applied=remembered(kind, values, done.refused),
            private=dict(done.private),
            refused=dict(done.refused),
        ),
        resource,
    )


def updated(binding: Binding, change: Change, resource: Resource | None, kind: ResourceType, done: Done) -> Binding:
    """The binding after its attributes were written: what was taken is applied, what was refused is not."""
    applied = dict(binding.applied)
    written = {each.name for each in change.attributes}
    desired: Mapping[str, Json] = resource.attributes if resource is not None and not change.temporary else {}
    for each in change.attributes:
        if each.name in done.refused:
            applied.pop(each.name, None)
        elif each.name in desired:
            applied[each.name] = masked(kind.attributes[each.name], desired[each.name])
        elif change.temporary:
            applied[each.name] = each.after
        else:
            applied.pop(each.name, None)
    after = binding.model_copy(
        update={
            "id": done.id,
            "applied": applied,
            "private": dict(done.private),
            "refused": {name: code for name, code in binding.refused.items() if name not in written}
            | dict(done.refused),
        }
    )
    return described(after, resource)


def described(binding: Binding, resource: Resource | None) -> Binding:
    """The binding with what must be known of it once its declaration is gone."""
    if resource is None:
        return binding
    return binding.model_copy(
        update={
            "label": resource.label,
            "on_remove": resource.on_remove.value,
            "protect": resource.protect,
            "left": False,
            "forms": resource.forms,
            "who": resource.who or "",
        }
    )


def widened(binding: Binding, attributes: Sequence[AttributeChange], kind: ResourceType) -> Binding:
    """The binding with the elements we are about to put counted as ours.

    Were the process killed between the put and its record, an element that is then taken out of the files would pass
    for a stranger's and stay for ever.
    """
    applied = dict(binding.applied)
    for each in attributes:
        if not each.put or not kind.attributes[each.name].has(Owned):
            continue
        was = applied.get(each.name)
        if isinstance(was, dict) or (was is None and isinstance(each.after, dict)):
            applied[each.name] = {**(was or {}), **each.put}
        else:
            known = list(was or [])
            applied[each.name] = known + [value for value in each.put.values() if value not in known]
    return binding if applied == binding.applied else binding.model_copy(update={"applied": applied})


def retired_address(address: str, object_id: str) -> str:
    """Where the state keeps an object that a new one has replaced, until it is removed: nobody declares it."""
    was = Address.parse(address)
    return str(replace(was, key=f"{was.key}-replaced-{digest_of([address, object_id])[:8]}"))


def moved(document: Document, moves: Mapping[str, str], types: Mapping[str, ResourceType]) -> list[Entry]:
    """Renames (new -> former), with every reference to a former address in what was applied."""
    names = {former: new for new, former in moves.items()}
    entries: list[Entry] = [MoveBinding(address=former, to=new) for new, former in moves.items()]
    for address, binding in document.bindings.items():
        if binding.type not in types:
            continue
        applied = renamed(types[binding.type], binding.applied, names)
        forms = readdressed(binding.forms, types[binding.type], names)
        if (applied, forms) != (binding.applied, binding.forms):
            after = binding.model_copy(update={"applied": applied, "forms": forms})
            entries.append(SetBinding(address=names.get(address, address), binding=after))
    return entries

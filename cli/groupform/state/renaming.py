"""Owns what a rename does to a state: addresses change everywhere they are written, objects stay what they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from groupform.compile.address import Address
from groupform.compile.resource import Form
from groupform.state.document import Binding, Document, OpenIntent


def readdress(value: Any, names: Mapping[str, str]) -> Any:
    """`value` with every text (and key) that is one of the addresses in `names` replaced by its new one."""
    match value:
        case str():
            return names.get(value, value)
        case list():
            return [readdress(each, names) for each in value]
        case dict():
            return {names.get(key, key): readdress(each, names) for key, each in value.items()}
        case _:
            return value


def rename_deployment(document: Document, deployment: str) -> Document:
    """The document of a deployment under its new name; serial and lineage stay, since it is the same history.

    An object does not refer to itself: where its own former address was applied to it, that is what is written on it,
    and it stays so until it is written anew.
    """
    names = {old: _renamed(old, deployment) for old in (*document.bindings, *document.intents)}

    def key(old: str) -> str:
        address, mark, attribute = old.partition("!")
        return _renamed(address, deployment) + mark + attribute

    return document.model_copy(
        update={
            "deployment": deployment,
            "bindings": {
                key(old): readdress_binding(each, {was: new for was, new in names.items() if was != old})
                for old, each in document.bindings.items()
            },
            "intents": _table(document.intents, key, lambda each: _intent(each, names)),
            "attestations": _table(document.attestations, key, lambda each: each),
            "steps": _table(document.steps, key, lambda each: each),
            # A plan under way was made for the old name; it cannot be resumed under the new one.
            "progress": None,
        }
    )


def readdress_binding(binding: Binding, names: Mapping[str, str]) -> Binding:
    """The binding with the references it was applied with brought up to date."""
    applied = readdress(binding.applied, names)
    forms = tuple(Form(readdress(each.declared, names), readdress(each.found, names)) for each in binding.forms)
    if (applied, forms) == (binding.applied, binding.forms):
        return binding
    return binding.model_copy(update={"applied": applied, "forms": forms})


def _intent(intent: OpenIntent, names: Mapping[str, str]) -> OpenIntent:
    return intent.model_copy(update={"attributes": readdress(intent.attributes, names)})


def _renamed(text: str, deployment: str) -> str:
    return str(replace(Address.parse(text), deployment=deployment))


def _table(table: Mapping[str, Any], key: Callable[[str], str], value: Callable[[Any], Any]) -> dict[str, Any]:
    return {key(name): value(each) for name, each in table.items()}

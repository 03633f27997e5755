"""Owns playing a step: what the person whom it asks for would do on the platform's side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from groupform.compile.address import Address
from groupform.compile.resource import Resource
from groupform.engine.plan import Step
from groupform.providers.wecom.rehearsal.person import Person
from groupform.state.document import Document


def act(person: Person, step: Step, resource: Resource | None, document: Document) -> bool:
    """Does what a step on a customer group asks for: makes it, renames it, writes its notice, names its admins; or
    confirms the mass message that a step of the calendar speaks of.

    `resource` is what is declared, None where the group is to go. False for a step that nothing on the platform shows.
    """
    message = step.what.params.get("message")
    if message:
        person.confirm(str(message))
        return True
    address, _, attribute = step.key.partition("!")
    if Address.parse(address).type != "group":
        return False
    bound = document.bindings.get(address)
    if resource is None:
        if bound is not None:
            person.dismiss(bound.id)
        return bound is not None
    values = resource.attributes
    if bound is None:
        person.create_group(
            str(values["owner"]),
            str(values["title"]),
            notice=str(values.get("notice") or ""),
            admins=_admins(values),
        )
        return True
    if attribute in ("", "title") and "title" in values:
        person.rename(bound.id, str(values["title"]))
    if attribute in ("", "notice"):
        person.set_notice(bound.id, str(values.get("notice") or ""))
    if attribute in ("", "admins"):
        person.set_admins(bound.id, _admins(values))
    return True


def _admins(values: Mapping[str, Any]) -> list[str]:
    found = values.get("admins")
    return [str(each) for each in found] if isinstance(found, list) else []

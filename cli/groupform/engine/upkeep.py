"""Owns what becomes durable when a person puts a state right: moved, forgotten, replaced by a copy. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from groupform.compile.address import Address, AddressError
from groupform.config.diagnostics import Diagnostic, Refused
from groupform.state.document import (
    Document,
    DropBinding,
    Entry,
    MoveBinding,
    Restored,
    SetAttestation,
    SetBinding,
    SetSteps,
)
from groupform.state.renaming import readdress_binding


@dataclass(frozen=True, slots=True)
class Difference:
    """The addresses that one document has and another has not, and those that they bind otherwise."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]


def target(text: str, old: str) -> str:
    """The address that `text` means as the new name of `old`: whole, or without deployment and environment.

    Raises Refused `address-wrong`, `state-mv-elsewhere`.
    """
    was = Address.parse(old)
    try:
        new = Address.parse(text)
    except AddressError:
        try:
            short = Address.parse(f"{was.deployment}/{text}")
            new = replace(short, environment=short.environment or was.environment)
        except AddressError:
            raise _refused("address-wrong", text=text) from None
    if (new.deployment, new.environment, new.type) != (was.deployment, was.environment, was.type):
        raise _refused("state-mv-elsewhere", old=old, new=str(new))
    return str(new)


def moving(document: Document, old: str, new: str) -> list[Entry]:
    """Gives a bound object another address, wherever it is written. Raises Refused."""
    _settled(document, (old, new))
    if new in document.bindings:
        raise _refused("state-mv-taken", new=new, id=document.bindings[new].id)
    entries: list[Entry] = [MoveBinding(address=old, to=new)]
    for address, binding in document.bindings.items():
        after = readdress_binding(binding, {old: new})
        if after != binding:
            entries.append(SetBinding(address=new if address == old else address, binding=after))
    return entries


def forgetting(document: Document, addresses: Iterable[str]) -> list[Entry]:
    """Takes bindings out, with what was said of their steps; nothing is touched on the platform. Raises Refused."""
    gone = list(dict.fromkeys(addresses))
    _settled(document, gone)
    entries: list[Entry] = [DropBinding(address=each) for each in gone if each in document.bindings]
    said = [key for key in document.attestations if key.partition("!")[0] in gone]
    entries += [SetAttestation(step=key, attestation=None) for key in said]
    left = {key: each for key, each in document.steps.items() if key.partition("!")[0] not in gone}
    if left != document.steps:
        entries.append(SetSteps(steps=left))
    return entries


def empty(document: Document) -> bool:
    """Whether nothing is lost with this document."""
    return not (document.bindings or document.intents or document.attestations)


def replacing(current: Document, offered: Document, *, force: bool = False) -> list[Entry]:
    """Puts another document in the place of this one; nothing where both say the same. Raises Refused.

    Another lineage is another history: it may only fill an empty place. An older copy, and one that knows nothing of a
    create whose outcome is open, are refused unless `force` is given.
    """
    if not empty(current):
        if offered.lineage != current.lineage:
            raise _refused("state-push-lineage", found=offered.lineage, wanted=current.lineage)
        if offered.serial < current.serial and not force:
            raise _refused("state-push-older", found=offered.serial, wanted=current.serial)
        lost = sorted(current.intents.keys() - offered.intents.keys() - offered.bindings.keys())
        if lost and not force:
            raise _refused("state-push-intents", count=len(lost), addresses=", ".join(lost))
    # Which applies there were stays as it is, with the copies that belong to them.
    same = current.model_copy(update={"serial": offered.serial, "applies": offered.applies}) == offered
    return [] if same else [Restored(document=offered)]


def wrong_addresses(document: Document) -> Sequence[str]:
    """What stands in a document's place for addresses and is none of its own."""
    every = [*document.bindings, *document.intents, *(key.partition("!")[0] for key in document.attestations)]
    return [each for each in dict.fromkeys(every) if not _own(each, document)]


def difference(before: Document, after: Document) -> Difference:
    """What sets the bindings of two documents apart, in the order of the addresses."""
    was, now = before.bindings, after.bindings
    return Difference(
        added=tuple(sorted(now.keys() - was.keys())),
        removed=tuple(sorted(was.keys() - now.keys())),
        changed=tuple(sorted(each for each in was.keys() & now.keys() if was[each] != now[each])),
    )


def _own(text: str, document: Document) -> bool:
    try:
        address = Address.parse(text)
    except AddressError:
        return False
    return address.deployment == document.deployment and address.environment in (None, document.environment)


def _settled(document: Document, addresses: Iterable[str]) -> None:
    """Raises Refused where the outcome of a create is still open: its announcement must stand under its address."""
    for each in addresses:
        if each in document.intents:
            raise _refused("state-intent-open", address=each, sent_at=document.intents[each].sent_at)


def _refused(code: str, **params: object) -> Refused:
    return Refused([Diagnostic(code, params=params)])

"""Owns greetings: one template for each distinct text, and the step by which a group's owner takes it up."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from groupform.compile.address import Address
from groupform.compile.resource import Json
from groupform.compile.texts import Welcome, welcome
from groupform.config.diagnostics import Severity
from groupform.config.placeholders import words
from groupform.config.project import GroupInstance
from groupform.providers.wecom.bench import Bench, within_bytes
from groupform.providers.wecom.groups import former
from groupform.providers.wecom.limits import LINK_TITLE_BYTES, WELCOME_BYTES
from groupform.providers.wecom.words import note_words
from groupform_schemas import Attachment, WelcomeVariant

_MEMBER, _NICKNAME = "{member}", "%NICKNAME%"
"""What stands for the new member's name: in the language, and on WeCom (D-92366)."""
_SHOWN = 24


def compile_greetings(bench: Bench) -> None:
    declared = bench.deployment.community.model.welcome
    if declared is None:
        return
    for group in bench.deployment.groups:
        found = welcome(bench.deployment, group)
        if found is not None:
            _greet(bench, group, found)


def _greet(bench: Bench, group: GroupInstance, found: Welcome) -> None:
    declared = bench.deployment.community.model.welcome
    assert declared is not None
    variant = declared.variants[int(found.path.rsplit(".", 1)[1])] if found.path != "welcome" else None
    written = variant.text if variant is not None else declared.text
    address = _address(bench, group, variant, own=bool(set(words(written)) - {"member"}))
    bench.carry(f"{found.path}.text", address, "text")
    note_words(bench, group, written, address, "text")
    if variant is not None:
        _note_occasion(bench, variant, found.path, address)
    text = found.text.replace(_MEMBER, _NICKNAME)
    if len(text.encode()) > WELCOME_BYTES:
        size = len(text.encode())
        bench.warn(
            "wecom-welcome-long", bench.place(f"{found.path}.text"), severity=Severity.error, bytes=size,
            limit=WELCOME_BYTES,
        )  # fmt: skip
    link = _link(bench, found, address)
    if address not in bench.made:
        # In the client's list the member's name stands for nobody yet.
        label = " ".join(found.text.replace(_MEMBER, "…").split())
        shown = label if len(label) <= _SHOWN else label[:_SHOWN] + "…"
        bench.make(address, {"text": text, "link": link}, shown, previously=_former(bench, group, address))
    bench.make(
        bench.address("apply-welcome", group.group, group.instance),
        {"group": str(bench.group(group)), "template": str(address)},
        bench.label(group),
        who=bench.owner(group),
        protect=group.model.protect,
        previously=former(bench, group, "apply-welcome"),
    )


def _address(bench: Bench, group: GroupInstance, variant: WelcomeVariant | None, *, own: bool) -> Address:
    """One template for a text that is the same everywhere; one for each group whose own words stand in it.

    A variant is told by the groups it names: its text may change, and others may come to stand before it.
    """
    key = "common"
    if variant is not None:
        named = sorted(said for said in _several(variant.when.group) if _deployed(bench, said))
        key = f"when-{hashlib.sha256(' '.join(named).encode()).hexdigest()[:8]}" if named else "here"
    if not own:
        return bench.address("welcome-template", key)
    return bench.address("welcome-template", f"{key}-{group.group}", group.instance)


def _former(bench: Bench, group: GroupInstance, address: Address) -> list[Address]:
    """What a group's own template was called under the group's earlier names."""
    base = address.key.removesuffix(f"-{group.group}")
    if base == address.key:
        return []
    names = (name.partition("/") for name in group.previously)
    return [bench.address("welcome-template", f"{base}-{key}", instance or None) for key, _, instance in names]


def _note_occasion(bench: Bench, variant: WelcomeVariant, path: str, address: Address) -> None:
    """Of a variant's conditions, those that decide here."""
    for index, said in enumerate(_several(variant.when.platform)):
        if said == bench.deployment.connection.platform:
            bench.carry(f"{path}.when.platform.{index}", address, "text")
    for index, said in enumerate(_several(variant.when.group)):
        if _deployed(bench, said):
            bench.carry(f"{path}.when.group.{index}", address, "text")


def _deployed(bench: Bench, name: str) -> bool:
    return name in bench.names


def _several(value: str | Sequence[str] | None) -> tuple[str, ...]:
    return () if value is None else (value,) if isinstance(value, str) else tuple(value)


def _link(bench: Bench, found: Welcome, address: Address) -> Json:
    """The one card that goes with the text: of several parts only the first is sent (D-92366)."""
    attachments: Sequence[Attachment] = found.attachments
    path = f"{found.attachments_path}.attachments"
    for index in range(1, len(attachments)):
        for name in ("title", "url", "image"):
            bench.trace.lack(f"{path}.{index}.link.{name}", "wecom-gap-one-attachment")
    if not attachments:
        return None
    card = attachments[0].link
    link: dict[str, Json] = {"title": within_bytes(card.title, LINK_TITLE_BYTES), "url": str(card.url)}
    for name in ("title", "url", "image"):
        bench.carry(f"{path}.0.link.{name}", address, "link")
    data = bench.deployment.community.files.get(str(card.image)) if card.image is not None else None
    if data is not None:
        link["image"] = hashlib.sha256(data).hexdigest()
    return link

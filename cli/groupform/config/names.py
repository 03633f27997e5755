"""Looks names up: people, roles, duties, groups, tiers, segments; a miss is reported with the word that was meant."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from groupform.config.diagnostics import Diagnostics, Severity
from groupform.config.document import Document, Loc
from groupform.config.suggest import listed, nearest
from groupform_schemas import Audience, CommunityFile, Person, PersonRef


@dataclass(frozen=True, slots=True)
class Desk:
    """Where one file's findings are written: the document, the collection, and how to look a name up."""

    document: Document
    found: Diagnostics

    def report(self, code: str, loc: Loc, **params: Any) -> None:
        self.document.report(self.found, code, loc, **params)

    def warn(self, code: str, loc: Loc, **params: Any) -> None:
        self.document.report(self.found, code, loc, severity=Severity.warning, **params)

    def note(self, code: str, loc: Loc, **params: Any) -> None:
        self.document.report(self.found, code, loc, severity=Severity.note, **params)

    def known(self, code: str, loc: Loc, name: str, among: Collection[str], **params: Any) -> bool:
        """True when `name` is known; else reports `code`, or `code-close` where another word was probably meant."""
        if name in among:
            return True
        if self._keyboard(loc, name):
            return False
        suggestion = nearest(name, among)
        if suggestion is None:
            self.report(code, loc, name=name, known=listed(among), **params)
        else:
            self.report(f"{code}-close", loc, name=name, known=listed(among), suggestion=suggestion, **params)
        return False

    def _keyboard(self, loc: Loc, name: str) -> bool:
        sign = next((each for each in "，、" if each in name), None)
        node, whole = self.document.node(loc)
        if sign is None or not whole or type(node.value) is not str:
            return False
        at = self.document.source.text.find(sign, node.start, node.end)
        if at < 0:
            return False
        self.document.report_at(self.found, "fullwidth-comma", at, at + 1, character=sign, text=sign)
        return True


class Everybody(dict[str, Person]):
    """Stands for a table of people that has mistakes: anybody may be in it, so no name is reported."""

    def __contains__(self, key: object) -> bool:
        return True


def check_person(desk: Desk, loc: Loc, ref: PersonRef, model: CommunityFile, people: Mapping[str, Person]) -> bool:
    """Whether a reference names exactly one person, role or duty (for an audience, a tier too)."""
    team = model.team
    if ref.name is not None:
        return _check_bare(desk, loc, ref.name, model, people, audience=isinstance(ref, Audience))
    good = True
    if ref.person is not None:
        good = desk.known("unknown-person", (*loc, "person"), ref.person, people)
    if ref.role is not None:
        good = desk.known("unknown-role", (*loc, "role"), ref.role, team.roles)
    if ref.duty is not None:
        good = desk.known("unknown-duty", (*loc, "duty"), ref.duty, team.duty)
    if isinstance(ref, Audience):
        tiers = [tier.key for tier in model.tiers]
        for key, name in (("tier", ref.tier), ("below", ref.below)):
            if name is not None:
                good = desk.known("unknown-tier", (*loc, key), name, tiers)
    return good


def _check_bare(
    desk: Desk, loc: Loc, name: str, model: CommunityFile, people: Mapping[str, Person], *, audience: bool
) -> bool:
    if isinstance(people, Everybody):
        return True
    kinds = {"person": people, "role": model.team.roles, "duty": model.team.duty}
    fits = [kind for kind, among in kinds.items() if name in among]
    if len(fits) > 1:
        desk.report("name-ambiguous", loc, name=name, kinds=", ".join(f"{{{kind}: {name}}}" for kind in fits))
        return False
    if not fits and audience:
        tier = nearest(name, [each.key for each in model.tiers])
        if tier is not None:
            desk.report("unknown-name-close", loc, name=name, suggestion=f"{{tier: {tier}}}")
            return False
    return bool(fits) or desk.known("unknown-name", loc, name, [*model.team.roles, *model.team.duty, *people])


def person_of(ref: PersonRef, model: CommunityFile, people: Mapping[str, Person]) -> str | None:
    """The person who is meant: the one named, or the first of the role or duty; None where there is none."""
    name = ref.name or ref.person
    if name is not None and name in people:
        return name
    role = model.team.roles.get(ref.role or ref.name or "")
    duty = model.team.duty.get(ref.duty or ref.name or "")
    found = [*(role.people if role else ()), *(duty.people if duty else ())]
    return found[0] if found else None

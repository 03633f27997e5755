"""Owns the bench on which a deployment is compiled: its addresses, its notes, its findings, what was made so far."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from groupform.compile.address import Address
from groupform.compile.resource import Json, OnRemove, Outcome, Resource
from groupform.compile.team import owners_of
from groupform.compile.trace import Trace
from groupform.config.diagnostics import Diagnostic, Severity
from groupform.config.flat import flat_title
from groupform.config.project import GroupInstance, Place, ResolvedDeployment
from groupform.providers.wecom.types import TYPES, carried_as

KEPT = "coverage-kept-by-groupform"
_CHINESE = "zh"


@dataclass(frozen=True)
class Bench:
    """One deployment under compilation."""

    deployment: ResolvedDeployment
    trace: Trace
    made: dict[Address, Resource] = field(default_factory=dict)
    leading: dict[str, Address] = field(default_factory=dict)
    """The first code that leads to each group, by the text of the group's address."""
    findings: list[Diagnostic] = field(default_factory=list)
    complained: set[tuple[str, str]] = field(default_factory=set)

    def address(self, kind: str, key: str, instance: str | None = None) -> Address:
        environment = None if self.deployment.default_environment else self.deployment.environment
        return Address(self.deployment.name, kind, key, instance, None, environment)

    def group(self, group: GroupInstance) -> Address:
        return self.address("group", group.group, group.instance)

    @cached_property
    def names(self) -> frozenset[str]:
        """What groups that are deployed here can be named by."""
        return frozenset(name for each in self.deployment.groups for name in (each.name, each.group))

    def label(self, group: GroupInstance) -> str:
        return flat_title(self.deployment, group)

    def carry(self, path: str, address: Address, attribute: str | None = None, *, below: bool = False) -> None:
        """The leaf went into this attribute: what that means follows from who writes and who reads it."""
        self.trace.carry(path, address, attribute, below=below, outcome=carried_as(address.type, attribute))

    def make(
        self,
        address: Address,
        attributes: Mapping[str, Json],
        label: str,
        *,
        who: str | None = None,
        protect: bool = False,
        previously: Iterable[Address] = (),
        after: Iterable[Address] = (),
        beside: Address | None = None,
    ) -> Resource:
        """One object besides the groups. What people set by hand is let be once it is declared no more."""
        by_hand = carried_as(address.type) is Outcome.attest
        made = Resource(
            address,
            {name: value for name, value in attributes.items() if value is not None},
            label,
            on_remove=OnRemove.forget if by_hand or TYPES[address.type].people_inside else OnRemove.delete,
            protect=protect,
            previously=tuple(each for each in dict.fromkeys(previously) if each != address),
            after=tuple(after),
            who=who,
            beside=beside,
        )
        self.made[address] = made
        return made

    def warn(self, code: str, place: Place | None, *, severity: Severity = Severity.warning, **params: object) -> None:
        """Advice, or what cannot be, at the line where it is declared; the same words once."""
        said = (code, repr(sorted(params.items(), key=lambda each: each[0])))
        if said in self.complained:
            return
        self.complained.add(said)
        span, line = (place.span, place.source_line) if place is not None else (None, None)
        self.findings.append(Diagnostic(code, severity, span, params, line))

    def place(self, path: str) -> Place | None:
        return self.deployment.community.places.get(path)

    @property
    def chinese(self) -> bool:
        """Whether what the tool has to call something itself is called in Chinese."""
        return (self.deployment.community.model.locale or "").split("-")[0] == _CHINESE

    def called(self, name: str) -> str:
        """Name of an object that a whole corp sees: the community's title first, and whose it is where two share it."""
        whose = "" if self.deployment.first else f"（{self.deployment.name}）"
        return f"{self.deployment.community.model.title}·{name}{self.deployment.title_suffix}{whose}"

    def account(self, person: str) -> str | None:
        """Somebody's account here. Whoever has left has none any more: whoever took over stands in their place."""
        there = self.deployment.successors.get(person) if person in self.deployment.departed else person
        return self.deployment.account(there) if there is not None else None

    def owner(self, group: GroupInstance | None = None) -> str | None:
        """The key of the person who owns the group, or the community."""
        return next(iter(owners_of(self.deployment, group)), None)


class Mentions:
    """People gathered from several leaves. A leaf alone carries somebody whom no other one names."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self.named: list[tuple[str, str]] = []

    def add(self, path: str, person: str) -> None:
        self.named.append((path, person))

    @property
    def people(self) -> list[str]:
        return list(dict.fromkeys(person for _, person in self.named))

    def accounts(self) -> list[str]:
        """Their accounts; a person without one is complained of where somebody names them."""
        found: list[str] = []
        for person in self.people:
            account = self._bench.account(person)
            if account is not None:
                found.append(account)
                continue
            for path in (path for path, named in self.named if named == person):
                self._bench.warn("wecom-no-account", self._bench.place(path), person=person, directory=self._directory)
                self._bench.trace.lack(path, "wecom-gap-no-account", person=person)
        # In an order of their own: who is named first in the files makes no difference.
        return sorted(set(found))

    def note(self, address: Address, attribute: str) -> None:
        """Says which leaves went into the attribute."""
        times = Counter(person for _, person in self.named)
        for path, person in self.named:
            if self._bench.account(person) is None:
                continue
            if times[person] == 1:
                self._bench.carry(path, address, attribute)
            else:
                self._bench.trace.instead(path, Outcome.informational, "wecom-note-named-twice")

    @property
    def _directory(self) -> str:
        return self._bench.deployment.connection.directory


def fitted(text: str, limit: int) -> str:
    """`text` within `limit` characters: what is longer is cut, and keeps telling itself from what begins alike."""
    if len(text) <= limit:
        return text
    return f"{text[: limit - 5]}~{hashlib.sha256(text.encode()).hexdigest()[:4]}"


def within_bytes(text: str, limit: int) -> str:
    """`text` cut to so many bytes of UTF-8, at a character."""
    return text.encode()[:limit].decode(errors="ignore")

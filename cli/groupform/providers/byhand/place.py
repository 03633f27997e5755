"""Owns the bench on which one group without an API is compiled: its address, its notes, its resources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from groupform.compile.address import Address, group_address
from groupform.compile.closing import fate_of
from groupform.compile.ignoring import ignored
from groupform.compile.resource import Json, OnRemove, Resource
from groupform.compile.team import owners_of
from groupform.compile.trace import Trace
from groupform.config.diagnostics import Diagnostic, Severity
from groupform.config.flat import flat_title
from groupform.config.project import GroupInstance, ResolvedDeployment
from groupform.providers.byhand.coverage import CARRIERS
from groupform.providers.byhand.kind import Kind
from groupform.providers.byhand.limits import Limits


@dataclass(frozen=True, slots=True)
class Place:
    """One group under compilation. `who` does its steps; `findings` collects advice, never errors."""

    kind: Kind
    deployment: ResolvedDeployment
    group: GroupInstance
    trace: Trace
    limits: Limits
    findings: list[Diagnostic]
    address: Address
    label: str
    owner: str | None
    who: str | None

    def address_of(self, kind: str, name: str | None = None) -> Address:
        environment = None if self.deployment.default_environment else self.deployment.environment
        return group_address(self.deployment.name, kind, name or self.group.name, environment)

    def group_resource(self, attributes: Mapping[str, Json]) -> Resource:
        """The group. People sit in it: once it is not declared it is left alone, unless the file says otherwise."""
        model = self.group.model
        said = fate_of(self.deployment, self.group)
        return Resource(
            self.address,
            {name: value for name, value in attributes.items() if value is not None},
            self.label,
            # There is no archive by hand: a group that should be archived is left to itself.
            on_remove=OnRemove.forget if said is OnRemove.archive else said,
            protect=model.protect,
            previously=self._former("group"),
            ignore=ignored(self.group, "group", CARRIERS),
            who=self.who,
        )

    def part(self, kind: str, attributes: Mapping[str, Json]) -> Resource:
        """Something that is set in the group once the group is there. What is no longer declared is let go."""
        return Resource(
            self.address_of(kind),
            attributes,
            self.label,
            on_remove=OnRemove.forget,
            protect=self.group.model.protect,
            previously=self._former(kind),
            after=(self.address,),
            who=self.who,
        )

    def warn(self, code: str, *, severity: Severity = Severity.warning, **params: object) -> None:
        """Advice about this group, at the line where it is declared, in the platform's own sentence."""
        at = self.group.place
        self.findings.append(
            Diagnostic(
                self.kind.code(code),
                severity,
                at.span if at is not None else None,
                {"group": self.group.name, "label": self.label, **params},
                at.source_line if at is not None else None,
            )
        )

    def _former(self, kind: str) -> tuple[Address, ...]:
        return tuple(self.address_of(kind, name) for name in self.group.previously)


def open_place(
    kind: Kind,
    deployment: ResolvedDeployment,
    group: GroupInstance,
    trace: Trace,
    limits: Limits,
    findings: list[Diagnostic],
) -> Place:
    """Everything that the parts of a group's compilation share."""
    environment = None if deployment.default_environment else deployment.environment
    owner = next(iter(owners_of(deployment, group)), None)
    return Place(
        kind,
        deployment,
        group,
        trace,
        limits,
        findings,
        group_address(deployment.name, "group", group.name, environment),
        flat_title(deployment, group),
        owner,
        owner,
    )

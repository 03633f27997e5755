"""Checks what only shows when a community meets a connection: accounts, titles, platforms that are not installed."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from groupform.config.diagnostics import Diagnostics, Severity
from groupform.config.flat import flat_title
from groupform.config.names import Desk
from groupform.config.project import GroupInstance, Place, Project, ResolvedDeployment
from groupform.config.suggest import nearest

FLAT = frozenset({"wecom", "wechat", "qq"})
"""Platforms without a container: all groups of a connection stand in one list (see shared/platforms)."""
BY_HAND = frozenset({"wechat", "qq"})
"""Platforms without an API: a person acts there, who can do without the account's exact name."""


def check_together(desk: Desk, project: Project, platforms: Collection[str]) -> None:
    """Reports findings of whole deployments; `platforms` are the installed providers, unknown where empty."""
    misspelt = set[str]()
    for each in project.deployments:
        if platforms and each.connection.platform not in platforms:
            meant = nearest(each.connection.platform, sorted(platforms))
            if meant is not None:
                if each.connection.key not in misspelt:
                    loc = ("connections", each.connection.key, "platform")
                    desk.report("unknown-platform-close", loc, name=each.connection.platform, suggestion=meant)
                misspelt.add(each.connection.key)
                continue  # nobody has an account on a platform that is not there
            place = ("deployments", each.name)
            desk.warn(
                "provider-not-installed",
                place,
                at_key=True,
                platform=each.connection.platform,
                deployment=each.name,
                known=", ".join(sorted(platforms)),
            )
        _check_accounts(desk, each)
    _check_titles(desk.found, project)


def _check_accounts(desk: Desk, deployment: ResolvedDeployment) -> None:
    team = deployment.community.model.team
    admins = dict.fromkeys(_responsible(deployment))
    on_duty = dict.fromkeys(name for duty in team.duty.values() for name in duty.people if name not in admins)
    for names, loud in ((admins, deployment.connection.platform not in BY_HAND), (on_duty, False)):
        for name in names:
            if name in deployment.people and not deployment.account(name):
                params = {"name": name, "directory": deployment.connection.directory, "deployment": deployment.name}
                related = (("needed-here", deployment.place.span),) if deployment.place else ()
                report = desk.report if loud else desk.warn
                report("account-missing", ("people", name), at_key=True, related=related, **params)


def _responsible(deployment: ResolvedDeployment) -> Iterator[str]:
    """The people who get power: the owner, everybody in a role, the owners of the groups deployed here."""
    team = deployment.community.model.team
    owner = team.owner.person or team.owner.name
    if owner is not None:
        yield owner
    for role in team.roles.values():
        yield from role.people
    yield from (each.owner for each in deployment.groups if each.owner is not None)


def _check_titles(found: Diagnostics, project: Project) -> None:
    """Two groups of one title in one list cannot be told apart, by people or by the tool."""
    seen: dict[tuple[str, str], tuple[str, GroupInstance]] = {}
    for deployment in project.deployments:
        if deployment.connection.platform not in FLAT:
            continue
        for group in deployment.groups:
            title = flat_title(deployment, group)
            owner, first = seen.setdefault((deployment.connection.key, title), (deployment.name, group))
            if first is group and owner == deployment.name:
                continue
            _report_alike(found, group.place, first.place, title=title, connection=deployment.connection.key)


def _report_alike(found: Diagnostics, place: Place | None, first: Place | None, **params: str) -> None:
    related = (("first-here", first.span),) if first else ()
    span, line = (place.span, place.source_line) if place else (None, None)
    found.add("titles-alike", severity=Severity.error, span=span, source_line=line, related=related, **params)

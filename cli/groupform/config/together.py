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
FOUND_BY_OWNER = frozenset({"wecom"})
"""Platforms on which a group is found by its owner and its name: two owners may have groups of one name."""
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
    """Two groups of one title in one list cannot be told apart, by people or by the tool.

    Where the tool goes by their owner as well, two owners' groups are only something to know.
    """
    seen: dict[tuple[str, str], tuple[str, GroupInstance, set[str]]] = {}
    for deployment in project.deployments:
        if deployment.connection.platform not in FLAT:
            continue
        for group in deployment.groups:
            title = flat_title(deployment, group)
            owner = _owner(deployment, group) if deployment.connection.platform in FOUND_BY_OWNER else ""
            key = (deployment.connection.key, title)
            name, first, owners = seen.setdefault(key, (deployment.name, group, {owner}))
            if first is group and name == deployment.name:
                continue
            severity = Severity.error if owner in owners else Severity.note
            owners.add(owner)
            params = {"title": title, "connection": deployment.connection.key}
            _report_alike(found, severity, group.place, first.place, **params)


def _owner(deployment: ResolvedDeployment, group: GroupInstance) -> str:
    """Who owns the group, as the files say it."""
    team = deployment.community.model.team.owner
    return group.owner or team.person or team.name or str(team)


def _report_alike(
    found: Diagnostics, severity: Severity, place: Place | None, first: Place | None, **params: str
) -> None:
    related = (("first-here", first.span),) if first else ()
    span, line = (place.span, place.source_line) if place else (None, None)
    found.add("titles-alike", severity=severity, span=span, source_line=line, related=related, **params)

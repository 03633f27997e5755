"""Owns finding the live groups of a community that is declared already: matched, or as a table says; never guessed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import anyio

from groupform.commands.adopting import Wish, open_connection, read, refuse_owned, write
from groupform.commands.authoring import adopt_table
from groupform.commands.editing import Edits
from groupform.commands.run import PROJECT_FILE, Run
from groupform.commands.worlds import open_world
from groupform.compile.address import Address
from groupform.config.diagnostics import Diagnostic, Diagnostics, Refused
from groupform.config.files import Unreadable, read_regular
from groupform.config.flat import flat_title
from groupform.config.project import Connection, Project, ResolvedDeployment
from groupform.config.tables import read_table
from groupform.config.write import Written
from groupform.engine.adoption import LiveGroup
from groupform.engine.matching import Doubt, Matched, match
from groupform.state.store import StateKey


def adopt_into(run: Run, wish: Wish) -> int:
    """Names in a deployment, for each of its groups, the live one that it is."""
    project, connection = open_connection(run, wish)
    deployment = _deployment(project, connection, str(wish.into))
    if not deployment.default_environment:
        raise Refused([Diagnostic("adopt-default-environment", params={"environment": deployment.environment})])
    found = anyio.run(read, run, project, connection, wish.target)
    bound = anyio.run(_bound, run, project, deployment)
    free = [each for each in found.live.groups if each.id not in bound.values()]
    if wish.table is not None:
        pairs = _table(run.folder() / wish.table, deployment, bound, free)
        matched = Matched(pairs, left=tuple(each for each in free if each not in pairs.values()))
    else:
        groups = [each for each in deployment.groups if each.name not in bound]
        open_ = [each for each in free if each.owner is None]
        if found.live.flat:
            matched = match(deployment.community.key, groups, open_, lambda each: flat_title(deployment, each))
        else:
            matched = match(deployment.community.key, groups, open_)
    if matched.doubts:
        raise Refused([_doubt(each) for each in matched.doubts])
    if not matched.pairs:
        raise Refused([Diagnostic("adopt-nothing-matches", params={"deployment": deployment.name})])
    refuse_owned(matched.pairs.values())
    unfit = [each.unfit for each in matched.pairs.values() if each.unfit is not None]
    if unfit:
        raise Refused([Diagnostic(each.reason, params=dict(each.params)) for each in unfit])
    _show(run, matched)
    container = found.live.container if found.live.container is not None and not bound else None
    if container is not None:
        refuse_owned([container])
    edits = Edits(run.root)
    table = _with_former(adopt_table(container, matched.pairs), deployment)
    edits.set(PROJECT_FILE, ("deployments", deployment.name, "adopt"), table)
    return write(run, wish, edits, found, deployment.name, len(matched.pairs))


def _deployment(project: Project, connection: Connection, name: str) -> ResolvedDeployment:
    """The deployment of that name, or the one of that community, on this connection. Raises Refused."""
    here = [each for each in project.deployments if each.connection.key == connection.key]
    found = [each for each in here if each.name == name] or [each for each in here if each.community.key == name]
    if len(found) != 1:
        known = ", ".join(each.name for each in here)
        code = "adopt-into-several" if found else "adopt-into-unknown"
        raise Refused([Diagnostic(code, params={"name": name, "connection": connection.key, "known": known})])
    return found[0]


async def _bound(run: Run, project: Project, deployment: ResolvedDeployment) -> dict[str, str]:
    """The ids of what the state knows of this deployment's groups, by their names, where people sit in it."""
    world = open_world(run, project)
    document = await world.store.read(StateKey(deployment.name, deployment.environment))
    types = world.providers[deployment.connection.platform].types
    return {
        Address.parse(address).name: each.id
        for address, each in (document.bindings if document is not None else {}).items()
        if each.type in types and types[each.type].people_inside and not each.left
    }


def _table(
    file: Path, deployment: ResolvedDeployment, bound: Mapping[str, str], live: Sequence[LiveGroup]
) -> dict[str, LiveGroup]:
    """The pairs that a table (columns `group`, `room`) decides; a room by its id or its address. Raises Refused."""
    found = Diagnostics()
    try:
        table = read_table(read_regular(file, str(file)), str(file), found, key=None)
    except Unreadable as refused:
        raise Refused([Diagnostic(refused.code, params=refused.params)]) from refused
    if table is None or found.failed:
        raise Refused(found)
    missing = [each for each in ("group", "room") if each not in table.columns]
    if missing:
        raise Refused([Diagnostic("adopt-map-column", params={"file": str(file), "column": ", ".join(missing)})])
    names = {each.name for each in deployment.groups}
    by_word = {word: each for each in live for word in (each.id, *(f"#{name}" for name in each.names))}
    pairs: dict[str, LiveGroup] = {}
    for row in table.rows:
        group, room = row.cells["group"], row.cells["room"]
        if not room:
            continue
        chosen = by_word.get(room) or by_word.get(room.partition(":")[0] if room.startswith("#") else "")
        words: dict[str, Any] = {"group": group, "room": room}
        of_group, of_room = (row.starts["group"], max(len(group), 1)), (row.starts["room"], len(room))
        if group not in names:
            table.report(found, "adopt-map-group", *of_group, **words)
        elif group in bound:
            table.report(found, "adopt-map-bound", *of_group, **words)
        elif chosen is None:
            table.report(found, "adopt-map-room", *of_room, **words)
        elif group in pairs:
            table.report(found, "adopt-map-twice", *of_group, **words)
        elif chosen in pairs.values():
            table.report(found, "adopt-map-twice", *of_room, **words)
        else:
            pairs[group] = chosen
    if found.failed:
        raise Refused(found)
    return pairs


def _doubt(each: Doubt) -> Diagnostic:
    candidates = "; ".join(
        f"{one.title} ({', '.join((*(f'#{name}' for name in one.names), one.id))})" for one in each.candidates
    )
    return Diagnostic("adopt-doubt", params={"group": each.group, "title": each.title, "candidates": candidates})


def _show(run: Run, matched: Matched) -> None:
    terminal = run.terminal
    for name, each in matched.pairs.items():
        terminal.line(f"{terminal.glyph('⇐')} {name}  {each.title}  {each.id}", indent=2, hanging=4)
    if matched.missing:
        names = terminal.say("list-comma").join(matched.missing[:10])
        terminal.line(terminal.count("adopt-made-anew", len(matched.missing), names=names), hanging=2)
    if matched.left:
        terminal.line(terminal.count("adopt-left", len(matched.left)), style="faint")
    terminal.line()


def _with_former(table: dict[str, Written], deployment: ResolvedDeployment) -> dict[str, Written]:
    """What the deployment adopts already stays named."""
    named = deployment.model.adopt
    if named is None:
        return table
    groups: dict[str, Written] = {key: str(each) for key, each in named.groups.items()}
    new = table.get("groups")
    groups |= dict(new) if isinstance(new, Mapping) else {}
    former: dict[str, Written] = {"community": str(named.community)} if named.community is not None else {}
    return {**table, **former, "groups": groups}

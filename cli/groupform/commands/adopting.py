"""Owns the way from a live community to files of its own: what is read, what is written, and what is refused."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import anyio

from groupform.commands.authoring import Draft, adopt_table, community_text, draft
from groupform.commands.carrying_out import ask
from groupform.commands.editing import Edits
from groupform.commands.projects import UNSET, about_connection
from groupform.commands.run import PROJECT_FILE, Run
from groupform.commands.worlds import looking, open_world
from groupform.config.diagnostics import Diagnostic, Refused, Severity
from groupform.config.load import load_project
from groupform.config.project import Connection, Project
from groupform.config.write import Written
from groupform.engine.adoption import Live, LiveGroup, Reads
from groupform.engine.keys import sayable as line
from groupform.engine.keys import slug
from groupform.engine.provider import Failure, Hidden
from groupform.render.terminal import Terminal, cleaned
from groupform.state.store import StateKey


@dataclass(frozen=True, slots=True)
class Wish:
    """What the command line asked for."""

    connection: str
    target: str | None = None
    name: str | None = None
    into: str | None = None
    table: Path | None = None
    env: str | None = None
    yes: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """What was read, and how many requests that took."""

    live: Live
    requests: int


def adopt_new(run: Run, wish: Wish) -> int:
    """Writes a community of its own for what is found at the target, and a deployment that adopts it."""
    if wish.target is None:
        raise Refused([Diagnostic("adopt-target-missing")])
    project, connection = open_connection(run, wish)
    found = anyio.run(read, run, project, connection, wish.target)
    live = _fit(_unclaimed(found.live, anyio.run(claimed, run, project, connection)))
    found = replace(found, live=live)
    refuse_owned([*live.groups, *([live.container] if live.container is not None else [])])
    made = _draft(project, connection, live, wish)
    deployment = f"{made.key}-{connection.key}"
    edits = Edits(run.root)
    file = f"communities/{made.key}.yaml"
    comment = run.terminal.say("adopt-file-comment", title=made.title, connection=connection.key)
    schema = "../.schemas/community.json" if (run.root / ".schemas" / "community.json").exists() else None
    text = community_text(made, comment=comment, schema=schema)
    # A run that was killed between its two files has left the first one: then this one goes on.
    begun = edits.holds(file, text)
    if (made.key in project.communities and not begun) or deployment in project.file.deployments:
        raise Refused([Diagnostic("adopt-name-taken", params={"key": made.key, "deployment": deployment})])
    if not begun:
        edits.create(file, text)
    patterns = [str(each) for each in project.file.communities]
    if not any(fnmatch.fnmatchcase(file, each) for each in patterns):
        edits.set(PROJECT_FILE, ("communities",), [*patterns, file])
    edits.put_all(PROJECT_FILE, "people", made.people)
    table: dict[str, Written] = {"community": made.key, "connection": connection.key}
    adopted = adopt_table(live.container, made.groups, live.pieces)
    edits.put_all(PROJECT_FILE, "deployments", {deployment: {**table, "adopt": adopted}})
    return write(run, wish, edits, found, deployment, len(made.groups))


async def claimed(run: Run, project: Project, connection: Connection) -> dict[tuple[str, str], str]:
    """Which deployment's state names an object on this connection, by (type, id): it is taken over from nobody."""
    world = open_world(run, project)
    found: dict[tuple[str, str], str] = {}
    for each in project.deployments:
        if each.connection.key == connection.key:
            document = await world.store.read(StateKey(each.name, each.environment))
            held = document.bindings.values() if document is not None else ()
            found |= {(binding.type, binding.id): each.name for binding in held if not binding.left}
    return found


def _unclaimed(live: Live, claimed: Mapping[tuple[str, str], str]) -> Live:
    """Without what another deployment holds, where objects bear no mark that would say so."""
    by_id = {id_: name for (_, id_), name in claimed.items()}
    held = {each.id: each for each in live.groups if each.owner is None and each.id in by_id} if live.flat else {}
    told = {
        id_: Hidden("adopt-held", {"title": line(each.title) or id_, "deployment": by_id[id_]})
        for id_, each in held.items()
    }
    theirs = [each for each in live.pieces if any((k.split(".")[0], v) in claimed for k, v in each.parts.items())]
    told |= {
        next(iter(each.parts.values())): Hidden(
            "adopt-held",
            {"title": ", ".join(each.parts), "deployment": by_id[next(iter(each.parts.values()))]},
        )
        for each in theirs
    }
    return replace(
        live,
        groups=tuple(each for each in live.groups if each.id not in held),
        pieces=tuple(each for each in live.pieces if each not in theirs),
        unseen={**live.unseen, **told},
    )


def _words(terminal: Terminal, told: Hidden) -> dict[str, object]:
    """The words of a sentence; a reason among them is a sentence of its own."""
    found = cleaned(told.params)
    why = found.get("why")
    if isinstance(why, str) and terminal.words.has(why):
        found = {**found, "why": terminal.say(why)}
    return dict(found)


def _fit(live: Live) -> Live:
    """What can be taken over; the rest is only told of. Raises Refused where nothing is left."""
    unfit = {each.id: each.unfit for each in live.groups if each.unfit is not None}
    if not unfit:
        return live
    groups = tuple(each for each in live.groups if each.id not in unfit)
    if not groups and live.container is None:
        raise Refused([Diagnostic(each.reason, params=dict(each.params)) for each in unfit.values()])
    return replace(live, groups=groups, unseen={**live.unseen, **unfit})


def _draft(project: Project, connection: Connection, live: Live, wish: Wish) -> Draft:
    head = live.container or live.groups[0]
    key = wish.name or next((word for each in (*head.names, head.title) if (word := slug(each))), "")
    if not key or slug(key) != key:
        raise Refused([Diagnostic("adopt-needs-name", params={"title": head.title, "key": key})])
    known = project.file.people if isinstance(project.file.people, Mapping) else {}
    # Side by side no group is the community: it is called by its key until somebody names it.
    title = key if live.flat and len(live.groups) > 1 else line(head.title)
    made = draft(live, key, title or key, known, connection, live.called)
    if made.people and not isinstance(project.file.people, Mapping):
        raise Refused([Diagnostic("adopt-people-in-table", params={"people": ", ".join(made.people)})])
    return made


def open_connection(run: Run, wish: Wish) -> tuple[Project, Connection]:
    """The project and the connection that was named; variables of other connections may be missing. Raises Refused."""
    platforms = run.installed
    loaded = load_project(
        run.root, environ=run.environ, environment=wish.env, now=run.now(), deployments=(), none_yet=True
    )
    project = loaded.project
    if project is None:
        raise Refused(loaded.diagnostics)
    connection = project.connections.get(wish.connection)
    if connection is None:
        known = ", ".join(project.connections)
        raise Refused([Diagnostic("connection-unknown", params={"name": wish.connection, "known": known})])
    if connection.platform not in platforms:
        params = {"deployment": wish.connection, "platform": connection.platform, "known": ", ".join(platforms)}
        raise Refused([Diagnostic("provider-not-installed", params=params)])
    wrong = [each for each in loaded.diagnostics if each.code in UNSET and about_connection(each, connection, project)]
    wrong += platforms[connection.platform].check_connection(connection)
    if wrong:
        raise Refused(
            [Diagnostic(each.code, Severity.error, each.span, each.params, each.source_line) for each in wrong]
        )
    return project, connection


async def read(run: Run, project: Project, connection: Connection, target: str | None) -> Found:
    """What is at the target; all that is in sight where None. Raises Refused."""
    world = open_world(run, project)
    context = looking(connection, project, world)
    try:
        async with world.providers[connection.platform].connect(context) as session:
            if not isinstance(session, Reads):
                raise Refused([Diagnostic("adopt-not-possible", params={"platform": connection.platform})])
            live = await session.read_live(target)
            requests = session.requests
    except Failure as failure:
        found = Diagnostic(failure.code, params={"connection": connection.key, **failure.params})
        raise Refused([found], exit_code=4 if failure.unreachable else 1) from failure
    if not live.groups and live.container is None:
        raise Refused([Diagnostic("adopt-nothing-there", params={"target": target or connection.key})])
    return Found(live, requests)


def refuse_owned(groups: Iterable[LiveGroup]) -> None:
    """What another project's state looks after is not taken from it. Raises Refused."""
    owned = [each for each in groups if each.owner is not None]
    if owned:
        raise Refused([Diagnostic("adopt-owned", params=_owned(each)) for each in owned])


def _owned(each: LiveGroup) -> dict[str, object]:
    owner = each.owner
    return {"title": each.title, "id": each.id, "deployment": owner.deployment if owner is not None else ""}


def write(run: Run, wish: Wish, edits: Edits, found: Found, deployment: str, count: int) -> int:
    """Shows the edits of the files, and writes them where somebody agrees and the project is valid with them."""
    terminal = run.terminal
    for each in found.live.unseen.values():
        why = terminal.say("adopt-unseen", why=terminal.say(each.reason, **_words(terminal, each)))
        terminal.aside(f"{terminal.glyph('⚠')} {why}", hanging=2, style="caution")
    for told in found.live.told if wish.into is None else ():
        terminal.aside(terminal.say(told.reason, **_words(terminal, told)), hanging=2)
    if found.live.container is None and not found.live.flat and wish.into is None:
        terminal.aside(f"{terminal.glyph('⚠')} {terminal.say('adopt-no-container')}", hanging=2, style="caution")
    edits.show(terminal)
    if not wish.yes and not ask(run, terminal.say("ask-write")):
        terminal.aside(terminal.say("ask-declined"))
        return 1
    edits.write(
        lambda: load_project(run.root, environ=run.environ, environment=wish.env, now=run.now(), deployments=())
    )
    terminal.line()
    terminal.line(terminal.count("adopt-done", count, requests=found.requests), style="good")
    terminal.line(terminal.say("adopt-next", deployment=deployment))
    return 0

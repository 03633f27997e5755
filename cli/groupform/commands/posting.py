"""Owns single posts: one that is tried out on somebody, one that a person says they have sent."""

from __future__ import annotations

import os
import uuid
from collections.abc import Sequence
from dataclasses import replace

import anyio

from groupform.calendar.due import places_of, spelled
from groupform.calendar.parts import parts_of
from groupform.calendar.running import state_of
from groupform.commands.finding import one_of
from groupform.commands.planning import choose
from groupform.commands.projects import open_project, ready_deployments
from groupform.commands.run import Run
from groupform.commands.worlds import open_world
from groupform.config.diagnostics import Diagnostic, Refused, Severity
from groupform.config.project import GroupInstance, ResolvedDeployment
from groupform.engine.dispatching import Confirms, destinations
from groupform.engine.planning import session_context, unanswered
from groupform.engine.post_parts import Attached, PostPart, markdown_of, media_of
from groupform.engine.posting import KeepsMedia, PostRequest, Posts, PostsToPeople
from groupform.engine.provider import Failure
from groupform.engine.step_notify import Message, Notifies
from groupform.engine.world import World
from groupform.render.diagnostics import show_diagnostics
from groupform.render.terminal import clean
from groupform.state.document import Document
from groupform.state.ledger import Send, SetSends
from groupform.state.store import Holder, StateKey


def preview(run: Run, env: str | None, deployment: str | None, key: str, to: str) -> int:
    """Sends the post `key` to a person or a group; returns the exit code. Nothing is written down of it.

    Raises Refused: the post, the person or the group is unknown, or several deployments have the post.
    """
    names = [deployment] if deployment else ready_deployments(run, env) or None
    project = open_project(run, env, names)
    world = open_world(run, project)
    having = [each for each in choose(project, world, names) if _has(each, key)]
    if not having:
        known = {name for each in project.deployments for name in each.community.model.calendar if _has(each, name)}
        raise Refused([Diagnostic("post-unknown", params={"name": key, "known": ", ".join(sorted(known)) or "-"})])
    if len(having) > 1:
        raise Refused([Diagnostic("post-in-several", params={"name": key, "known": ", ".join(e.name for e in having)})])
    left_out = anyio.run(_preview, having[0], world, key, to)
    run.terminal.line(run.terminal.say("post-previewed", name=key, to=to), style="good")
    if left_out:
        files = run.terminal.say("list-comma").join(map(clean, left_out))
        note = Diagnostic("post-preview-left-out", Severity.note, params={"name": key, "to": to, "files": files})
        show_diagnostics(run.terminal, [note])
    return 0


def confirm(run: Run, env: str | None, text: str, by: str) -> int:
    """Writes down that a post which a person was asked to send is sent. Raises Refused `post-not-handed`.

    In a rehearsal a message that waits on the platform is confirmed there: the next run of the calendar reads it.
    """
    project = open_project(run, env, ready_deployments(run, env) or None)
    world = open_world(run, project)
    played = anyio.run(_confirm, run, choose(project, world, None), world, text, by)
    code = "post-played" if played else "post-confirmed"
    run.terminal.line(run.terminal.say(code, name=text, who=by), style="good")
    return 0


async def _preview(deployment: ResolvedDeployment, world: World, key: str, to: str) -> Sequence[str]:
    """Sends it; returns the names of the files that could not be shown to a person."""
    provider = world.providers[deployment.connection.platform]
    state = await state_of(deployment, world)
    posts_in = destinations(provider)
    places = {target: place for each in places_of(state, posts_in).values() for target, place in each.items()}
    person = deployment.people.get(to)
    if to not in places and person is None:
        known = ", ".join((*sorted(places), *sorted(deployment.people)))
        raise Refused([Diagnostic("post-preview-nobody", params={"name": to, "known": known})])
    planned = deployment.community.model.calendar[key]
    group = _group(deployment, to) or _group(deployment, *planned.to)
    parts = parts_of(deployment, planned, group) if group is not None else ()
    if not parts:
        params = {"name": to, "platform": deployment.connection.platform}
        raise Refused([Diagnostic("post-preview-not-possible", params=params)])
    account = deployment.account(to) if person is not None else None
    rooms = {address: each.id for address, each in state.bindings.items() if not each.left}
    try:
        async with provider.connect(session_context(deployment, state, world)) as session:
            if to in places and isinstance(session, Posts):
                await _send_parts(session, places[to], planned.title, parts)
                return ()
            if account and isinstance(session, Posts) and isinstance(session, PostsToPeople):
                place = await session.place_of(account, rooms)
                await _send_parts(session, place, planned.title, parts, account)
                return ()
            words = [markdown_of(each.part) for each in parts if not isinstance(each.part, Attached)]
            if person is not None and account and words and isinstance(session, Notifies):
                text, nonce = "\n\n".join(words), f"gfp-{uuid.uuid4().hex}"
                await session.notify(Message(account, person.name, text, nonce), rooms)
                return [media.name for each in parts if (media := media_of(each.part)) is not None]
    except Failure as failure:
        raise unanswered(deployment, failure) from failure
    params = {"name": to, "platform": deployment.connection.platform}
    raise Refused([Diagnostic("post-preview-not-possible", params=params)])


async def _send_parts(session: Posts, place: str, title: str, parts: Sequence[PostPart], whom: str = "") -> None:
    """All that the post is, a message after the other. It is tried out: nobody is called by name but `whom`, who is to
    see it and is told of the first one; nothing is pinned."""
    for number, each in enumerate(parts):
        media, uploaded = media_of(each.part), dict[str, str]()
        try:
            if media is not None and isinstance(session, KeepsMedia):
                uploaded[media.sha256] = await session.upload(media)
        except OSError as error:
            assert media is not None
            raise Refused([Diagnostic("send-no-file", params={"file": media.name})]) from error
        nonce = f"gfp-{uuid.uuid4().hex}"
        told = whom if number == 0 else ""
        words = markdown_of(each.part)
        await session.post(PostRequest(place, words, title, "", nonce, each.part, uploaded, whom=told))


async def _confirm(run: Run, deployments: Sequence[ResolvedDeployment], world: World, text: str, by: str) -> bool:
    """True where somebody was played on the platform's side; nothing is written down then."""
    handed: dict[str, tuple[ResolvedDeployment, Send]] = {}
    for each in deployments:
        key = StateKey(each.name, each.environment).ledger
        ledger = await world.store.read(key) or Document(lineage="", deployment="", environment="")
        handed.update({name: (each, send) for name, send in ledger.sends.items() if send.outcome == "handed"})
    name = one_of(text, handed, "post-not-handed")
    deployment, send = handed[name]
    provider = world.providers[deployment.connection.platform]
    if run.rehearsing and send.id and isinstance(provider, Confirms):
        settings = run.staged.get(deployment.connection.key, deployment.connection.settings)
        staged = replace(deployment, connection=replace(deployment.connection, settings=settings))
        if provider.confirm(staged, send.id):
            return True
    key, now = StateKey(deployment.name, deployment.environment).ledger, spelled(world.now())
    async with world.store.open(key, Holder(world.who, os.getpid(), now, world.command)) as writer:
        done = send.model_copy(update={"outcome": "sent", "settled_at": now, "who": by})
        await writer.commit([SetSends(sends={name: done})])
    return False


def _has(deployment: ResolvedDeployment, key: str) -> bool:
    planned = deployment.community.model.calendar.get(key)
    return planned is not None and planned.post is not None


def _group(deployment: ResolvedDeployment, *names: str) -> GroupInstance | None:
    return next((each for name in names for each in deployment.groups if name in (each.name, each.group)), None)

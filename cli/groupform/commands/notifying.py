"""Owns telling people: who has something new, what they are told, and that it is written down before it is sent."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import anyio

from groupform.commands.ending import exit_code
from groupform.commands.exporting import page_of
from groupform.commands.planning import show_troubles
from groupform.commands.projects import open_project
from groupform.commands.run import Run
from groupform.commands.stepping import Bench, check_person, look, open_bench
from groupform.commands.worlds import looking, open_world
from groupform.config.diagnostics import Diagnostic, Refused, Severity
from groupform.config.project import Channel, Connection
from groupform.engine.plan import Step
from groupform.engine.planning import session_context
from groupform.engine.provider import Failure, Session
from groupform.engine.step_notify import Message, Notifies, OwnsWebhooks, ledger, nonce_of, unheard, unsure
from groupform.http.webhook import post
from groupform.render.diagnostics import show_diagnostics
from groupform.render.steps_message import message_text
from groupform.state.document import Document, Notified, SetNotified
from groupform.state.store import Holder, StateKey


@dataclass(frozen=True, slots=True)
class _Person:
    """Somebody to be told of `steps`."""

    key: str
    name: str
    account: str | None
    steps: tuple[Step, ...]


@dataclass
class _Mail:
    """The way out, opened once for everybody."""

    bench: Bench
    channel: Channel
    session: Session | Notifies | None = None
    rooms: Mapping[str, str] = field(default_factory=dict)

    async def send(self, person: _Person, text: str, page: bytes | None, when: str) -> Failure | None:
        """Sends one message; what went wrong, or None."""
        nonce = nonce_of(person.steps, person.key, when)
        name = f"{person.key}.html"
        if self.channel.webhook is not None and self.session is None:
            posted = await post(self.channel.webhook, _payload(self.bench, person, text, self.channel, nonce))
            if posted.code is None:
                return None
            return Failure(posted.code, status=posted.status, effect_unknown=posted.unknown)
        assert isinstance(self.session, Notifies)
        try:
            await self.session.notify(Message(person.account or "", person.name, text, nonce, name, page), self.rooms)
        except Failure as failure:
            return failure
        return None


def notify(
    run: Run,
    env: str | None,
    deployments: Sequence[str] | None,
    who: str | None,
    *,
    dry_run: bool,
    again: bool,
) -> int:
    """Tells everybody who has something new; returns the exit code. Raises Refused where no channel is declared."""
    found = look(run, env, deployments)
    check_person(run, env, who, found)
    bench = open_bench(run, env)
    channel = bench.project.notify
    if channel is None:
        raise Refused([Diagnostic("notify-no-channel")])
    if channel.unset and not dry_run:
        raise Refused([Diagnostic("notify-webhook-unset")])
    documents = anyio.run(_documents, bench, [each.deployment for each in found.planned.plan.deployments])
    codes = [found.planned.trouble_code]
    waiting: list[_Person] = []
    for each in _people(bench, channel, found.of(who)):
        doubt = unsure(documents, each.key) and not again
        news = each.steps if again else unheard(each.steps, documents, each.key)
        if doubt:
            show_diagnostics(run.terminal, [Diagnostic("notify-unsure", Severity.warning, params={"who": each.name})])
        if not news:
            run.terminal.line(run.terminal.say("notify-nothing-new", who=each.name), style="faint")
        elif each.account is None and channel.connection is not None:
            show_diagnostics(
                run.terminal, [Diagnostic("notify-no-account", Severity.warning, params={"who": each.name})]
            )
            codes.append(3)
        else:
            waiting.append(each)
    if dry_run:
        for each in waiting:
            to = run.terminal.say("notify-would", who=each.name, account=each.account or "-")
            run.terminal.line(to, style="head")
            run.terminal.line(_text(run, channel, each), indent=2)
    elif waiting:
        codes.append(anyio.run(_tell, run, env, bench, channel, waiting, documents))
    show_troubles(run.terminal, found.planned.troubles)
    return exit_code(codes)


async def _tell(
    run: Run,
    env: str | None,
    bench: Bench,
    channel: Channel,
    people: Sequence[_Person],
    documents: Mapping[str, Document],
) -> int:
    codes = [0]
    async with AsyncExitStack() as stack:
        mail = await _open(stack, run, env, bench, channel, documents)
        for each in people:
            when = bench.now.isoformat(timespec="seconds")
            link = _page_link(channel, each)
            text = _text(run, channel, each)
            page = page_of(run, bench, each.key, each.name, each.steps).encode("utf-8") if link is None else None
            before = {name: one.notified.get(each.key) for name, one in documents.items()}
            # Announced before it is sent: whoever is killed in between must not write to the same person twice.
            await _keep(bench, each.key, dict(ledger(each.steps, when, sent=False)))
            failure = await mail.send(each, text, page, when)
            if failure is None:
                await _keep(bench, each.key, dict(ledger(each.steps, when, sent=True)))
                run.terminal.line(run.terminal.count("notify-told", len(each.steps), who=each.name), style="good")
                continue
            if not failure.effect_unknown:
                named = ledger(each.steps, when, sent=False)
                await _keep(bench, each.key, {name: before.get(name) for name in named})
            words = {"who": each.name, **failure.params}
            show_diagnostics(run.terminal, [Diagnostic(failure.code, params=words)])
            codes.append(4 if failure.unreachable or failure.effect_unknown else 1)
    return exit_code(codes)


async def _open(
    stack: AsyncExitStack,
    run: Run,
    env: str | None,
    bench: Bench,
    channel: Channel,
    documents: Mapping[str, Document],
) -> _Mail:
    """The channel, ready to send. Raises Refused `notify-not-possible` where a platform cannot write to one person."""
    if channel.connection is None:
        owner = _owner(bench, channel)
        if owner is None or channel.webhook is None:
            return _Mail(bench, channel)
        return _Mail(bench, channel, await stack.enter_async_context(owner.webhook(channel.webhook, bench.world)))
    over = [each for each in bench.project.deployments if each.connection.key == channel.connection]
    project = open_project(run, env, [each.name for each in over]) if over else bench.project
    connection: Connection = project.connections[channel.connection]
    world = open_world(run, project)
    provider = world.providers.get(connection.platform)
    if provider is None:
        params = {"platform": connection.platform, "deployment": channel.connection}
        raise Refused([Diagnostic("provider-not-installed", params=params)])
    rooms: dict[str, str] = {}
    context = looking(connection, project, world)
    for each in project.deployments:
        if each.connection.key != channel.connection:
            continue
        document = documents.get(each.name) or await world.store.read(StateKey(each.name, each.environment))
        if document is not None:
            context = session_context(each, document, world) if not rooms else context
            rooms.update({address: one.id for address, one in document.bindings.items() if not one.left})
    session = await stack.enter_async_context(provider.connect(context))
    if not isinstance(session, Notifies):
        raise Refused([Diagnostic("notify-not-possible", params={"platform": connection.platform})])
    return _Mail(bench, channel, session, rooms)


def _owner(bench: Bench, channel: Channel) -> OwnsWebhooks | None:
    """The platform that handed out the webhook's address; None for any other address."""
    if channel.webhook is None:
        return None
    for each in bench.world.providers.values():
        if isinstance(each, OwnsWebhooks) and each.owns_webhook(channel.webhook):
            return each
    return None


def _people(bench: Bench, channel: Channel, steps: Sequence[Step]) -> list[_Person]:
    """Who has steps, with the account by which the channel reaches them."""
    owner = _owner(bench, channel)
    directory = channel.directory or (owner.name if owner is not None else None)
    if channel.connection is not None:
        directory = bench.project.connections[channel.connection].directory
    known = {key: each for deployment in bench.project.deployments for key, each in deployment.people.items()}
    by_person: dict[str, list[Step]] = {}
    for each in steps:
        if each.who is not None:
            by_person.setdefault(each.who, []).append(each)
    made = []
    for key, mine in by_person.items():
        person = known.get(key)
        account = person.accounts.get(directory) if person is not None and directory is not None else None
        made.append(_Person(key, mine[0].name or key, account, tuple(mine)))
    return made


def _text(run: Run, channel: Channel, person: _Person) -> str:
    """The message; a connection carries the page with it, a webhook can only name where it is."""
    link, carried = _page_link(channel, person), channel.connection is not None
    return message_text(run.terminal, person.name, person.steps, link, carried=carried)


def _page_link(channel: Channel, person: _Person) -> str | None:
    return channel.page.replace("{who}", person.key) if channel.page is not None else None


def _payload(bench: Bench, person: _Person, text: str, channel: Channel, nonce: str) -> dict[str, Any]:
    """What a webhook is given."""
    return {
        "groupform_steps": 1,
        "id": nonce,
        "project": bench.project.root.name,
        "environment": bench.project.environment,
        "who": person.key,
        "name": person.name,
        "account": person.account,
        "text": text,
        "page": _page_link(channel, person),
        "count": len(person.steps),
        "steps": [
            {"key": each.key, "label": each.label, "status": str(each.status), "due": each.due} for each in person.steps
        ],
    }


async def _documents(bench: Bench, names: Sequence[str]) -> dict[str, Document]:
    found = {name: await bench.world.store.read(StateKey(name, bench.project.environment)) for name in names}
    return {name: each for name, each in found.items() if each is not None}


async def _keep(bench: Bench, person: str, told: Mapping[str, Notified | None]) -> None:
    """Makes durable what somebody was told of, in each deployment's state."""
    for name, notified in told.items():
        when = bench.now.isoformat(timespec="seconds")
        holder = Holder(bench.world.who, os.getpid(), when, bench.run.command)
        async with bench.world.store.open(StateKey(name, bench.project.environment), holder) as writer:
            await writer.commit([SetNotified(person=person, notified=notified)])

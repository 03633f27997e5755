"""Owns the settling of creates whose outcome is open: what can be told by looking, and what a person has to say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from groupform.compile.address import Address
from groupform.compile.resource import Resource
from groupform.config.diagnostics import Diagnostic, Refused
from groupform.config.project import ResolvedDeployment
from groupform.engine.desired import compile_deployment
from groupform.engine.planning import session_context, unanswered
from groupform.engine.provider import Bound, Failure, Hidden, Intent, Ours, Ownership, Present, Session, Taken
from groupform.engine.records import described, retired_address
from groupform.engine.refs import References
from groupform.engine.resource_type import Actor, ResourceType, Verb
from groupform.engine.words import words
from groupform.engine.world import World
from groupform.state.document import Binding, ClosedIntent, Document, Entry, OpenIntent, SetBinding


class Verdict(StrEnum):
    """What is known of a create that nobody saw the answer of."""

    found = "found"
    absent = "absent"
    early = "early"
    taken = "taken"
    unknown = "unknown"
    """The platform has no way to tell."""
    lost = "lost"
    """Its id went with a state that was lost, and the platform has no way to find it."""
    unread = "unread"
    """Looking for it failed."""
    undeclared = "undeclared"
    """Nothing declares it any more, and nothing can look for it."""


_FOR_PEOPLE = (Verdict.taken, Verdict.unknown, Verdict.lost, Verdict.undeclared)


@dataclass(frozen=True, slots=True)
class Question:
    """One open create: what was announced, and what looking for it has shown. `id` is the found object's."""

    address: str
    label: str
    intent: OpenIntent
    verdict: Verdict
    id: str | None = None
    code: str | None = None
    params: Mapping[str, object] = field(default_factory=dict)

    @property
    def for_people(self) -> bool:
        """Whether the next apply cannot settle it by itself."""
        return self.verdict in _FOR_PEOPLE


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person says of a create: the id of what it made, or None, where it never came true."""

    address: str
    id: str | None


def undeclared(document: Document) -> list[Question]:
    """The open creates of a deployment that no file declares: there is no connection to look through."""
    return [Question(each, each, intent, Verdict.undeclared) for each, intent in document.intents.items()]


async def look_around(deployment: ResolvedDeployment, document: Document, world: World) -> list[Question]:
    """Looks for what each open create may have made; writes nothing. Raises Refused where nobody answers."""
    provider = world.providers[deployment.connection.platform]
    desired = {str(each.address): each for each in compile_deployment(deployment, document, provider).resources}
    questions = []
    try:
        async with provider.connect(session_context(deployment, document, world)) as session:
            for address, intent in document.intents.items():
                label = desired[address].label if address in desired else address
                kind = provider.types.get(intent.type)
                if kind is None:
                    questions.append(Question(address, label, intent, Verdict.undeclared))
                    continue
                questions.append(await _ask(session, document, address, label, intent, kind, world))
    except Failure as failure:
        raise unanswered(deployment, failure) from failure
    return questions


async def settling(
    deployment: ResolvedDeployment, document: Document, world: World, question: Question, answer: Answer
) -> list[Entry]:
    """What becomes durable of a person's answer, after a look at what was said. Raises Refused."""
    if answer.id is None:
        if question.verdict is Verdict.found:
            params = {"address": question.address, "label": question.label, "id": question.id}
            raise Refused([Diagnostic("recover-is-there", params=params)])
        return [ClosedIntent(address=question.address)]
    provider = world.providers[deployment.connection.platform]
    kind = provider.types.get(question.intent.type)
    held = [a for a, each in document.bindings.items() if (each.type, each.id) == (question.intent.type, answer.id)]
    if kind is None or held:
        code = "recover-held" if held else "recover-type-unknown"
        params = {"id": answer.id, "address": ", ".join(held) or question.address, "type": question.intent.type}
        raise Refused([Diagnostic(code, params=params)])
    private: Mapping[str, object] = {}
    if kind.actor(Verb.read) is not Actor.nobody:
        try:
            async with provider.connect(session_context(deployment, document, world)) as session:
                private = await _seen(session, deployment, document, question, answer.id)
        except Failure as failure:
            raise unanswered(deployment, failure) from failure
    desired = {str(each.address): each for each in compile_deployment(deployment, document, provider).resources}
    return _binding(document, question, answer.id, kind, desired.get(question.address), private)


async def _ask(
    session: Session,
    document: Document,
    address: str,
    label: str,
    intent: OpenIntent,
    kind: ResourceType,
    world: World,
) -> Question:
    if intent.lost or not kind.listable:
        return Question(address, label, intent, Verdict.lost if intent.lost else Verdict.unknown)
    attributes, _ = _references(document).with_ids(kind, intent.attributes)
    try:
        probe = await session.find(
            Intent(Address.parse(address), intent.nonce, intent.attempt, intent.sent_at, attributes)
        )
    except Failure as failure:
        if failure.unreachable:
            raise
        return Question(address, label, intent, Verdict.unread, code=failure.code, params=words(failure.params))
    before = document.bindings.get(address)
    if isinstance(probe, Ours) and (before is None or before.id != probe.id):
        return Question(address, label, intent, Verdict.found, probe.id)
    if isinstance(probe, Taken) and probe.id not in {each.id for each in document.bindings.values()}:
        params = words({"label": label, **probe.params})
        return Question(address, label, intent, Verdict.taken, probe.id, probe.reason, params)
    settled = world.now().timestamp() - _instant(intent) >= kind.settle
    return Question(address, label, intent, Verdict.absent if settled else Verdict.early)


async def _seen(
    session: Session, deployment: ResolvedDeployment, document: Document, question: Question, object_id: str
) -> Mapping[str, object]:
    """What the provider remembers of the object that a person has named. Raises Refused where it must not be bound."""
    bound = Bound(Address.parse(question.address), object_id, {}, {})
    seen = (await session.observe([bound])).get(bound.address)
    params: dict[str, object] = {"id": object_id, "address": question.address, "label": question.label}
    if isinstance(seen, Present):
        names = (deployment.name, *map(str, deployment.previously))
        ours = [Ownership(document.lineage, each, deployment.environment) for each in names]
        if seen.owner is not None and seen.owner not in ours:
            raise Refused([Diagnostic("recover-not-ours", params={**params, "owner": seen.owner.deployment})])
        return dict(seen.private or {})
    if isinstance(seen, Hidden):
        raise Refused([Diagnostic("recover-hidden", params=params), Diagnostic(seen.reason, params=dict(seen.params))])
    raise Refused([Diagnostic("recover-not-there", params=params)])


def _binding(
    document: Document,
    question: Question,
    object_id: str,
    kind: ResourceType,
    resource: Resource | None,
    private: Mapping[str, object],
) -> list[Entry]:
    """Binds the object; one that it was to replace is kept under another address, for its removal."""
    binding = Binding(
        type=kind.name,
        id=object_id,
        applied=dict(question.intent.attributes),
        private=dict(private),
        on_remove="forget" if kind.people_inside else "delete",
    )
    entries: list[Entry] = []
    before = document.bindings.get(question.address)
    if before is not None:
        entries.append(SetBinding(address=retired_address(question.address, before.id), binding=before))
    return [*entries, SetBinding(address=question.address, binding=described(binding, resource))]


def _references(document: Document) -> References:
    return References.of((address, each.type, each.id) for address, each in document.bindings.items())


def _instant(intent: OpenIntent) -> float:
    return datetime.fromisoformat(intent.sent_at.replace("Z", "+00:00")).timestamp()

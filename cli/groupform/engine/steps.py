"""Owns what is left to people: which steps there are, how they stand, and how many are done (DESIGN §4, §8)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from groupform.compile.resource import Json
from groupform.engine.decide import Decision
from groupform.engine.plan import Action, AttributeChange, Reason, Step, StepStatus, Why, digest_of
from groupform.engine.refs import references, referred
from groupform.engine.resource_type import Actor, RefTo, Verb
from groupform.engine.subjects import Subject
from groupform.engine.values import masked
from groupform.state.document import Document


@dataclass(frozen=True, slots=True)
class Steps:
    """Open steps in the order of their objects, and the number of those that are done."""

    open: tuple[Step, ...]
    done: int


@dataclass(frozen=True)
class _Desk:
    """What every step needs to know. `labels` are the words for addresses, `making` the addresses being made."""

    platform: str
    document: Document
    as_of: datetime
    labels: Mapping[str, str]
    making: Mapping[str, str]
    names: Mapping[str, str]


def list_steps(
    decisions: Sequence[Decision], document: Document, platform: str, as_of: datetime, names: Mapping[str, str]
) -> Steps:
    """The steps of all decisions. `names` are the people's names by key. Pure."""
    labels = {each.subject.address: each.subject.label for each in decisions}
    making = {
        each.subject.address: each.subject.address
        for each in decisions
        if (each.hand == "create" and not _attested(each.subject, document))
        or (each.change is not None and each.change.action is Action.create)
    }
    desk = _Desk(platform, document, as_of, labels, making, names)
    found: list[Step] = []
    done = 0
    for each in decisions:
        mine, closed = _of(each, desk)
        found.extend(mine)
        done += closed
    return Steps(tuple(found), done)


def create_digest(subject: Subject) -> str:
    """The digest an attestation of the whole object is given for: all of what is declared."""
    return digest_of({"create": _masked(subject, subject.desired)})


def _of(decision: Decision, desk: _Desk) -> tuple[list[Step], int]:
    subject = decision.subject
    if decision.hand == "delete":
        return [_step(desk, subject, "delete", digest_of({"delete": subject.id}))], 0
    if subject.resource is None:
        return [], 0
    made_by_hand = subject.kind.actor(Verb.create) is Actor.person
    if decision.hand == "create" and not (subject.attested and _attested(subject, desk.document)):
        return [_step(desk, subject, "create", create_digest(subject), drifted=subject.gone)], 0
    steps: list[Step] = []
    done = 0
    expired = _expired(subject, desk) if subject.attested else None
    if expired is not None:
        steps.append(_step(desk, subject, "create", create_digest(subject), due=expired))
    elif made_by_hand and decision.hand is None and (subject.binding is not None or subject.id is not None):
        done += 1
    open_ = {each.name: each for each in decision.hand_attributes}
    names = [name for name in subject.kind.attributes if name in subject.desired or name in open_]
    by_hand = [name for name in names if subject.kind.actor(Verb.update, name) is Actor.person]
    for name in by_hand:
        change = open_.get(name)
        if change is None or _said(subject, change, desk.document):
            done += 0 if made_by_hand and subject.attested else 1
            continue
        steps.append(_attribute_step(desk, subject, change))
    return steps, done


def _attested(subject: Subject, document: Document) -> bool:
    """Somebody said that the object was made as it is declared now, or it is bound (then each attribute tells)."""
    word = document.attestations.get(subject.address)
    return subject.attested and word is not None and word.digest == create_digest(subject)


def _said(subject: Subject, change: AttributeChange, document: Document) -> bool:
    """Somebody said so, for exactly this value, of something that nothing reads back."""
    word = document.attestations.get(f"{subject.address}!{change.name}")
    whole = document.attestations.get(subject.address)
    if not subject.attested or subject.binding is not None:
        # What was said stands in the binding; a word for a value that was changed and changed back is an old word.
        return False
    return (word is not None and word.digest == _attribute_digest(change)) or (
        whole is not None and whole.digest == create_digest(subject)
    )


def _expired(subject: Subject, desk: _Desk) -> datetime | None:
    """Since when the word that was given holds no more, or None while it does."""
    days = subject.kind.valid_for
    word = desk.document.attestations.get(subject.address)
    if days is None or word is None or subject.binding is None:
        return None
    until = _instant(word.when) + timedelta(days=days)
    return until if until <= desk.as_of else None


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def _attribute_digest(change: AttributeChange) -> str:
    return digest_of({change.name: change.after})


def _attribute_step(desk: _Desk, subject: Subject, change: AttributeChange) -> Step:
    return _step(
        desk,
        subject,
        change.name,
        _attribute_digest(change),
        change=change,
        drifted=change.why is Why.drift,
    )


def _step(
    desk: _Desk,
    subject: Subject,
    verb: str,
    digest: str,
    *,
    change: AttributeChange | None = None,
    drifted: bool = False,
    due: datetime | None = None,
) -> Step:
    key = subject.address if change is None else f"{subject.address}!{change.name}"
    issued = desk.document.steps.get(key)
    known = issued is not None and issued.digest == digest
    status = StepStatus.open if known else StepStatus.new
    if drifted:
        status = StepStatus.drifted
    if due is not None:
        status = StepStatus.overdue
    resource = subject.resource
    who = resource.who if resource is not None else None
    text, was = _texts(subject, change) if verb != "delete" else (None, None)
    return Step(
        key=key,
        address=subject.address,
        what=Reason(
            code=f"{desk.platform}-step-{subject.kind.name}-{verb}", params=_params(desk, subject, change, who)
        ),
        who=who,
        label=subject.label,
        status=status,
        since=issued.since if issued is not None and known else None,
        due=due.isoformat() if due is not None else None,
        text=text,
        was=was,
        proof="attested" if subject.attested else "observed",
        digest=digest,
        blocked_by=_blocked_by(desk, subject, change),
    )


def _texts(subject: Subject, change: AttributeChange | None) -> tuple[str | None, str | None]:
    """The words to paste: of one attribute, or the first text that is declared for a whole object."""
    if change is not None:
        return _text(change.after), _text(change.before)
    for name, attribute in subject.kind.attributes.items():
        if not attribute.has(RefTo) and isinstance(subject.desired.get(name), str):
            return _text(masked(attribute, subject.desired[name])), None
    return None, None


def _text(value: Json) -> str | None:
    return value if isinstance(value, str) else None


def _params(desk: _Desk, subject: Subject, change: AttributeChange | None, who: str | None) -> dict[str, Any]:
    """Words for the step's sentence: every declared value by its name, references by what people call them."""
    params: dict[str, Any] = {}
    values = _masked(subject, subject.desired)
    if change is not None:
        values = {**values, "value": change.after, "before": change.before}
    for name, value in values.items():
        attribute = subject.kind.attributes.get(change.name if change is not None and name == "value" else name)
        params[name] = _word(value, desk, attribute is not None and attribute.has(RefTo))
    return params | {"label": subject.label, "who": desk.names.get(who or "", who or "")}


def _word(value: Json, desk: _Desk, refers: bool) -> Any:
    if isinstance(value, str):
        return desk.labels.get(value, value) if refers else value
    if isinstance(value, list):
        return ", ".join(str(_word(each, desk, refers)) for each in value)
    if isinstance(value, Mapping):
        return ", ".join(f"{_word(key, desk, refers)}: {each}" for key, each in value.items())
    return "" if value is None else value


def _blocked_by(desk: _Desk, subject: Subject, change: AttributeChange | None) -> list[str]:
    """The addresses that have to be there first."""
    if change is not None:
        needed: Iterable[str] = referred(subject.kind.attributes[change.name], change.after) | {subject.address}
    else:
        after = subject.resource.after if subject.resource is not None else ()
        needed = references(subject.kind, subject.desired) | set(map(str, after))
    own = {subject.address} if change is None else set[str]()
    return sorted(desk.making[each] for each in needed if each in desk.making and each not in own)


def _masked(subject: Subject, values: Mapping[str, Json]) -> dict[str, Json]:
    return {
        name: masked(subject.kind.attributes[name], value)
        for name, value in values.items()
        if name in subject.kind.attributes
    }

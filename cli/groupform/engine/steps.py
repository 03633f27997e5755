"""Owns what is left to people: which steps there are, how they stand, and how many are done (DESIGN §4, §8)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from groupform.compile.resource import Claim, Json
from groupform.engine.decide import Decision
from groupform.engine.plan import (
    Action,
    AttributeChange,
    Reason,
    Step,
    StepFile,
    StepStatus,
    Waiting,
    Why,
    digest_of,
)
from groupform.engine.refs import references, referred
from groupform.engine.resource_type import Accounts, Actor, Attribute, Enclosed, Pasted, RefTo, Spoken, Verb
from groupform.engine.step_people import Doer
from groupform.engine.step_rules import Sources, StepRules, reverse, until
from groupform.engine.step_shown import Shown, shown, words
from groupform.engine.subjects import Subject
from groupform.engine.values import masked
from groupform.engine.words import known_by
from groupform.state.document import Document


@dataclass(frozen=True, slots=True)
class Steps:
    """Open steps in the order of their objects, and the number of those that are done."""

    open: tuple[Step, ...]
    done: int


@dataclass(frozen=True)
class _Desk:
    """What every step needs to know. `labels` are the words for addresses, `making` the addresses being made, `inside`
    those that people sit in."""

    platform: str
    document: Document
    as_of: datetime
    labels: Mapping[str, str]
    making: Mapping[str, str]
    names: Mapping[str, str]
    inside: frozenset[str] = frozenset()
    rules: StepRules = field(default_factory=StepRules)
    sources: Sources = field(default_factory=lambda: Sources(()))
    shown: Shown = field(default_factory=dict)
    accounts: Mapping[str, str] = field(default_factory=dict)


def list_steps(
    decisions: Sequence[Decision],
    document: Document,
    platform: str,
    as_of: datetime,
    names: Mapping[str, str],
    *,
    rules: StepRules | None = None,
    claims: Sequence[Claim] = (),
    waiting: Sequence[Waiting] = (),
    accounts: Mapping[str, str] | None = None,
) -> Steps:
    """The steps of all decisions. `names` are the people's names by key, `accounts` by account; `claims` tell which
    leaves a step comes from, `waiting` which changes cannot be made before it. Pure."""
    rules = rules or StepRules()
    labels = {each.subject.address: each.subject.label for each in decisions}
    making = {
        each.subject.address: each.subject.address
        for each in decisions
        if (each.hand == "create" and not _attested(each.subject, document, rules))
        or (each.change is not None and each.change.action is Action.create)
    }
    # What waits for a step is not there either: what speaks of it waits, too.
    unmade = {each.subject.address for each in decisions if each.subject.id is None}
    making |= {each.address: each.address for each in waiting if each.address in unmade}
    inside = frozenset(each.subject.address for each in decisions if each.subject.kind.people_inside)
    seen = shown(each.subject for each in decisions)
    desk = _Desk(platform, document, as_of, labels, making, names, inside, rules, Sources(claims), seen, accounts or {})
    found: list[Step] = []
    done = 0
    for each in decisions:
        mine, closed = _of(each, desk)
        found.extend(mine)
        done += closed
    return Steps(tuple(_with_blocks(found, waiting)), done)


def _with_blocks(steps: Sequence[Step], waiting: Sequence[Waiting]) -> Iterable[Step]:
    """The steps with what waits for each."""
    later = {each.key: each.blocked_by for each in steps} | {each.address: each.blocked_by for each in waiting}
    behind = reverse(later)
    for each in steps:
        held = dict.fromkeys([*behind.get(each.key, ()), *behind.get(each.address, ())])
        held.pop(each.key, None)
        yield each.model_copy(update={"blocks": list(held)}) if held else each


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
    if decision.hand == "create" and not (subject.attested and _attested(subject, desk.document, desk.rules)):
        return [_step(desk, subject, "create", create_digest(subject), drifted=subject.gone)], 0
    steps: list[Step] = []
    done = 0
    expires = _expires(subject, desk) if subject.attested else None
    if expires is not None:
        steps.append(_step(desk, subject, "create", create_digest(subject), renews=expires))
    elif made_by_hand and decision.hand is None and (subject.binding is not None or subject.id is not None):
        done += 1
    open_ = {each.name: each for each in decision.hand_attributes}
    names = [name for name in subject.kind.attributes if name in subject.desired or name in open_]
    by_hand = [name for name in names if subject.kind.actor(Verb.update, name) is Actor.person]
    for name in by_hand:
        change = open_.get(name)
        if change is None or _stands(change, desk.rules) or _said(subject, change, desk):
            done += 0 if made_by_hand and subject.attested else 1
            continue
        steps.append(_attribute_step(desk, subject, change))
    return steps, done


def _stands(change: AttributeChange, rules: StepRules) -> bool:
    """What is there differs from what is declared in nothing that anybody would act upon."""
    return change.before is not None and change.after is not None and rules.alike(change.before, change.after)


def _attested(subject: Subject, document: Document, rules: StepRules) -> bool:
    """Somebody said that the object was made as it is declared now, or it is bound (then each attribute tells)."""
    word = document.attestations.get(subject.address)
    if not subject.attested or word is None:
        return False
    if word.digest == create_digest(subject):
        return True
    return word.ticket == rules.ticket(subject.address, _masked(subject, subject.desired), None)


def _said(subject: Subject, change: AttributeChange, desk: _Desk) -> bool:
    """Somebody said so, for exactly this value, of something that nothing reads back."""
    word = desk.document.attestations.get(f"{subject.address}!{change.name}")
    if not subject.attested or subject.binding is not None:
        # What was said stands in the binding; a word for a value that was changed and changed back is an old word.
        return False
    return (word is not None and word.digest == _attribute_digest(change)) or _attested(
        subject, desk.document, desk.rules
    )


def _expires(subject: Subject, desk: _Desk) -> datetime | None:
    """When the word that was given runs out, where that is over or near; None while it holds."""
    days = subject.kind.valid_for
    word = desk.document.attestations.get(subject.address)
    if days is None or word is None or subject.binding is None:
        return None
    end = until(word.when, days)
    return end if end - desk.rules.soon < desk.as_of else None


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
    renews: datetime | None = None,
) -> Step:
    key = subject.address if change is None else f"{subject.address}!{change.name}"
    round_ = renews.isoformat() if renews is not None else None
    # A tick for the same words of an earlier time is not a tick for these: what was said since tells them apart.
    word = desk.document.attestations.get(key) or desk.document.attestations.get(subject.address)
    taken_back = desk.document.reopened.get(key) or desk.document.reopened.get(subject.address)
    before = "|".join(each for each in (word.when if word is not None else None, taken_back) if each)
    ticket = desk.rules.ticket(key, _tasked(subject, verb, change), before or None)
    issued = desk.document.steps.get(key)
    known = issued is not None and (issued.digest == digest or issued.ticket == ticket)
    since = issued.since if issued is not None and known else None
    declared = subject.resource.due if subject.resource is not None else None
    due = renews or declared or _due(since, desk)
    status = StepStatus.open if known else StepStatus.new
    if drifted:
        status = StepStatus.drifted
    if due is not None and due <= desk.as_of:
        status = StepStatus.overdue
    doer = _doer(desk, subject)
    text, was = _texts(subject, change) if verb != "delete" else (None, None)
    place = _place(desk, subject, verb)
    return Step(
        key=key,
        address=subject.address,
        what=Reason(
            code=f"{desk.platform}-step-{subject.kind.name}-{verb}", params=_params(desk, subject, change, doer)
        ),
        who=doer.key,
        label=subject.label,
        status=status,
        since=since,
        due=due.astimezone(ZoneInfo(desk.rules.staff.zone)).isoformat() if due is not None else None,
        text=text,
        was=was,
        proof="attested" if subject.attested else "observed",
        digest=digest,
        blocked_by=_blocked_by(desk, subject, change),
        name=doer.name or None,
        instead_of=doer.instead_of,
        why=desk.sources.of(subject.address, change.name if change is not None else None),
        place=place,
        place_label=desk.labels.get(place) if place is not None else None,
        files=_files(subject, change) if verb != "delete" else [],
        more=_more(subject, text) if change is None and verb == "create" else {},
        ticket=ticket,
        renews=round_,
        asks=subject.kind.asks if verb != "delete" else None,
    )


def _due(since: str | None, desk: _Desk) -> datetime | None:
    """By when it is to be done: so long after it was given to somebody, or would be by an apply of now."""
    if desk.rules.grace is None:
        return None
    return (until(since, 0) if since is not None else desk.as_of) + desk.rules.grace


def _tasked(subject: Subject, verb: str, change: AttributeChange | None) -> Json:
    """The values that the task is about."""
    if change is not None:
        after: Json = change.after
        return after
    return {"delete": subject.id} if verb == "delete" else _masked(subject, subject.desired)


def _doer(desk: _Desk, subject: Subject) -> Doer:
    named = subject.resource.who if subject.resource is not None else None
    if named is None and subject.binding is not None:
        named = subject.binding.who or None
    found = desk.rules.staff.doer(named, desk.as_of)
    if found.key is not None and found.key in desk.names and found.name == found.key:
        return Doer(found.key, desk.names[found.key])
    return found


def _place(desk: _Desk, subject: Subject, verb: str) -> str | None:
    """The group that somebody must be in to do it; None where the group is yet to be made, or it is in none."""
    if subject.address in desk.inside:
        return None if verb == "create" else subject.address
    after = subject.resource.after if subject.resource is not None else ()
    around = [*map(str, after), *sorted(references(subject.kind, subject.desired))]
    return next((each for each in around if each in desk.inside), None)


def _files(subject: Subject, change: AttributeChange | None) -> list[StepFile]:
    """What is to be sent or set besides words."""
    values = subject.desired if change is None else {change.name: change.after}
    return [
        StepFile(path=path, sha256=str(digest))
        for name, value in values.items()
        if name in subject.kind.attributes and subject.kind.attributes[name].has(Enclosed) and isinstance(value, dict)
        for path, digest in value.items()
    ]


def _texts(subject: Subject, change: AttributeChange | None) -> tuple[str | None, str | None]:
    """The words to paste: of one attribute, or the first text that is declared for a whole object."""
    if change is not None:
        return _text(change.after), _text(change.before)
    for name, attribute in subject.kind.attributes.items():
        spoken = attribute.has(RefTo) or attribute.has(Spoken)
        if not spoken and isinstance(subject.desired.get(name), str):
            return _text(masked(attribute, subject.desired[name])), None
    return None, None


def _more(subject: Subject, first: str | None) -> dict[str, str]:
    """Further words of a whole object that are typed in as they stand."""
    found = {name: subject.desired.get(name) for name, each in subject.kind.attributes.items() if each.has(Pasted)}
    return {name: value for name, value in found.items() if isinstance(value, str) and value != first}


def _text(value: Json) -> str | None:
    return value if isinstance(value, str) else None


def _params(desk: _Desk, subject: Subject, change: AttributeChange | None, doer: Doer) -> dict[str, Any]:
    """Words for the step's sentence: every declared value by its name, references by what people call them."""
    params: dict[str, Any] = {}
    values = _masked(subject, subject.desired)
    if change is not None:
        values = {**values, "value": change.after, "before": change.before}
    for name, value in values.items():
        attribute = subject.kind.attributes.get(change.name if change is not None and name == "value" else name)
        params |= {name: _word(value, desk, attribute), **words(desk.shown, name, value)}
        named = change.name if change is not None and name in ("value", "before") else name
        if named in subject.kind.attributes and subject.kind.attributes[named].has(Accounts):
            params[f"{name}_names"] = known_by(value, desk.accounts)
    return params | {"label": subject.label, "who": doer.name}


def _word(value: Json, desk: _Desk, attribute: Attribute | None) -> Any:
    refers = attribute is not None and attribute.has(RefTo)
    if isinstance(value, str):
        return desk.labels.get(value, value) if refers else value
    if isinstance(value, list):
        return ", ".join(str(_word(each, desk, attribute)) for each in value)
    if isinstance(value, Mapping):
        if attribute is not None and attribute.has(Enclosed):
            return ", ".join(value)
        return ", ".join(f"{_word(key, desk, attribute)}: {each}" for key, each in value.items())
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

"""Decides what a run of the calendar asks of people and says once: to agree to a post, to go through a list. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from groupform.calendar.agenda import Occasion, agenda
from groupform.calendar.approving import digest_of_post, may_approve, unapproved, words_to_approve
from groupform.calendar.due import events_of, instant, lateness, spelled
from groupform.calendar.duties import Turn, duties
from groupform.calendar.season import zone_of
from groupform.compile.address import Address
from groupform.config.project import ResolvedDeployment
from groupform.state.document import Document, Entry
from groupform.state.ledger import Question, Round, Send, SetApprovals, SetRounds
from groupform_schemas import CalendarItem, Event

AHEAD = timedelta(days=14)
"""So long before its time somebody is asked to agree to a post."""
_NEAR = timedelta(hours=3)


@dataclass(frozen=True, slots=True)
class Wanted:
    """An entry of the calendar that nobody has agreed to as it is. `first` is its next post, None where that waits for
    an event; `may` are those who may agree, by key, the one who is asked before the others. `was` are the words that
    were agreed to before."""

    item: str
    model: CalendarItem
    digest: str
    words: str
    was: str
    may: tuple[str, ...]
    first: Occasion | None


@dataclass(frozen=True, slots=True)
class Prompt:
    """What there is to say about something that is asked of a person. `kind` is `approval`, `approval-near`,
    `approval-held`, `list`, `list-overdue` or `list-missed`; `key` is that of the step, `who` the person's name."""

    kind: str
    key: str
    title: str
    who: str
    when: datetime | None
    code: str = ""
    text: str = ""
    was: str = ""
    lines: tuple[str, ...] = ()
    said: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Prompts:
    """What the ledger is to hold, and what is to be said."""

    entries: tuple[Entry, ...] = ()
    told: tuple[Prompt, ...] = ()


def prompts(deployment: ResolvedDeployment, state: Document, ledger: Document, now: datetime, posts_in: str) -> Prompts:
    """What is asked of people at `now` and was not said yet."""
    asked, told = _questions(deployment, state, ledger, now, posts_in)
    entries: list[Entry] = [SetApprovals(questions=asked)] if asked else []
    found = duties(deployment, ledger, now, events_of(state, posts_in))
    if not found.nothing:
        entries.append(SetRounds(rounds=found.rounds, through=found.through))
    return Prompts(tuple(entries), (*told, *(_turn(deployment, each) for each in found.turns)))


def wanted(
    deployment: ResolvedDeployment, state: Document, ledger: Document, now: datetime, posts_in: str
) -> list[Wanted]:
    """What somebody is to agree to: whose next post is not far, or waits for an event of which nobody knows the day."""
    unread = unapproved(deployment, ledger, by_hand=not posts_in)
    firsts = _firsts(deployment, state, now, posts_in, unread)
    found: list[Wanted] = []
    for key in sorted(unread, key=lambda each: (firsts[each].due if each in firsts else now + AHEAD, each)):
        planned = deployment.community.model.calendar[key]
        if planned.post is None or (key not in firsts and planned.when.after is not Event.group_created):
            continue
        digest, before = digest_of_post(deployment.community, planned.post), ledger.approvals.get(key)
        found.append(
            Wanted(
                key,
                planned,
                digest,
                words_to_approve(deployment.community, planned.post),
                before.words if before is not None and before.digest != digest else "",
                tuple(may_approve(deployment, planned, not posts_in, now)),
                firsts.get(key),
            )
        )
    return found


def approval_key(deployment: ResolvedDeployment, item: str) -> str:
    """The key of the step by which somebody agrees to an entry of the calendar."""
    return str(Address(deployment.name, "approval", item, environment=_environment(deployment)))


def post_key(deployment: ResolvedDeployment, send: Send) -> str:
    """The key of the step by which somebody sends a post."""
    target, _, number = send.target.partition("#")
    instance = f"{compact(send.scheduled)}:{target.replace('/', ':')}"
    copy = int(number) if number.isdecimal() else None
    return str(Address(deployment.name, "post", send.item, instance, copy, _environment(deployment)))


def line_key(deployment: ResolvedDeployment, round_: Round, line: int | None = None) -> str:
    """The key of the step that is one line of a checklist, from 1; of all of them without `line`."""
    instance = compact(round_.scheduled) + (f":{round_.target.replace('/', ':')}" if round_.target else "")
    return str(Address(deployment.name, "checklist", round_.checklist, instance, line, _environment(deployment)))


def compact(scheduled: str) -> str:
    """A moment of the ledger without what cannot stand in an address: `20261202T120000Z`."""
    return scheduled.replace("-", "").replace(":", "")


def name_of(deployment: ResolvedDeployment, key: str) -> str:
    """What people call somebody."""
    person = deployment.people.get(key)
    return person.name if person is not None else key


def _environment(deployment: ResolvedDeployment) -> str | None:
    return None if deployment.default_environment else deployment.environment


def _firsts(
    deployment: ResolvedDeployment, state: Document, now: datetime, posts_in: str, keys: frozenset[str]
) -> Mapping[str, Occasion]:
    """The next post of each entry that is not too late yet."""
    if not keys:
        return {}
    within = lateness(deployment)
    model = deployment.community.model
    fewer = model.model_copy(update={"calendar": {key: each for key, each in model.calendar.items() if key in keys}})
    some = replace(deployment, community=replace(deployment.community, model=fewer))
    found: dict[str, Occasion] = {}
    # Quiet hours may hold a post back for most of a day.
    for each in agenda(some, now - within - timedelta(days=2), now + AHEAD, events_of(state, posts_in)):
        if each.due + within >= now:
            found.setdefault(each.calendar, each)
    return found


def _questions(
    deployment: ResolvedDeployment, state: Document, ledger: Document, now: datetime, posts_in: str
) -> tuple[dict[str, Question | None], list[Prompt]]:
    found: dict[str, Question | None] = {}
    told: list[Prompt] = []
    here = wanted(deployment, state, ledger, now, posts_in)
    for each in here:
        known = ledger.questions.get(each.item)
        question = known if known is not None and known.digest == each.digest else Question(digest=each.digest)
        kind, after = _next(question, each.first, now)
        if after != known:
            found[each.item] = after
        if kind:
            told.append(_asks(deployment, each, kind))
    open_ = unapproved(deployment, ledger, by_hand=not posts_in) | {each.item for each in here}
    found |= dict.fromkeys(each for each in ledger.questions if each not in open_)
    return found, told


def _next(question: Question, first: Occasion | None, now: datetime) -> tuple[str, Question]:
    """What is to be said of a question now, nothing where all was said; and the question as it is then."""
    when = spelled(first.scheduled) if first is not None else ""
    held = first is not None and first.due <= now
    near = first is not None and first.due - now <= _NEAR
    marks = {"held": when if held else question.held, "near": when if near else question.near}
    after = question.model_copy(update={**marks, "since": question.since or spelled(now)})
    if held and question.held != when:
        return "approval-held", after
    if not question.since:
        return "approval", after
    return ("approval-near" if near and not held and question.near != when else ""), after


def _asks(deployment: ResolvedDeployment, each: Wanted, kind: str) -> Prompt:
    return Prompt(
        kind,
        approval_key(deployment, each.item),
        each.model.title,
        name_of(deployment, each.may[0]) if each.may else "",
        each.first.local if each.first is not None else None,
        text=each.words,
        was=each.was,
    )


def _turn(deployment: ResolvedDeployment, turn: Turn) -> Prompt:
    each = turn.round
    local = instant(each.scheduled).astimezone(ZoneInfo(zone_of(deployment.community.model)))
    done = tuple(each.steps[int(line) - 1] for line in sorted(each.said, key=int))
    who = name_of(deployment, each.who)
    return Prompt(
        turn.said,
        line_key(deployment, each),
        each.checklist,
        who,
        local,
        code=each.code,
        lines=_open_lines(each),
        said=done,
    )


def _open_lines(round_: Round) -> tuple[str, ...]:
    return tuple(each for line, each in enumerate(round_.steps, 1) if str(line) not in round_.said)


def open_lines(rounds: Mapping[str, Round]) -> Iterator[tuple[str, Round, Sequence[int]]]:
    """The rounds that are open, with the numbers of their lines that are."""
    for key, each in sorted(rounds.items(), key=lambda one: (one[1].scheduled, one[0])):
        if each.outcome == "handed":
            yield key, each, [line for line in range(1, len(each.steps) + 1) if str(line) not in each.said]

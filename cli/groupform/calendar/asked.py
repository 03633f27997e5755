"""Owns what the calendar asks of people as steps like any other: posts to send, words to agree to, lists. Pure.

A step stands for a record of the ledger; what somebody says of it is written there, and nothing in the state.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from groupform.calendar.agenda import Occasion, agenda
from groupform.calendar.answering import CODE, approval_ticket, line_ticket, post_ticket, ticket
from groupform.calendar.approving import files_of, unapproved
from groupform.calendar.due import digest_of, events_of, instant, lateness
from groupform.calendar.duties import ends
from groupform.calendar.handing import sender
from groupform.calendar.parts import parts_of
from groupform.calendar.prompting import (
    approval_key,
    line_key,
    name_of,
    open_lines,
    post_key,
    wanted,
)
from groupform.calendar.season import group_of, run_named, zone_of
from groupform.compile.markdown import plain
from groupform.config.project import GroupInstance, ResolvedDeployment
from groupform.engine.plan import Reason, Step, StepFile, StepStatus
from groupform.engine.post_parts import Ballot, LinkCard, PostPart, Words, markdown_of
from groupform.engine.step_today import Notice
from groupform.state.document import Document
from groupform.state.ledger import Send
from groupform.when.clock import instant_of
from groupform_schemas import CalendarItem, PollResults

_NAMED = 6
"""So many groups are named of those that one message goes to."""


def asked_steps(
    deployment: ResolvedDeployment, state: Document, ledger: Document, now: datetime, posts_in: str
) -> list[Step]:
    """Everything that is open with people: words to agree to, then posts to send, then lists to go through."""
    return [
        *_approvals(deployment, state, ledger, now, posts_in),
        *_posts(deployment, ledger, now, posts_in),
        *_lines(deployment, ledger, now),
    ]


def still_to_come(deployment: ResolvedDeployment, state: Document, now: datetime, posts_in: str) -> list[Notice]:
    """The posts of the rest of the day, there, that a person will be asked to send; those of one moment in one line."""
    zone = ZoneInfo(zone_of(deployment.community.model))
    midnight = instant_of(datetime.combine(now.astimezone(zone).date() + timedelta(days=1), time()), zone)
    gathered: dict[tuple[datetime, str], list[Occasion]] = {}
    for each in agenda(deployment, now - timedelta(days=1), midnight, events_of(state, posts_in)):
        if each.model.post is not None and now < each.due < midnight:
            gathered.setdefault((each.due, each.calendar), []).append(each)
    found: list[Notice] = []
    for (due, _), several in sorted(gathered.items(), key=lambda one: one[0]):
        names = [each.group.title for each in several]
        who = sender(deployment, several[0].model, due)
        params = {"title": several[0].title, "groups": _few(names), "when": f"{due.astimezone(zone):%H:%M}"}
        found.append(Notice("today-post-later", {**params, "who": name_of(deployment, who)}, who or None))
    return found


def rounds_of_today(deployment: ResolvedDeployment, ledger: Document, now: datetime) -> frozenset[str]:
    """The checklists whose turn of today, there, was handed over already."""
    zone = ZoneInfo(zone_of(deployment.community.model))
    today = now.astimezone(zone).date()
    return frozenset(
        each.checklist for each in ledger.rounds.values() if instant(each.scheduled).astimezone(zone).date() == today
    )


def is_asked(step: Step) -> bool:
    """Whether a step is the calendar's, and what is said of it belongs into the ledger."""
    return step.what.code.startswith(CODE)


def is_line(step: Step) -> bool:
    """Whether a step is one line of a checklist; `place` is then the key of the whole list."""
    return step.what.code == f"{CODE}checklist-check"


def message_of(step: Step) -> str:
    """The id of the message that a platform keeps until somebody confirms it there; "" for any other step."""
    return str(step.what.params["message"]) if step.what.code == f"{CODE}post-confirm" else ""


def _approvals(
    deployment: ResolvedDeployment, state: Document, ledger: Document, now: datetime, posts_in: str
) -> Iterator[Step]:
    for each in wanted(deployment, state, ledger, now, posts_in):
        key = approval_key(deployment, each.item)
        question = ledger.questions.get(each.item)
        since = question.since if question is not None and question.digest == each.digest else ""
        others = ", ".join(name_of(deployment, one) for one in each.may[1:])
        params = {"title": each.model.title, "others": others}
        if each.first is not None:
            params["when"] = _clock(each.first.local)
        verb = "approval-give" if each.first is not None else "approval-await"
        yield Step(
            key=key,
            address=key,
            what=_what(deployment, verb, each.may[0] if each.may else "", params),
            who=each.may[0] if each.may else None,
            name=name_of(deployment, each.may[0]) if each.may else None,
            label=each.model.title,
            status=_status(since, each.first.due if each.first else None, now),
            since=since or None,
            due=_due(deployment, each.first.due if each.first else None),
            text=each.words,
            was=each.was or None,
            proof="attested",
            digest=each.digest,
            why=[f"calendar.{each.item}.approve"],
            ticket=approval_ticket(key, each.digest, ledger, each.item),
        )


def _posts(deployment: ResolvedDeployment, ledger: Document, now: datetime, posts_in: str) -> Iterator[Step]:
    unread = unapproved(deployment, ledger, by_hand=not posts_in)
    newest: dict[tuple[str, str], str] = {}
    for each in ledger.sends.values():
        if each.outcome in ("announced", "sent", "handed"):
            newest[each.item, each.target] = max(newest.get((each.item, each.target), ""), each.scheduled)
    laid: dict[str, list[Send]] = {}
    for send in sorted(ledger.sends.values(), key=lambda one: (one.scheduled, one.item, one.target)):
        planned = deployment.community.model.calendar.get(send.item)
        if send.outcome != "handed" or planned is None or planned.post is None:
            continue
        if send.id:
            laid.setdefault(send.id, []).append(send)
        elif newest[send.item, send.target] == send.scheduled:
            yield _by_hand(deployment, send, now, waits=send.item in unread)
    for several in laid.values():
        yield _to_confirm(deployment, several, now)


def _by_hand(deployment: ResolvedDeployment, send: Send, now: datetime, *, waits: bool) -> Step:
    """A post that somebody pastes into its group; without words while nobody has agreed to them as they are now."""
    planned = deployment.community.model.calendar[send.item]
    group, key = _group(deployment, send.target), post_key(deployment, send)
    said = _pasted(parts_of(deployment, planned, group)) if group is not None and not waits else {}
    title = group.title if group is not None else send.target
    params = {"place": title, "alike": f"{send.item} {send.scheduled}", **_besides(planned)}
    step = _post(deployment, send, now, "post-send", params)
    changes = {
        "text": said.pop("words", None),
        "more": said,
        "files": _enclosed(deployment, planned) if not waits else [],
        "blocked_by": [approval_key(deployment, send.item)] if waits else [],
        "place": send.place or send.target,
        "place_label": title,
        "ticket": post_ticket(key, send),
    }
    return step.model_copy(update=changes)


def _pasted(parts: Sequence[PostPart]) -> dict[str, str]:
    """What is typed, by what it is: the words, a card's, a poll's question with its answers."""
    found: dict[str, str] = {}
    for each in parts:
        if isinstance(each.part, Words):
            found["words"] = plain(each.part.text)
        elif isinstance(each.part, LinkCard):
            found["card"] = "\n".join(filter(None, (each.part.title, each.part.text, each.part.link)))
        elif isinstance(each.part, Ballot):
            found["poll"] = plain(markdown_of(each.part))
    return found


def _besides(planned: CalendarItem) -> dict[str, object]:
    """What a sentence says of what is done besides pasting."""
    post, found = planned.post, dict[str, object]()
    if post is not None and post.poll is not None:
        kind = "secret" if post.poll.results is PollResults.at_end else "open"
        found |= {"poll": kind, "choose": post.poll.choose}
    if post is not None and post.pin:
        found["pin"] = "" if post.pin is True else str(post.pin)
    if post is not None and post.mentions is not None:
        found["everyone"] = True
    return found


def _enclosed(deployment: ResolvedDeployment, planned: CalendarItem) -> list[StepFile]:
    """The files that go with it."""
    if planned.post is None:
        return []
    return [
        StepFile(path=path, sha256=hashlib.sha256(data).hexdigest())
        for path, data in files_of(deployment.community, planned.post)
        if path != planned.post.file
    ]


def _to_confirm(deployment: ResolvedDeployment, sends: Sequence[Send], now: datetime) -> Step:
    """What a platform has laid before somebody: one message, for however many groups."""
    groups = [_group(deployment, each.target) for each in sends]
    titles = [each.target if group is None else group.title for each, group in zip(sends, groups, strict=True)]
    step = _post(deployment, sends[0], now, "post-confirm", {"groups": _few(titles), "message": sends[0].id})
    return step.model_copy(update={"proof": "observed", "ticket": ticket(step.key, sends[0].id)})


def _few(names: Sequence[str]) -> list[str]:
    """The first of many names, and how many there are."""
    return [*names[:_NAMED], *([f"… ({len(names)})"] if len(names) > _NAMED else [])]


def _post(deployment: ResolvedDeployment, send: Send, now: datetime, verb: str, params: Mapping[str, object]) -> Step:
    planned = deployment.community.model.calendar[send.item]
    zone, last = ZoneInfo(zone_of(deployment.community.model)), _last(deployment, send)
    when, until = instant(send.scheduled).astimezone(zone), last.astimezone(zone)
    said = {"title": planned.title, "when": _clock(when), "until": _clock(until), **params}
    return Step(
        key=post_key(deployment, send),
        address=f"{deployment.name}/post.{send.item}",
        what=_what(deployment, verb, send.who, said),
        who=send.who or None,
        name=name_of(deployment, send.who) if send.who else None,
        label=planned.title,
        status=_status(send.announced_at, last, now),
        since=send.announced_at or None,
        due=_due(deployment, last),
        proof="attested",
        digest=send.digest,
        why=[f"calendar.{send.item}"],
    )


def _lines(deployment: ResolvedDeployment, ledger: Document, now: datetime) -> Iterator[Step]:
    zone = ZoneInfo(zone_of(deployment.community.model))
    for _, each, lines in open_lines(ledger.rounds):
        last, when = ends(deployment, each), instant(each.scheduled).astimezone(zone)
        for line in lines:
            key, words = line_key(deployment, each, line), each.steps[line - 1]
            called = f"{each.checklist} ({each.target})" if each.target else each.checklist
            params = {"list": called, "line": words, "when": _clock(when)}
            yield Step(
                key=key,
                address=f"{deployment.name}/checklist.{each.checklist}",
                what=_what(deployment, "checklist-check", each.who, params),
                who=each.who or None,
                name=name_of(deployment, each.who) if each.who else None,
                label=words,
                status=_status(each.announced_at, last, now),
                since=each.announced_at or None,
                due=_due(deployment, last),
                proof="attested",
                digest=digest_of(words),
                why=[f"compliance.checklists.{each.checklist}"],
                place=line_key(deployment, each),
                place_label=each.checklist,
                ticket=line_ticket(key, each, line),
            )


def _what(deployment: ResolvedDeployment, verb: str, who: str, params: Mapping[str, object]) -> Reason:
    words = {"who": name_of(deployment, who), "platform": deployment.connection.platform, **params}
    return Reason(code=CODE + verb, params=words)


def _status(since: str, last: datetime | None, now: datetime) -> StepStatus:
    if last is not None and last < now:
        return StepStatus.overdue
    return StepStatus.open if since else StepStatus.new


def _due(deployment: ResolvedDeployment, last: datetime | None) -> str | None:
    return last.astimezone(ZoneInfo(zone_of(deployment.community.model))).isoformat() if last is not None else None


def _last(deployment: ResolvedDeployment, send: Send) -> datetime:
    """Until when a post is waited for: until it is given up, or as long as one may be late."""
    sending = deployment.community.model.sending
    confirm = sending.confirm if sending is not None else None
    wait = confirm.cancel_after.timedelta if confirm is not None and confirm.cancel_after is not None else None
    return instant(send.announced_at or send.scheduled) + (wait or max(lateness(deployment), timedelta(hours=1)))


def _group(deployment: ResolvedDeployment, target: str) -> GroupInstance | None:
    """The group that a post went to, also where it is one of a run's own."""
    name = target.partition("#")[0]
    found = next((each for each in deployment.groups if each.name == name), None)
    key, _, instance = name.partition("/")
    run = run_named(deployment.community.model, instance) if found is None and instance else None
    if run is not None and key in deployment.community.model.groups:
        return group_of(deployment, key, run)
    return found


def _clock(when: datetime) -> str:
    return f"{when:%m-%d %H:%M}"

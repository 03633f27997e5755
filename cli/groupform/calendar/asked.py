"""Owns what the calendar asks of people as steps like any other: posts to send, words to agree to, lists. Pure.

A step stands for a record of the ledger; what somebody says of it is written there, and nothing in the state.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from groupform.calendar.agenda import text_for
from groupform.calendar.approving import approver, digest_of_post, unapproved, words_to_approve
from groupform.calendar.due import digest_of, instant, lateness, spelled
from groupform.calendar.duties import ends
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
from groupform.config.diagnostics import Diagnostic, Refused
from groupform.config.project import GroupInstance, ResolvedDeployment
from groupform.engine.plan import Reason, Step, StepStatus
from groupform.engine.plan import digest_of as digest_of_values
from groupform.state.document import Attestation, Document, Entry, fold
from groupform.state.ledger import Approval, Question, Round, Send, SetApprovals, SetRounds, SetSends, Word

_CODE = "calendar-step-"
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


def is_asked(step: Step) -> bool:
    """Whether a step is the calendar's, and what is said of it belongs into the ledger."""
    return step.what.code.startswith(_CODE)


def is_line(step: Step) -> bool:
    """Whether a step is one line of a checklist; `place` is then the key of the whole list."""
    return step.what.code == f"{_CODE}checklist-check"


def words_given(deployment: ResolvedDeployment, ledger: Document) -> dict[str, Attestation]:
    """What was said before, by the key of the step, in the form in which the state keeps such words."""
    found: dict[str, Attestation] = {}
    for key, each in ledger.approvals.items():
        step = approval_key(deployment, key)
        found[step] = _word(each.who, each.when, each.digest, _approval_ticket(step, each.digest, ledger, key))
    for send in ledger.sends.values():
        if send.outcome == "sent" and send.who and not send.id:
            step = post_key(deployment, send)
            found[step] = _word(send.who, send.settled_at, send.digest, _post_ticket(step, send))
    for each_round in ledger.rounds.values():
        for line, word in each_round.said.items():
            step = line_key(deployment, each_round, int(line))
            ticket = _line_ticket(step, each_round, int(line))
            found[step] = Attestation(who=word.who, when=word.when, digest="", note=word.note, ticket=ticket)
    return found


def settled(
    deployment: ResolvedDeployment,
    ledger: Document,
    words: Iterable[tuple[str, Attestation]],
    now: datetime,
    posts_in: str,
) -> list[Entry]:
    """What the ledger is to hold once these things were said, by the key of the step; `ledger` stays as it is.

    Raises Refused: `step-unknown` for what is not open (any more), and for a word that it does not take.
    """
    working = ledger.model_copy(deep=True)
    entries: list[Entry] = []
    for key, word in words:
        for entry in _settle(deployment, working, key, word, now, posts_in):
            fold(working, entry)
            entries.append(entry)
    return entries


def check_word(deployment: ResolvedDeployment, step: Step, who: str, now: datetime, posts_in: str) -> None:
    """Raises Refused where `who` has no say in a step: nobody agrees to their own post."""
    if step.what.code.startswith(f"{_CODE}approval-"):
        approver(deployment, _item(step.key), who, not posts_in, now)


def taken_back(deployment: ResolvedDeployment, ledger: Document, key: str, now: datetime) -> list[Entry]:
    """What the ledger is to hold once a word is taken back. Raises Refused `step-not-done`."""
    for item in ledger.approvals:
        if approval_key(deployment, item) == key:
            return [withdrawn(deployment, ledger, item, now)]
    for name, send in ledger.sends.items():
        if send.outcome == "sent" and send.who and not send.id and post_key(deployment, send) == key:
            changes = {"outcome": "handed", "settled_at": "", "reminded_at": "", "announced_at": spelled(now)}
            return [SetSends(sends={name: send.model_copy(update=changes)})]
    for name, each in ledger.rounds.items():
        for line in each.said:
            if each.outcome in ("handed", "done") and line_key(deployment, each, int(line)) == key:
                said = {other: word for other, word in each.said.items() if other != line}
                again = {**each.reopened, line: spelled(now)}
                open_ = {"outcome": "handed", "settled_at": "", "said": said, "reopened": again}
                return [SetRounds(rounds={name: each.model_copy(update=open_)})]
    raise Refused([Diagnostic("step-not-done", params={"text": key})])


def agreement(deployment: ResolvedDeployment, item: str, who: str, when: str) -> SetApprovals:
    """That `who` agrees to an entry of the calendar as it is declared."""
    post = deployment.community.model.calendar[item].post
    assert post is not None
    digest, words = digest_of_post(deployment.community, post), words_to_approve(deployment.community, post)
    return SetApprovals(
        approvals={item: Approval(who=who, when=when, digest=digest, words=words)}, questions={item: None}
    )


def withdrawn(deployment: ResolvedDeployment, ledger: Document, item: str, now: datetime) -> SetApprovals:
    """That nobody agrees to it any more. A tick from before is none for it."""
    digest = ledger.approvals[item].digest
    return SetApprovals(approvals={item: None}, questions={item: Question(digest=digest, withdrawn=spelled(now))})


def _settle(
    deployment: ResolvedDeployment, ledger: Document, key: str, word: Attestation, now: datetime, posts_in: str
) -> Iterator[Entry]:
    item = _item(key)
    if key == approval_key(deployment, item):
        if item not in unapproved(deployment, ledger, by_hand=not posts_in):
            raise _unknown(key)
        who = approver(deployment, item, word.who, not posts_in, now)
        yield agreement(deployment, item, who, word.when)
        return
    for name, send in ledger.sends.items():
        if send.outcome == "handed" and post_key(deployment, send) == key:
            changes = {"outcome": "sent", "settled_at": spelled(instant(word.when)), "who": word.who}
            yield SetSends(sends={name: send.model_copy(update=changes)})
            return
    for name, each, lines in open_lines(ledger.rounds):
        for line in lines:
            if line_key(deployment, each, line) == key:
                yield SetRounds(rounds={name: _ticked(each, line, word, now)})
                return
    raise _unknown(key)


def _ticked(round_: Round, line: int, word: Attestation, now: datetime) -> Round:
    said = {**round_.said, str(line): Word(who=word.who, when=word.when, note=word.note)}
    changes: dict[str, Any] = {"said": said}
    if len(said) == len(round_.steps):
        changes |= {"outcome": "done", "settled_at": spelled(now)}
    return round_.model_copy(update=changes)


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
            ticket=_approval_ticket(key, each.digest, ledger, each.item),
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
    text = text_for(deployment, planned, group) if group is not None else None
    title = group.title if group is not None else send.target
    params = {"place": title, "alike": f"{send.item} {send.scheduled}"}
    step = _post(deployment, send, now, "post-send", params)
    changes = {
        "text": plain(text) if text and not waits else None,
        "blocked_by": [approval_key(deployment, send.item)] if waits else [],
        "place": send.place or send.target,
        "place_label": title,
        "ticket": _post_ticket(key, send),
    }
    return step.model_copy(update=changes)


def _to_confirm(deployment: ResolvedDeployment, sends: Sequence[Send], now: datetime) -> Step:
    """What a platform has laid before somebody: one message, for however many groups."""
    groups = [_group(deployment, each.target) for each in sends]
    titles = [each.target if group is None else group.title for each, group in zip(sends, groups, strict=True)]
    named = ", ".join(titles[:_NAMED]) + (f" … ({len(titles)})" if len(titles) > _NAMED else "")
    step = _post(deployment, sends[0], now, "post-confirm", {"groups": named, "count": len(titles)})
    return step.model_copy(update={"proof": "observed", "ticket": _ticket(step.key, sends[0].id)})


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
                ticket=_line_ticket(key, each, line),
            )


def _what(deployment: ResolvedDeployment, verb: str, who: str, params: Mapping[str, object]) -> Reason:
    words = {"who": name_of(deployment, who), "platform": deployment.connection.platform, **params}
    return Reason(code=_CODE + verb, params=words)


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


def _item(key: str) -> str:
    """The key of the calendar's entry, or of the list, that a step's key names."""
    return key.partition("/")[2].partition(".")[2].partition("/")[0].partition("@")[0]


def _word(who: str, when: str, digest: str, ticket: str) -> Attestation:
    return Attestation(who=who, when=when, digest=digest, ticket=ticket)


def _ticket(*parts: object) -> str:
    return digest_of_values(list(parts))[:16]


def _approval_ticket(key: str, digest: str, ledger: Document, item: str) -> str:
    question = ledger.questions.get(item)
    back = question.withdrawn if question is not None and question.digest == digest else ""
    return _ticket(key, digest, back)


def _post_ticket(key: str, send: Send) -> str:
    """One post is one task, whatever becomes of its words: what was sent is sent."""
    return _ticket(key, send.announced_at)


def _line_ticket(key: str, round_: Round, line: int) -> str:
    return _ticket(key, round_.steps[line - 1], round_.reopened.get(str(line), ""))


def _unknown(key: str) -> Refused:
    return Refused([Diagnostic("step-unknown", params={"text": key})])

"""Owns what people say of the calendar's steps: what the ledger is to hold then, and what it takes from whom. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from groupform.calendar.approving import approver, digest_of_post, files_of, unapproved, words_to_approve
from groupform.calendar.due import instant, spelled
from groupform.calendar.prompting import approval_key, line_key, open_lines, post_key
from groupform.config.diagnostics import Diagnostic, Refused
from groupform.config.project import ResolvedDeployment
from groupform.engine.plan import Step, digest_of
from groupform.state.document import Attestation, Document, Entry, fold
from groupform.state.ledger import Approval, Question, Round, Send, SetApprovals, SetRounds, SetSends, Word

CODE = "calendar-step-"
"""How the codes of the calendar's steps begin."""


def words_given(deployment: ResolvedDeployment, ledger: Document) -> dict[str, Attestation]:
    """What was said before, by the key of the step, in the form in which the state keeps such words."""
    found: dict[str, Attestation] = {}
    for key, each in ledger.approvals.items():
        step = approval_key(deployment, key)
        found[step] = _word(each.who, each.when, each.digest, approval_ticket(step, each.digest, ledger, key))
    for send in ledger.sends.values():
        if send.outcome == "sent" and send.who and not send.id:
            step = post_key(deployment, send)
            found[step] = _word(send.who, send.settled_at, send.digest, post_ticket(step, send))
    for each_round in ledger.rounds.values():
        for line, word in each_round.said.items():
            step = line_key(deployment, each_round, int(line))
            stands = line_ticket(step, each_round, int(line))
            found[step] = Attestation(who=word.who, when=word.when, digest="", note=word.note, ticket=stands)
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
    if step.what.code.startswith(f"{CODE}approval-"):
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
    community = deployment.community
    given = Approval(
        who=who,
        when=when,
        digest=digest_of_post(community, post),
        words=words_to_approve(community, post),
        files=tuple(sorted({hashlib.sha256(data).hexdigest() for _, data in files_of(community, post)})),
    )
    return SetApprovals(approvals={item: given}, questions={item: None})


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


def _item(key: str) -> str:
    """The key of the calendar's entry, or of the list, that a step's key names."""
    return key.partition("/")[2].partition(".")[2].partition("/")[0].partition("@")[0]


def _word(who: str, when: str, digest: str, ticket: str) -> Attestation:
    return Attestation(who=who, when=when, digest=digest, ticket=ticket)


def approval_ticket(key: str, digest: str, ledger: Document, item: str) -> str:
    question = ledger.questions.get(item)
    back = question.withdrawn if question is not None and question.digest == digest else ""
    return ticket(key, digest, back)


def post_ticket(key: str, send: Send) -> str:
    """One post is one task, whatever becomes of its words: what was sent is sent."""
    return ticket(key, send.announced_at)


def line_ticket(key: str, round_: Round, line: int) -> str:
    return ticket(key, round_.steps[line - 1], round_.reopened.get(str(line), ""))


def ticket(*parts: object) -> str:
    return digest_of(list(parts))[:16]


def _unknown(key: str) -> Refused:
    return Refused([Diagnostic("step-unknown", params={"text": key})])

"""Decides what a second person has agreed to: whose word it takes, for which words, and what still waits. Pure.

An agreement holds for one entry of the calendar in one deployment, and for exactly what is sent: unfilled words, the
bytes of every file and picture, poll, card, pin and mentions. Who sends or writes it does not agree to it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from groupform.calendar.lint_rules import at_path
from groupform.calendar.pictures import pictures
from groupform.calendar.season import zone_of
from groupform.config.diagnostics import Diagnostic, Refused, Severity
from groupform.config.leaving import departed
from groupform.config.project import Community, ResolvedDeployment
from groupform.engine.plan import digest_of
from groupform.engine.step_people import on_duty
from groupform.state.document import Document
from groupform.state.ledger import Approval
from groupform_schemas import CalendarItem, PersonRef, Post


def digest_of_post(community: Community, post: Post) -> str:
    """What an agreement is given for (sha256)."""
    files = {path: hashlib.sha256(data).hexdigest() for path, data in files_of(community, post)}
    return digest_of({"post": post.model_dump(mode="json", exclude_none=True, warnings=False), "files": files})


def words_to_approve(community: Community, post: Post) -> str:
    """What is read by whoever is to agree: the words with their placeholders, then all that goes with them.

    Each file bears the beginning of its digest: another picture under the same name is another line.
    """
    shown = [_words(community, post).strip()]
    data = dict(files_of(community, post))
    attached = [path for path in data if path != post.file]
    shown += [f"📎 {path} ({hashlib.sha256(data[path]).hexdigest()[:8]})" for path in attached]
    if post.poll is not None:
        poll = post.poll
        lines = [f"{number}. {each}" for number, each in enumerate(poll.options, 1)]
        shown.append("\n".join((f"🗳 {poll.question} ({poll.choose}/{len(poll.options)}, {poll.results})", *lines)))
    if post.card is not None:
        card = post.card
        shown.append("\n".join(filter(None, (f"🔗 {card.title}", card.text, str(card.link)))))
    if post.pin:
        shown.append("📌" if post.pin is True else f"📌 {post.pin}")
    if post.mentions is not None:
        shown.append(f"@{post.mentions}")
    return "\n\n".join(each for each in shown if each)


def may_approve(deployment: ResolvedDeployment, planned: CalendarItem, by_hand: bool, now: datetime) -> list[str]:
    """Who may agree, by key, whoever is on duty first. `by_hand` tells that people send the posts there."""
    if planned.approve is None:
        return []
    zone = ZoneInfo(zone_of(deployment.community.model))
    gone = departed(deployment.people, now.astimezone(zone).date())
    writes = senders(deployment, planned, by_hand)
    duty = deployment.community.model.team.duty.get(planned.approve.duty or planned.approve.name or "")
    found = [each for each in _meant(deployment, planned.approve) if each not in gone and each not in writes]
    if duty is not None:
        first = on_duty(duty, now, zone.key)
        found.sort(key=lambda each: each != first)
    return found


def senders(deployment: ResolvedDeployment, planned: CalendarItem, by_hand: bool) -> frozenset[str]:
    """Who sends or writes it: a person; the first of a role, who is asked; of a duty all, since turns change; where
    nobody is named and people send, the owner."""
    team = deployment.community.model.team
    if planned.by is None:
        return _with_backups(deployment, _meant(deployment, team.owner)[:1]) if by_hand else frozenset()
    people = _meant(deployment, planned.by)
    duty = planned.by.duty or planned.by.name
    return _with_backups(deployment, people if duty in team.duty and people != [duty] else people[:1])


def agreed(deployment: ResolvedDeployment, key: str, ledger: Document, by_hand: bool) -> Approval | None:
    """The agreement that holds for an entry as it is declared now; None where it needs one and has none.

    Whoever has left the role since, or is to send it now, has not agreed for it.
    """
    planned, found = deployment.community.model.calendar[key], ledger.approvals.get(key)
    if planned.approve is None or planned.post is None or found is None:
        return None
    if found.who not in _meant(deployment, planned.approve) or found.who in senders(deployment, planned, by_hand):
        return None
    return found if found.digest == digest_of_post(deployment.community, planned.post) else None


def unapproved(deployment: ResolvedDeployment, ledger: Document, by_hand: bool) -> frozenset[str]:
    """The keys of the entries that must not be sent, because nobody has agreed to them as they are."""
    return frozenset(
        str(key)
        for key, planned in deployment.community.model.calendar.items()
        if planned.approve is not None and planned.post is not None and not agreed(deployment, key, ledger, by_hand)
    )


def takes_file(deployment: ResolvedDeployment, key: str, ledger: Document, sha256: str) -> bool:
    """Whether a file may go out with an entry: where somebody has to agree, those very bytes were agreed to.

    A picture is read when it is sent, and may have been changed since the words were looked at.
    """
    found = ledger.approvals.get(key)
    return deployment.community.model.calendar[key].approve is None or (found is not None and sha256 in found.files)


def approver(deployment: ResolvedDeployment, key: str, named: str, by_hand: bool, now: datetime) -> str:
    """The key of who agrees to `key`, by key or name. Raises Refused, with who may, for anybody else."""
    planned = deployment.community.model.calendar[key]
    people = deployment.people
    known = [each for each, person in people.items() if person.name == named]
    who = named if named in people else known[0] if len(known) == 1 else None
    may = may_approve(deployment, planned, by_hand, now)
    words = {"name": key, "who": named, "may": ", ".join(f"{people[each].name} ({each})" for each in may) or "-"}
    if who is None:
        raise Refused([Diagnostic("approve-unknown", params=words)])
    if who not in may:
        own = who in senders(deployment, planned, by_hand)
        raise Refused([Diagnostic("approve-own" if own else "approve-not-theirs", params=words)])
    return who


def approval_findings(deployment: ResolvedDeployment, by_hand: bool, now: datetime) -> Iterator[Diagnostic]:
    """Entries that can never be sent: nobody is there to agree, or only who sends it."""
    for key, planned in deployment.community.model.calendar.items():
        if planned.approve is None or may_approve(deployment, planned, by_hand, now):
            continue
        named = planned.approve.person or planned.approve.role or planned.approve.duty or planned.approve.name
        anybody = _meant(deployment, planned.approve)
        code = "calendar-approve-own" if anybody else "calendar-approve-nobody"
        words = {"key": key, "named": named, "who": ", ".join(deployment.people[each].name for each in anybody)}
        yield at_path(deployment.community, f"calendar.{key}.approve", code, Severity.error, **words)


def _meant(deployment: ResolvedDeployment, named: PersonRef) -> list[str]:
    """The people that are meant, in their order; a bare name is a person's, a duty's or a role's."""
    team, people = deployment.community.model.team, deployment.people
    for key in (named.person, named.name):
        if key is not None and key in people:
            return [key]
    for key in (named.duty, named.name):
        if key is not None and key in team.duty:
            return [str(each) for each in team.duty[key].people if each in people]
    for key in (named.role, named.name):
        if key is not None and key in team.roles:
            return [str(each) for each in team.roles[key].people if each in people]
    return []


def _with_backups(deployment: ResolvedDeployment, people: Sequence[str]) -> frozenset[str]:
    """These, and whoever stands in for those of them who have no account there."""
    found: set[str] = set()
    for each in people:
        key: str | None = each
        while key is not None and key in deployment.people and key not in found:
            found.add(key)
            key = None if deployment.account(key) else deployment.people[key].backup
    return frozenset(found)


def _words(community: Community, post: Post) -> str:
    if post.file is None:
        return post.text or ""
    return community.files.get(post.file, b"").decode("utf-8-sig", "replace").replace("\r\n", "\n")


def files_of(community: Community, post: Post) -> Iterator[tuple[str, bytes]]:
    """Every file that goes out, by its path as written: its words', its pictures', its attachments'."""
    named = [post.file, *(post.attach or ()), post.card.picture if post.card is not None else None]
    found: Mapping[str, bytes | None] = {path: community.files.get(path) for path in named if path is not None}
    shown = {each.address: each.file for each in pictures(community, post, _words(community, post))}
    for path, data in found.items():
        yield path, data or b""
    for address, file in shown.items():
        if file is not None and address not in found:
            try:
                yield address, file.read_bytes()
            except OSError:
                yield address, b""

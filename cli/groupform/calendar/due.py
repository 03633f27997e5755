"""Decides what is to be sent now: of what is on the calendar, what is due, too late, waiting, or under way. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from groupform.calendar.agenda import Events, Occasion, after_quiet, agenda, words_of
from groupform.calendar.approving import unapproved
from groupform.calendar.parts import Files, parts_of
from groupform.calendar.season import zone_of
from groupform.compile.address import Address, AddressError
from groupform.config.project import ResolvedDeployment
from groupform.engine.post_parts import PostPart, markdown_of
from groupform.state.document import Document
from groupform.state.ledger import LEFT, SETTLED, Reach, Send, send_key
from groupform_schemas import MissedPolicy, TimeRange

KEPT = timedelta(days=60)
"""How far back anything is sent or remembered, whatever `missed` says."""
_ON_TIME = timedelta(minutes=15)
"""What `missed: skip` leaves to a schedule that comes late: those of CI services are not punctual."""
_USUAL = timedelta(hours=1)
"""How late a post may be where nothing is said about it."""
_SLACK = timedelta(days=2)
"""Longer than any quiet hours hold a post back."""


class Verdict(StrEnum):
    """What is to be done about a post."""

    send = "send"
    settle = "settle"
    """It was announced, and nobody knows what came of it."""
    missed = "missed"
    blocked = "blocked"
    """There is no group to send it to."""
    waiting = "waiting"
    """Quiet hours hold it back, or a second person has not agreed yet."""
    left = "left"
    """It waits with a platform that sends by itself (`ahead`)."""
    handed = "handed"
    """A person was asked to send it, and has not said that it is done."""


@dataclass(frozen=True, slots=True)
class Task:
    """One post in one live group. `place` is that group's remote id, "" where there is none.

    `target` is the group's name, with the number of a copy behind it (`lobby#2`). `record` is what the ledger has.
    `parts` is all that is sent; where each part is a message of its own, the one that this task is about, and `part`
    is its name, "" for the first; then `names` are those of all of them.
    """

    occasion: Occasion
    target: str
    text: str
    place: str
    verdict: Verdict
    code: str = ""
    record: Send | None = None
    parts: tuple[PostPart, ...] = ()
    part: str = ""
    names: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        return send_key(self.occasion.calendar, spelled(self.occasion.scheduled), self.target, self.part)

    @property
    def first_key(self) -> str:
        """The key of the post's first message."""
        return send_key(self.occasion.calendar, spelled(self.occasion.scheduled), self.target)

    @property
    def digest(self) -> str:
        return digest_of(self.text)

    @property
    def open(self) -> bool:
        """Whether a later run has to come back to it."""
        return self.verdict is not Verdict.missed


@dataclass(frozen=True, slots=True)
class Sorted:
    """What there is to do, in the order of the calendar, and the reach of the ledger from now on."""

    tasks: tuple[Task, ...]
    reach: Reach


def sort_out(
    deployment: ResolvedDeployment,
    state: Document,
    ledger: Document,
    now: datetime,
    posts_in: str,
    *,
    apart: bool = False,
) -> Sorted:
    """What is to be done about every post up to `now`.

    `state` says which groups are there, `posts_in` which type of resource they are ("": any). What a ledger has never
    known was not omitted by anybody: of it, only what may still be sent late is taken up. `apart` tells that each part
    of a post is a message of its own there.
    """
    within = lateness(deployment)
    reach = _reach(deployment, ledger.reach, now, within)
    since = instant(reach.since)
    places = places_of(state, posts_in)
    unread = unapproved(deployment, ledger, by_hand=not posts_in)
    found: list[tuple[Task, bool]] = []
    files: Files = {}
    for occasion in agenda(deployment, since, now + timedelta(microseconds=1), events_of(state, posts_in)):
        parts = parts_of(deployment, occasion.model, occasion.group, files)
        if not parts:
            continue
        waits = occasion.calendar in unread
        for target, place in (places.get(occasion.target) or {occasion.target: ""}).items():
            found += ((task, waits) for task in _tasks(deployment, occasion, target, place, parts, apart))
    laid = bool(posts_in) and not apart
    past = _Past.of(ledger, {each.key for each, _ in found} if laid else None)
    tasks: list[Task] = []
    for task, waits in found:
        judged = _judged(task, deployment, past, reach, now, within, waits=waits)
        tasks += judged if not task.part else past.following(task, judged)
    since = min([now - within - _SLACK, *(each.occasion.scheduled for each in tasks if each.open)])
    return Sorted(tuple(tasks), reach.model_copy(update={"since": spelled(max(since, instant(reach.since)))}))


def _tasks(
    deployment: ResolvedDeployment,
    occasion: Occasion,
    target: str,
    place: str,
    parts: tuple[PostPart, ...],
    apart: bool,
) -> Iterator[Task]:
    """One task, or one for each message."""
    if not apart:
        text = words_of(deployment, occasion) or "\n\n".join(markdown_of(each.part) for each in parts)
        yield Task(occasion, target, text, place, Verdict.send, parts=parts)
        return
    names = ("", *(each.name for each in parts[1:]))
    for name, each in zip(names, parts, strict=True):
        text = markdown_of(each.part)
        yield Task(occasion, target, text, place, Verdict.send, parts=(each,), part=name, names=names)


def lateness(deployment: ResolvedDeployment) -> timedelta:
    """How late a post may be sent here."""
    sending = deployment.community.model.sending
    missed = sending.missed if sending is not None else None
    if missed is None:
        return _USUAL
    if isinstance(missed, MissedPolicy):
        return KEPT if missed is MissedPolicy.send else _ON_TIME
    return min(missed.within.timedelta, KEPT)


def places_of(state: Document, posts_in: str) -> dict[str, dict[str, str]]:
    """By the name of each group, its live ones: the remote id by target (`lobby`, `lobby#2`).

    Where people do everything, ids tell nothing apart: the address stands for one.
    """
    found: dict[str, dict[str, str]] = {}
    for text, binding in sorted(state.bindings.items()):
        address = _address(text)
        if address is None or binding.left or (posts_in and binding.type != posts_in):
            continue
        target = address.name if address.number is None else f"{address.name}#{address.number}"
        found.setdefault(address.name, {})[target] = binding.id if posts_in else text
    return found


def events_of(state: Document, posts_in: str) -> Events:
    """When each group came to be; of a group that was found and adopted, nobody knows."""
    created: dict[str, datetime] = {}
    for text, binding in state.bindings.items():
        address = _address(text)
        if address is not None and address.number is None and binding.created_at and binding.type == posts_in:
            created[address.name] = instant(binding.created_at)
    return Events(created)


def mark_of(environment: str, key: str) -> str:
    """What the message bears: for ever the same for one post in one group, whoever sends it and however often."""
    return hashlib.sha256(f"groupform-post {environment} {key}".encode()).hexdigest()[:32]


def nonce_of(mark: str, place: str, attempt: int) -> str:
    """What an attempt is known by: the same for two who make it at once."""
    return "gfp-" + hashlib.sha256(f"{mark} {place} {attempt}".encode()).hexdigest()[:32]


def digest_of(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def spelled(moment: datetime) -> str:
    """A UTC instant as the ledger writes it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def instant(text: str) -> datetime:
    found = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Past:
    """What a ledger has, by what is asked of it: `newest` is the last moment sent by item and target, `there` what each
    place has had, by item, moment and part."""

    sends: Mapping[str, Send]
    newest: Mapping[tuple[str, str], str]
    there: Mapping[tuple[str, str, str, str], Send]

    @classmethod
    def of(cls, ledger: Document, here: Collection[str] | None = None) -> _Past:
        """`here` are the posts of the calendar, where what is off it is taken back before anything is sent: then it
        stands in nobody's way."""
        newest: dict[tuple[str, str], str] = {}
        there: dict[tuple[str, str, str, str], Send] = {}
        for key, each in ledger.sends.items():
            withdrawn = here is not None and each.outcome in ("announced", "handed") and key not in here
            if each.outcome in ("announced", "sent", "handed") and not withdrawn:
                whose = (each.item, each.target)
                newest[whose] = max(newest.get(whose, ""), each.scheduled)
            if each.place:
                there[each.place, each.item, each.scheduled, each.part] = each
        return cls(ledger.sends, newest, there)

    def elsewhere(self, task: Task) -> bool:
        """Whether this very group has had this very post, under the name that it had before."""
        return (task.place, task.occasion.calendar, spelled(task.occasion.scheduled), task.part) in self.there

    def following(self, task: Task, judged: Iterable[Task]) -> Iterable[Task]:
        """What holds for a further message of a post. It follows the first: where that is not sent, nothing is said of
        it. What is added to a post after its first message was announced came too late."""
        moment = (task.occasion.calendar, spelled(task.occasion.scheduled), "")
        first = self.sends.get(task.first_key) or self.there.get((task.place, *moment))
        if task.key in self.sends or (
            first is not None and first.outcome in ("announced", "sent") and task.part in first.parts
        ):
            return judged
        return (each for each in judged if first is None and each.verdict is Verdict.send)

    def overtaken(self, task: Task) -> bool:
        """Whether the next one of the same kind has been sent there: an older one would come out of order, or be the
        same post, whose time was changed after it was sent."""
        return self.newest.get((task.occasion.calendar, task.target), "") > spelled(task.occasion.scheduled)


def _judged(
    task: Task,
    deployment: ResolvedDeployment,
    past: _Past,
    reach: Reach,
    now: datetime,
    within: timedelta,
    *,
    waits: bool,
) -> Iterable[Task]:
    """What is to be done about one post; `waits` tells that nobody has agreed to its words as they are now."""
    record = past.sends.get(task.key)
    late = now - task.occasion.due > within
    if record is not None and record.outcome in SETTLED:
        return
    if record is not None and record.outcome == "announced":
        code = "send-too-late" if late else "send-approval" if waits else ""
        yield replace(task, verdict=Verdict.settle, record=record, code=code)
        return
    if record is not None and record.outcome in LEFT:
        yield replace(task, verdict=Verdict.left, record=record)
        return
    if record is not None and record.outcome == "handed":
        if not record.id and past.overtaken(task):
            # Nobody has ever said so, and the next one is out by now: it is not asked for any more.
            yield replace(task, verdict=Verdict.missed, code="send-not-said")
        else:
            yield replace(task, verdict=Verdict.handed, record=record, code="send-approval" if waits else "")
        return
    known = reach.known.get(_known(task))
    if (known is not None and task.occasion.scheduled < instant(known)) or past.elsewhere(task):
        return
    if past.overtaken(task):
        yield replace(task, verdict=Verdict.missed, code="send-overtaken")
    elif late:
        code = "send-too-late" if task.place else "send-no-group-in-time"
        yield replace(task, verdict=Verdict.missed, code="send-not-approved" if waits else code)
    elif waits:
        yield replace(task, verdict=Verdict.waiting, code="send-approval")
    elif now < task.occasion.due or after_quiet(now, _zone(deployment), _quiet(deployment)) != now:
        yield replace(task, verdict=Verdict.waiting, code="send-quiet")
    elif not task.place:
        yield replace(task, verdict=Verdict.blocked, code="send-no-group")
    else:
        yield task


def _reach(deployment: ResolvedDeployment, before: Reach | None, now: datetime, within: timedelta) -> Reach:
    """The ledger's reach with everything in it that the calendar has."""
    began = now - (within if within < KEPT else _USUAL)
    since = max(instant(before.since), now - KEPT) if before is not None else began
    known = before.known if before is not None else {}
    wanted: dict[str, str] = {}
    for key, planned in deployment.community.model.calendar.items():
        if planned.post is not None:
            for name in planned.to:
                wanted[f"{key} {name}"] = known.get(f"{key} {name}", spelled(began))
    return Reach(since=spelled(since), known=wanted)


def _known(task: Task) -> str:
    """The name in `to` by which this group is meant."""
    names = task.occasion.model.to
    name = task.occasion.target if task.occasion.target in names else task.occasion.group.group
    return f"{task.occasion.calendar} {name}"


def outdated(ledger: Document, now: datetime) -> Sequence[str]:
    """The keys of what need not be remembered any more. What is yet to be taken off the top of a group, or to be
    ended, must be."""
    before = spelled(now - KEPT - timedelta(days=1))
    kept = ("wanted", "pinning", "pinned", "unpinning", "ending")
    return [
        key
        for key, each in ledger.sends.items()
        if each.outcome in SETTLED
        and each.scheduled < before
        and not (each.outcome == "sent" and ((each.pinned_until and each.pin in kept) or each.poll in kept))
    ]


def adrift(ledger: Document, tasks: Iterable[Task]) -> Mapping[str, Send]:
    """What was announced and stands on the calendar no more: what came of it must be known all the same."""
    here = {each.key for each in tasks}
    return {key: each for key, each in ledger.sends.items() if each.outcome == "announced" and key not in here}


def _address(text: str) -> Address | None:
    try:
        return Address.parse(text)
    except AddressError:
        return None


def _zone(deployment: ResolvedDeployment) -> ZoneInfo:
    return ZoneInfo(zone_of(deployment.community.model))


def _quiet(deployment: ResolvedDeployment) -> TimeRange | None:
    sending = deployment.community.model.sending
    return sending.quiet_hours if sending is not None else None


def next_due(
    deployment: ResolvedDeployment, state: Document, now: datetime, until: datetime, posts_in: str
) -> datetime | None:
    """When something is due next after `now`, and before `until`; None where nothing is."""
    found = agenda(deployment, now - _SLACK, until, events_of(state, posts_in))
    return min((each.due for each in found if each.model.post is not None and now < each.due < until), default=None)

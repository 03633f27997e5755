"""Owns what becomes of ticks that come back from people: taken, known already, or for an older text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from groupform.compile.resource import Resource
from groupform.config.diagnostics import Diagnostic, Refused
from groupform.engine.attest import attested
from groupform.engine.plan import Step
from groupform.engine.resource_type import ResourceType
from groupform.state.document import Attestation, Document, Entry, fold


@dataclass(frozen=True, slots=True)
class Tick:
    """Somebody says that a step is done. `ticket` stands for the task as they read it; `when` is None where unknown."""

    key: str
    ticket: str
    who: str | None = None
    when: datetime | None = None
    note: str = ""
    answer: int | None = None


class Verdict(StrEnum):
    taken = "taken"
    known = "known"
    """It was said before, of the same task."""
    observed = "observed"
    """It closes by itself once it is read: nobody's word is needed."""
    older = "older"
    """The task has changed since that list was made: it is to be done again, as it is worded now."""
    gone = "gone"
    """Nothing of the kind is left to do, and nobody's word about it is known."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One tick and what becomes of it. `step` is the open step that it closes or speaks of."""

    tick: Tick
    verdict: Verdict
    step: Step | None = None

    @property
    def refused(self) -> bool:
        return self.verdict in (Verdict.older, Verdict.gone)


def judge(ticks: Sequence[Tick], steps: Mapping[str, Step], attestations: Mapping[str, Attestation]) -> list[Judged]:
    """What becomes of each tick, in order; of several for one step the first counts. Pure."""
    found: list[Judged] = []
    taken: set[str] = set()
    for each in ticks:
        step, word = steps.get(each.key), attestations.get(each.key)
        if each.key in taken or (word is not None and bool(word.ticket) and word.ticket == each.ticket):
            # Said before; where it is open again, it was taken back or has drifted, and an old tick says nothing new.
            verdict = Verdict.known if step is None or each.key in taken else Verdict.older
        elif step is None:
            verdict = Verdict.gone
        elif step.ticket != each.ticket:
            verdict = Verdict.older
        elif step.proof == "observed":
            verdict = Verdict.observed
        else:
            verdict = Verdict.taken
            taken.add(each.key)
        found.append(Judged(each, verdict, step))
    return found


def word_of(tick: Tick, step: Step, *, by: str, now: datetime) -> Attestation:
    """What the state keeps of it. A time to come, or from before the step was given out, is not believed."""
    when = tick.when if tick.when is not None and tick.when <= now else now
    if step.since is not None:
        when = max(when, datetime.fromisoformat(step.since.replace("Z", "+00:00")))
    return Attestation(
        who=by,
        when=when.astimezone(UTC).isoformat(timespec="seconds"),
        digest=step.digest,
        note=tick.note,
        ticket=step.ticket,
        answer=tick.answer,
    )


def entries_of(
    words: Sequence[tuple[Step, Attestation]],
    document: Document,
    resources: Sequence[Resource],
    types: Mapping[str, ResourceType],
) -> list[Entry]:
    """All that becomes durable for these words, in one write. Pure: `document` stays as it is.

    Raises Refused `step-unknown` where nothing of what a step is about is declared any more.
    """
    desired = {str(each.address): each for each in resources}
    working = document.model_copy(deep=True)
    entries: list[Entry] = []
    for step, word in words:
        resource = desired.get(step.address)
        if resource is None and not step.what.code.endswith("-delete"):
            # Without its declaration a step would read as the end of its object.
            raise Refused([Diagnostic("step-unknown", params={"text": step.key})])
        for entry in attested(step, resource, types, working, word):
            fold(working, entry)
            entries.append(entry)
    return entries

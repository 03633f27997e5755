"""Owns how an undo learns where to go: the copy of the state that it names, and what has become of what was let go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from groupform.compile.address import Address
from groupform.compile.resource import Compiled
from groupform.config.diagnostics import Diagnostic, Refused
from groupform.engine.plan import Undone, UndoneApply
from groupform.engine.provider import Bound, Failed, Failure, Observation, Present, Session
from groupform.engine.refs import References
from groupform.engine.resource_type import ResourceType
from groupform.engine.undo import Former, Goal, by_word, going_back, let_go
from groupform.state.document import Applied, Document
from groupform.state.store import StateKey, Store


@dataclass(frozen=True, slots=True)
class Past:
    """A copy of the state, and when it was put aside (UTC, ISO 8601), where that is known."""

    document: Document
    when: str | None = None


def latest(document: Document) -> int:
    """Where an undo goes that names no serial: to before the last apply that changed something.

    One that was broken off is gone on with. Raises Refused `undo-nothing`.
    """
    if not document.applies:
        raise Refused([Diagnostic("undo-nothing", params={"deployment": document.deployment})])
    last = document.applies[-1]
    under_way = document.progress is not None and document.progress.plan == last.plan
    return last.undo if last.undo is not None and under_way else last.serial


async def past_of(document: Document, store: Store, serial: int) -> Past:
    """The copy with this serial. Raises Refused `undo-serial-unknown`, or what keeps the copy from being read."""
    record = next((each for each in document.applies if each.serial == serial), None)
    when = record.when if record is not None else None
    if serial == 0:
        # Before the first write there was nothing, and nothing was put aside.
        nothing = Document(lineage=document.lineage, deployment=document.deployment, environment=document.environment)
        return Past(nothing, when)
    copies = await store.history(StateKey(document.deployment, document.environment))
    for each in copies:
        if each.serial == serial:
            found = await each.document()
            if found.lineage == document.lineage:
                return Past(found, when or each.when or None)
    known = sorted({each.serial for each in copies})
    params = {"deployment": document.deployment, "serial": serial, "known": ", ".join(map(str, known)) or "-"}
    raise Refused([Diagnostic("undo-serial-unknown", params=params)])


async def look_for(
    session: Session, now: Document, then: Document, types: Mapping[str, ResourceType], *, deep: bool
) -> dict[str, Former]:
    """What is seen of the objects that are not bound where they were. Raises Failure where nobody answers."""
    gone = let_go(now, then, types)
    references = References.of(
        (address, each.type, each.id)
        for address, each in {**then.bindings, **now.bindings}.items()
        if each.type in types
    )
    asked: list[Bound] = []
    found: dict[str, Observation] = {}
    for address, each in gone.items():
        if by_word(types[each.type]):
            found[address] = Present(each.applied)
            continue
        applied, _ = references.with_ids(types[each.type], each.applied)
        asked.append(Bound(Address.parse(address), each.id, applied, each.private))
    if asked:
        answered = await session.observe(asked, deep=deep)
        silent = Failed(Failure("plan-not-answered"))
        found |= {str(each.address): answered.get(each.address, silent) for each in asked}
    return {address: Former(gone[address], found[address]) for address in gone}


def goal_of(
    now: Document, past: Past, files: Compiled, types: Mapping[str, ResourceType], former: Mapping[str, Former]
) -> Goal:
    """Where the undo goes, with its explanation. Pure."""
    goal = going_back(now, past.document, files, types, former)
    return replace(goal, undone=explained(now, past).model_copy(update={"lost": list(goal.lost)}))


def explained(now: Document, past: Past) -> Undone:
    """Which applies are taken back, and between which commits of the project's folder they were."""
    serial = past.document.serial
    back = [each for each in reversed(now.applies) if each.serial >= serial]
    return Undone(
        serial=serial,
        when=past.when,
        applies=[
            UndoneApply(when=each.when, who=each.who, commit=each.commit, dirty=each.dirty, undo=each.undo)
            for each in back
        ],
        commit_from=_said_by([each for each in now.applies if each.serial < serial]),
        commit_to=back[0].commit if back else None,
    )


def _said_by(applies: Sequence[Applied]) -> str | None:
    """The commit whose files say what the state held after these applies. An undo goes back to an earlier one's."""
    while applies and applies[-1].undo is not None:
        serial = applies[-1].undo
        applies = [each for each in applies[:-1] if each.serial < serial]
    return applies[-1].commit if applies else None

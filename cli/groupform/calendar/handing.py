"""Decides what is asked of people where no program can send: handed over, reminded, given up. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from groupform.calendar.due import Task, Verdict, instant, spelled
from groupform.config.project import ResolvedDeployment
from groupform.engine.step_people import staff_of
from groupform.state.ledger import Send
from groupform_schemas import CalendarItem

Handed = tuple[Task, str, str]
"""A post, what became of it (`handed`, `reminded`, `expired`), and who is asked, by name."""


def handed_over(
    deployment: ResolvedDeployment, tasks: Sequence[Task], now: datetime, record: Callable[..., Send]
) -> tuple[dict[str, Send | None], list[Handed]]:
    """What the ledger is to hold now, and what is to be said. `record` makes a post's record."""
    sending = deployment.community.model.sending
    confirm = sending.confirm if sending is not None else None
    sends: dict[str, Send | None] = {}
    told: list[Handed] = []
    for task in tasks:
        if task.verdict is Verdict.send:
            who = sender(deployment, task.occasion.model, now)
            sends[task.key] = record(task, "handed", announced_at=spelled(now), who=who)
            told.append((task, "handed", _name(deployment, who)))
        elif task.verdict is Verdict.handed and task.record is not None and confirm is not None:
            waited = now - instant(task.record.announced_at)
            if confirm.cancel_after is not None and waited >= confirm.cancel_after.timedelta:
                update = {"outcome": "expired", "settled_at": spelled(now)}
                sends[task.key] = task.record.model_copy(update=update)
                told.append((task, "expired", _name(deployment, task.record.who)))
            elif (
                confirm.remind_after is not None
                and not task.record.reminded_at
                and waited >= confirm.remind_after.timedelta
            ):
                sends[task.key] = task.record.model_copy(update={"reminded_at": spelled(now)})
                told.append((task, "reminded", _name(deployment, task.record.who)))
    return sends, told


def sender(deployment: ResolvedDeployment, planned: CalendarItem, at: datetime) -> str:
    """The key of who sends it: whoever `by` names, the first of a role, whose turn a duty is; else the owner. Whoever
    has no account there is stood in for by their backup."""
    meant = planned.by or deployment.community.model.team.owner
    named = meant.person or meant.role or meant.duty or meant.name
    return staff_of(deployment).doer(named, at).key or ""


def _name(deployment: ResolvedDeployment, key: str) -> str:
    person = deployment.people.get(key)
    return person.name if person is not None else key

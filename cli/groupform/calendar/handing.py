"""Decides what is asked of people where no program can send: handed over, reminded, given up. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from groupform.calendar.due import Task, Verdict, instant, spelled
from groupform.config.project import ResolvedDeployment
from groupform.state.ledger import Send

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
            who = sender(deployment, task)
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


def sender(deployment: ResolvedDeployment, task: Task) -> str:
    """The key of who sends it: `by`, where that names a person or whoever comes first of a role or duty; the owner."""
    team = deployment.community.model.team
    by = task.occasion.model.by
    found = (by.person, by.role, by.duty, by.name) if by is not None else ()
    for name in (each for each in found if each):
        if name in deployment.people:
            return str(name)
        for people in (
            team.roles[name].people if name in team.roles else (),
            team.duty[name].people if name in team.duty else (),
        ):
            if people:
                return str(people[0])
    return str(team.owner.person or team.owner.name or "")


def _name(deployment: ResolvedDeployment, key: str) -> str:
    person = deployment.people.get(key)
    return person.name if person is not None else key

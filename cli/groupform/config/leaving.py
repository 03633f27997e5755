"""Owns who is about to leave, or has left: from when on somebody else answers for what is theirs, and who that is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from groupform.config.names import Desk
from groupform_schemas import PeopleTable, Person, ProjectFile

NEAR = timedelta(days=7)
"""So long before somebody's last day their backup is to take over: while both are there it costs the least."""


def successors(people: Mapping[str, Person], today: date) -> dict[str, str]:
    """Who owns in whose place: for everybody whose last day is near or over, the first of their backups who stays."""
    found = {key: _heir(people, key, today) for key, each in people.items() if _near(each, today)}
    return {key: heir for key, heir in found.items() if heir is not None}


def departed(people: Mapping[str, Person], today: date) -> frozenset[str]:
    """Everybody whose last day is over: they are in no group and at no post any more."""
    return frozenset(key for key, each in people.items() if each.leaves_on is not None and each.leaves_on < today)


def check_leaving(desk: Desk, model: ProjectFile, people: Mapping[str, Person], today: date) -> None:
    """Warns of those who are about to leave, or have left, and whom nobody stands in for."""
    heirs = successors(people, today)
    table = isinstance(model.people, PeopleTable)
    for key, each in people.items():
        if _near(each, today) and key not in heirs:
            place = ("people", "csv") if table else ("people", key, "leaves_on")
            desk.warn("person-leaves-nobody", place, name=key, day=each.leaves_on)


def _near(person: Person, today: date) -> bool:
    return person.leaves_on is not None and today >= person.leaves_on - NEAR


def _heir(people: Mapping[str, Person], key: str, today: date) -> str | None:
    seen = {key}
    heir = people[key].backup
    while heir is not None and heir in people and heir not in seen:
        if not _near(people[heir], today):
            return str(heir)
        seen.add(str(heir))
        heir = people[heir].backup
    return None

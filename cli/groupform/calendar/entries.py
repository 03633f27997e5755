"""Gathers occasions as people speak of them: one thing at one time, in however many groups."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from groupform.calendar.agenda import Occasion, words_of
from groupform.calendar.parts import parts_of
from groupform.config.project import ResolvedDeployment
from groupform.engine.post_parts import PostPart
from groupform.engine.step_people import staff_of


@dataclass(frozen=True, slots=True)
class Scheduled:
    """One deployment, and what is due there in a stretch of time. `unread` are the keys of what nobody has agreed to
    yet, though somebody has to."""

    deployment: ResolvedDeployment
    occasions: tuple[Occasion, ...]
    unread: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing on a calendar at one time: `parts` are the deployments in which it is due, each with its groups."""

    community: str
    first: Occasion
    parts: tuple[Scheduled, ...]

    @property
    def day(self) -> date:
        return self.first.local.date()

    @property
    def groups(self) -> tuple[str, ...]:
        """The titles of the groups it goes to, each once, in the order of the file."""
        return tuple(dict.fromkeys(each.group.title for part in self.parts for each in part.occasions))

    @property
    def deployments(self) -> tuple[str, ...]:
        return tuple(part.deployment.name for part in self.parts)

    @property
    def who(self) -> str | None:
        """Who sends it, by the name that people know, where a person does."""
        by = self.first.model.by
        if by is None:
            return None
        named = by.person or by.role or by.duty or by.name
        doer = staff_of(self.parts[0].deployment).doer(named, self.first.scheduled)
        return doer.name or named

    @property
    def awaits(self) -> str | None:
        """Who is to agree before it is sent, by the name that people know; None where that is done, or nobody is."""
        approve = self.first.model.approve
        if approve is None or not any(self.first.calendar in part.unread for part in self.parts):
            return None
        named = approve.person or approve.role or approve.duty or approve.name
        person = self.parts[0].deployment.people.get(named or "")
        return person.name if person is not None else named

    @property
    def key(self) -> str:
        """Its name for ever, whatever groups it goes to."""
        return f"{self.community}/calendar.{self.first.calendar}@{self.first.scheduled:%Y%m%dT%H%M%SZ}"

    def text(self) -> str | None:
        """The words of what is sent, as the first of its groups sees them."""
        return words_of(self.parts[0].deployment, self.first)

    def sent(self) -> tuple[PostPart, ...]:
        """All that is sent, as the first of its groups sees it. No file is read yet."""
        return parts_of(self.parts[0].deployment, self.first.model, self.first.group)


def entries(found: Iterable[Scheduled]) -> list[Entry]:
    """The entries of several deployments, by time."""
    gathered: dict[tuple[datetime, str, str], dict[str, list[Occasion]]] = {}
    by_name: dict[str, Scheduled] = {}
    for each in found:
        by_name[each.deployment.name] = each
        for one in each.occasions:
            place = (one.scheduled, each.deployment.community.key, one.calendar)
            gathered.setdefault(place, {}).setdefault(each.deployment.name, []).append(one)
    made = []
    for (_, community, _), parts in gathered.items():
        whole = tuple(replace(by_name[name], occasions=tuple(occasions)) for name, occasions in parts.items())
        made.append(Entry(community, whole[0].occasions[0], whole))
    return sorted(made, key=lambda each: each.first.scheduled)


def within(found: Sequence[Entry], first: date, after: date) -> list[Entry]:
    """The entries whose day, there, is not before `first` and before `after`."""
    return [each for each in found if first <= each.day < after]

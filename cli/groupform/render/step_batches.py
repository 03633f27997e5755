"""Owns what is done in one go: a person's steps of one kind side by side, and all that is done in one group."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from groupform.engine.plan import Step


@dataclass(frozen=True, slots=True)
class Batch:
    """Steps of one person. `place` is the group in which all are done; `alike` says that all are of one kind."""

    who: str | None
    name: str
    steps: tuple[Step, ...]
    place: str | None = None
    alike: bool = False

    @property
    def same_text(self) -> bool:
        """Whether one text is pasted again and again."""
        return self.alike and len({each.text for each in self.steps}) == 1 and bool(self.steps[0].text)


def batches(steps: Iterable[Step]) -> list[Batch]:
    """Steps by person, in the order in which they are met; what is to be made first comes first.

    What is done in no group (because the groups are yet to be made) goes together by kind. What is done in groups goes
    together by group, since each is opened once; where it is the same single thing in all of them, by kind again.
    """
    people: dict[tuple[str | None, str], list[Step]] = {}
    for each in steps:
        people.setdefault((each.who, name_of(each)), []).append(each)
    return [made for (who, name), mine in people.items() for made in _of_person(who, name, mine)]


def name_of(step: Step) -> str:
    """What the person is called who does it."""
    return step.name or str(step.what.params.get("who") or "") or step.who or ""


def _of_person(who: str | None, name: str, steps: Sequence[Step]) -> Iterable[Batch]:
    nowhere: dict[str, list[Step]] = {}
    places: dict[str, list[Step]] = {}
    for each in steps:
        if each.place is None:
            nowhere.setdefault(_kind(each), []).append(each)
        else:
            places.setdefault(each.place, []).append(each)
    for mine in nowhere.values():
        yield Batch(who, name, tuple(mine), alike=len(mine) > 1)
    single: dict[str, list[Step]] = {}
    for mine in places.values():
        if len(mine) == 1:
            single.setdefault(_kind(mine[0]), []).append(mine[0])
    told: set[str] = set()
    for mine in places.values():
        code = _kind(mine[0])
        if len(mine) > 1:
            yield Batch(who, name, tuple(mine), place=mine[0].place_label or mine[0].label)
        elif code not in told:
            told.add(code)
            yield Batch(who, name, tuple(single[code]), alike=len(single[code]) > 1)


def _kind(step: Step) -> str:
    """What makes two steps alike; posts of the calendar are only where they are the same post."""
    return f"{step.what.code} {step.what.params.get('alike', '')}"

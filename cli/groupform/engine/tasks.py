"""Owns what an apply does in which order: the plan's changes as tasks, with what each waits for. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from groupform.engine.plan import Action, Change

REMOVES = frozenset({Action.delete, Action.archive, Action.forget})


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to do: a change, or (`retires`) the removal of the object that a replace has left behind."""

    key: str
    change: Change
    retires: bool = False

    @property
    def makes(self) -> bool:
        """True when it mints an id, so that an intent must be durable first."""
        return not self.retires and self.change.action in (Action.create, Action.replace)


@dataclass(frozen=True, slots=True)
class Tasks:
    """Tasks in the plan's order. `after` holds, by key, the keys that must be done first."""

    tasks: Sequence[Task]
    after: Mapping[str, frozenset[str]]


def tasks_of(changes: Sequence[Change]) -> Tasks:
    """A replace becomes two: the new object, and the old one's end once all that referred to it looks at the new."""
    keys = {each.key for each in changes}
    after = {each.key: {key for key in each.after if key in keys and key != each.key} for each in changes}
    tasks = [Task(each.key, each) for each in changes]
    removing = {each.key for each in changes if each.action in REMOVES}
    replacing = {each.key for each in changes if each.action is Action.replace and not each.protected}
    behind = {key: {other for other, befores in after.items() if key in befores} for key in replacing}
    for each in changes:
        if each.key not in replacing:
            continue
        key = f"{each.key}!retired"
        tasks.append(Task(key, each, retires=True))
        followers = behind[each.key]
        after[key] = {each.key} | (followers - removing)
        # The old contents go before the old container.
        after[key] |= {f"{other}!retired" for other in followers & replacing}
        # What the old object still hangs on goes after it.
        for other in followers & removing:
            after[other].add(key)
    return Tasks(tasks, {key: frozenset(befores) for key, befores in after.items()})

"""Owns what a project says about steps: what opens one again, and how long one may take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

from groupform.compile.resource import Claim, Json
from groupform.config.project import Project, ResolvedDeployment
from groupform.engine.plan import digest_of
from groupform.engine.step_meaning import alike, meaning
from groupform.engine.step_people import Staff, staff_of
from groupform_schemas import Reopen


@dataclass(frozen=True)
class StepRules:
    """`by_meaning` lets a tick stand where only commas moved. `grace` is how long somebody has from the day a step is
    given to them; None where no date is set. `soon` is how long before a word runs out it is asked for again."""

    by_meaning: bool = True
    grace: timedelta | None = None
    soon: timedelta = timedelta(days=1)
    staff: Staff = field(default_factory=Staff)

    def alike(self, left: Json, right: Json) -> bool:
        """Whether what was done for `left` is still done for `right`."""
        return alike(left, right) if self.by_meaning else left == right

    def ticket(self, key: str, values: Json, since: str | None) -> str:
        """Sixteen signs that stand for one task: equal for as long as a tick for it holds. `since` is when somebody's
        word was last taken about it."""
        said = meaning(values) if self.by_meaning else values
        return digest_of([key, said, since])[:16]


def step_rules(deployment: ResolvedDeployment, project: Project) -> StepRules:
    """The rules that hold for a deployment."""
    said = project.file.steps
    by_meaning = said.reopen is Reopen.meaning
    return StepRules(by_meaning=by_meaning, grace=said.grace.timedelta, staff=staff_of(deployment))


def until(when: str, days: int) -> datetime:
    """When a word given at `when` (ISO 8601) runs out that holds for `days`."""
    return datetime.fromisoformat(when.replace("Z", "+00:00")) + timedelta(days=days)


class Sources:
    """Which leaves of the files stand behind an attribute: why a step is there."""

    def __init__(self, claims: Sequence[Claim]) -> None:
        self._claims = claims

    def of(self, address: str, attribute: str | None = None) -> list[str]:
        """Their paths, the many below one head as `head.*`."""
        carried = self._by_address.get(address, [])
        own = [each.path for each in carried if attribute is not None and each.attribute == attribute]
        return _briefly(list(dict.fromkeys(own or [each.path for each in carried])))

    @cached_property
    def _by_address(self) -> Mapping[str, list[Claim]]:
        """Worked out for the first step that asks: most plans have none."""
        found: dict[str, list[Claim]] = {}
        for each in self._claims:
            if each.address is not None:
                found.setdefault(str(each.address), []).append(each)
        return found


_MOST = 6


def _briefly(paths: list[str]) -> list[str]:
    for depth in (3, 2, 1):
        if len(paths) <= _MOST:
            break
        heads: dict[str, list[str]] = {}
        for each in paths:
            heads.setdefault(".".join(each.removesuffix(".*").split(".")[:depth]), []).append(each)
        paths = [below[0] if len(below) == 1 else f"{head}.*" for head, below in heads.items()]
    return paths


def reverse(blocked_by: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """What waits for each address, from what each waits for."""
    found: dict[str, list[str]] = {}
    for key, first in blocked_by.items():
        for each in first:
            found.setdefault(each, []).append(key)
    return found

"""Owns what a run of the calendar tells about its posts, and the exit code that follows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from groupform.calendar.due import Task, spelled
from groupform.calendar.prompting import Prompt
from groupform.calendar.turning import Turned
from groupform.engine.post_parts import PostPart
from groupform.engine.provider import Failure
from groupform_schemas import Post


@dataclass(frozen=True, slots=True)
class Told:
    """What there is to say about one post. `outcome` is the ledger's, or `due`, `waiting`, `blocked`, `open`; where
    people send what is laid before them `laid`, `unconfirmed`, `withdrawn`; in a dry run `waits-for`, `would-lay`;
    `unpinned` where it could not be kept at the top, or taken off, `unended` where its poll could not be ended. `parts`
    names the further messages of a post to which this happened, where the first fared otherwise; empty where it is said
    of the post. `content` is what is sent."""

    key: str
    item: str
    title: str
    target: str
    scheduled: str
    outcome: str
    code: str = ""
    params: Mapping[str, object] = field(default_factory=dict)
    text: str = ""
    who: str = ""
    late: float = 0.0
    parts: tuple[str, ...] = ()
    content: tuple[PostPart, ...] = ()
    post: Post | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """So many of those who are asked to send a post have confirmed it; `missing` are the others, by name."""

    title: str
    scheduled: str
    confirmed: int
    of: int
    missing: tuple[str, ...]


@dataclass
class CalendarReport:
    """What a run of the calendar did for one deployment. `busy` is who else was at it; nothing was done then."""

    deployment: str
    zone: str
    told: list[Told] = field(default_factory=list)
    tallies: list[Tally] = field(default_factory=list)
    prompts: list[Prompt] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """What is said of the deployment, by code, and asks for nothing."""
    busy: Mapping[str, object] | None = None
    unreachable: bool = False
    failure: Failure | None = None
    turned: Turned | None = None
    """What became of the community's runs, where there was something to open or to close."""

    @property
    def exit_code(self) -> int:
        """4 where the platform could not be reached, 1 where it refused, 3 where somebody has to look, else 0."""
        codes = (self._posts_code, self.turned.code if self.turned is not None else 0)
        return next((each for each in (1, 4, 3) if each in codes), 0)

    @property
    def _posts_code(self) -> int:
        if self.unreachable:
            return 4
        if self.failure is not None or any(each.outcome == "open" for each in self.told):
            return 1
        quiet = ("sent", "due", "waiting", "waits-for", "would-lay", "left", "would-leave", "recalled")
        return 3 if self.prompts or any(each.outcome not in quiet for each in self.told) else 0


def told_of(task: Task, outcome: str, now: datetime, **more: object) -> Told:
    """What there is to say about a post; `more` takes the place of what the task itself says."""
    late = (now - task.occasion.due).total_seconds()
    words = {"code": task.code, "who": "", "text": task.text, "params": {}, **more}
    return Told(
        task.first_key,
        task.occasion.calendar,
        task.occasion.title,
        task.target,
        spelled(task.occasion.scheduled),
        outcome,
        late=late,
        parts=(task.part,) if task.part else (),
        content=task.parts,
        post=task.occasion.model.post,
        **words,  # type: ignore[arg-type]
    )


def merged(told: Sequence[Told]) -> list[Told]:
    """The same, with each post spoken of once: of its further messages only what is not true of the first."""
    found: dict[tuple[str, str, str, bool], Told] = {}
    whole = {(each.key, each.outcome, each.code) for each in told if not each.parts}
    for each in told:
        if each.parts and (each.key, each.outcome, each.code) in whole:
            continue
        key = (each.key, each.outcome, each.code, bool(each.parts))
        before = found.get(key)
        found[key] = each if before is None else replace(before, parts=(*before.parts, *each.parts))
    return list(found.values())

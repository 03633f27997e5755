"""The mutation test: a leaf that an attribute carries changes desired, any other leaf does not (DESIGN §4)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from compile.worlds import NOW
from groupform.compile.coverage import CARRIED
from groupform.compile.leaves import Leaf, leaves
from groupform.compile.resource import Compiled, Outcome
from groupform.config.load import load_project
from groupform.config.project import Project, ResolvedDeployment
from groupform_schemas import Choice, CommunityFile

Compile = Callable[[ResolvedDeployment], Compiled]


@dataclass
class Findings:
    """`silent`: claimed to be carried, yet no change of it changed desired. `loud`: claimed not to be carried, yet a
    change of it did, and the claim stayed as it was. `fixed`: patterns of leaves that no valid change could be made of.
    """

    silent: list[str] = field(default_factory=list)
    loud: list[str] = field(default_factory=list)
    fixed: set[str] = field(default_factory=set)
    tried: int = 0


def mutate(
    folder: Path, on: Mapping[str, Compile], *, most: int = 3, sometimes: Mapping[str, Collection[str]] = {}
) -> dict[str, Findings]:
    """Changes every leaf of the project's `community.yaml`, one at a time, and compares what is compiled.

    `on` is what compiles each deployment of the project, by its name: they bring the same community, so that a change
    is loaded once for all of them. A leaf is changed to other words of its own kind (another choice, another key,
    another time), up to `most` valid ones for each. Copies of a group share their declaration: where any copy is
    carried, the declaration must be. `sometimes` are patterns of which a change shows only at some times of the day:
    these may be silent.
    """
    file = folder / "community.yaml"
    original = file.read_text(encoding="utf-8")
    raw = yaml.load(original, Loader=yaml.BaseLoader)
    project = _load(folder)
    assert project is not None, "the community does not load"
    base = {name: _compiled(project, name, compile_) for name, compile_ in on.items()}
    result = {name: Findings() for name in on}
    # Each finds the same leaves: they are read from the community.
    declared: dict[tuple[str, ...], list[Leaf]] = {}
    for leaf in next(iter(base.values())).leaves():
        if _of_a_table(leaf, raw):
            continue  # it stands in no place of this file
        declared.setdefault(_place(leaf, raw), []).append(leaf)
    try:
        for place, copies in declared.items():
            trials = {
                name: _Trial(one, copies, result[name], most, sometimes.get(name, ())) for name, one in base.items()
            }
            _try(folder, file, raw, place, trials, on)
    finally:
        file.write_text(original, encoding="utf-8")
    return result


@dataclass(frozen=True)
class _World:
    """What one deployment is compiled to. `leaves` are asked for where something is amiss: they take their time."""

    leaves: Callable[[], Sequence[Leaf]]
    desired: Any
    outcomes: Mapping[str, set[Outcome]]

    def carries(self, leaf: Leaf) -> bool:
        return bool(self.outcomes.get(leaf.path, set()) & CARRIED)


class _Trial:
    """The words of one place of the file on one deployment; `open` until enough of them were seen."""

    def __init__(
        self, base: _World, copies: Sequence[Leaf], result: Findings, most: int, sometimes: Collection[str]
    ) -> None:
        self.base, self.copies, self.result, self.most, self.sometimes = base, copies, result, most, sometimes
        self.carried = any(base.carries(leaf) for leaf in copies)
        self.open, self.valid = True, 0

    def see(self, now: _World, mutant: Any, place: tuple[str, ...]) -> None:
        self.valid += 1
        self.result.tried += 1
        changed = now.desired != self.base.desired
        if self.carried and changed:
            self.open = False
        elif changed and not any(now.carries(leaf) for leaf in _same(now.leaves(), self.copies)):
            first = self.copies[0]
            self.result.loud.append(f"{first.path}: {first.value!r} -> {_at(mutant, place)!r}")
            self.open = False
        elif self.valid >= self.most:
            self.end()

    def end(self) -> None:
        """No more words."""
        if not self.open:
            return
        self.open, first = False, self.copies[0]
        if self.valid == 0:
            self.result.fixed.add(first.pattern)
        elif self.carried and first.pattern not in self.sometimes:
            self.result.silent.append(f"{first.path}: {first.value!r}")


def _try(
    folder: Path,
    file: Path,
    raw: Any,
    place: tuple[str, ...],
    trials: Mapping[str, _Trial],
    on: Mapping[str, Compile],
) -> None:
    whole_list = any(each.carried for each in trials.values())
    for mutant, whole in _mutants(raw, place, whole_list=whole_list):
        waiting = {name: each for name, each in trials.items() if each.open and (each.carried or not whole)}
        if not waiting or not _valid(mutant):
            continue
        # JSON is YAML with every scalar quoted: the language reads it the same.
        file.write_text(json.dumps(mutant, ensure_ascii=False), encoding="utf-8")
        project = _load(folder)
        if project is None:
            continue
        for name, each in waiting.items():
            each.see(_compiled(project, name, on[name]), mutant, place)
    for each in trials.values():
        each.end()


def _valid(mutant: Any) -> bool:
    """What no model takes needs no file and no load."""
    try:
        CommunityFile.model_validate(mutant)
    except ValidationError:
        return False
    return True


def _same(now: Sequence[Leaf], copies: Sequence[Leaf]) -> list[Leaf]:
    """The leaves that stand where the changed ones stood. A group's copies may be others than before."""
    paths = {leaf.path for leaf in copies}
    grouped = {leaf.pattern for leaf in copies if leaf.group is not None}
    return [leaf for leaf in now if leaf.path in paths or leaf.pattern in grouped]


def _load(folder: Path) -> Project | None:
    return load_project(folder, environ={}, now=NOW).project


def _compiled(project: Project, name: str, compile_: Compile) -> _World:
    deployment = project.deployment(name)
    assert deployment is not None
    compiled = compile_(deployment)
    outcomes: dict[str, set[Outcome]] = {}
    for claim in compiled.claims:
        outcomes.setdefault(claim.path, set()).add(claim.outcome)
    return _World(partial(leaves, deployment), compiled.resources, outcomes)


def _of_a_table(leaf: Leaf, raw: Any) -> bool:
    """Whether a leaf belongs to an entry of the calendar that comes from a content plan."""
    steps = leaf.path.split(".")
    return steps[0] == "calendar" and steps[1] not in raw.get("calendar", {})


def _place(leaf: Leaf, raw: Any) -> tuple[str, ...]:
    """Where a leaf stands in the file: `groups.city/sh.title` at groups, city, title."""
    if leaf.group is not None:
        tail = leaf.path.removeprefix(f"groups.{leaf.group}.").split(".")
        path = ["groups", leaf.group.split("/", 1)[0], *tail]
    else:
        path = leaf.path.split(".")
    steps: list[str] = []
    node = raw
    for name in path:
        if isinstance(node, str):
            break  # a scalar in a model's place: `owner: lead`, `sh: 上海`
        if isinstance(node, list):
            keyed = [index for index, each in enumerate(node) if isinstance(each, dict) and each.get("key") == name]
            name = str(keyed[0]) if keyed else name
            node = node[int(name)]
        else:
            node = node[name]
        steps.append(name)
    if isinstance(node, dict) and len(node) == 1:
        steps.append(next(iter(node)))  # looked up by now: `owner: {role: host}`
    if isinstance(node, list):
        steps.append("0")  # one value written without brackets
    return tuple(steps)


def _at(raw: Any, place: Sequence[str]) -> Any:
    for name in place:
        raw = raw[int(name)] if isinstance(raw, list) else raw[name]
    return raw


def _mutants(raw: Any, place: tuple[str, ...], *, whole_list: bool) -> Iterator[tuple[Any, bool]]:
    """The file with another word at `place`; with `whole_list`, also with that word as the only one of its list.

    With each, whether it is the latter.
    """
    old = _at(raw, place)
    if not isinstance(old, str):
        return
    parent = _at(raw, place[:-1])
    for other in _others(old, raw):
        changed = deepcopy(raw)
        above = _at(changed, place[:-1])
        if isinstance(above, list):
            above[int(place[-1])] = other
        else:
            above[place[-1]] = other
        yield changed, False
        if whole_list and isinstance(parent, list) and len(parent) > 1:
            # Other elements may say the same: the whole list as this one value.
            alone = deepcopy(raw)
            holder = _at(alone, place[:-2])
            key: Any = int(place[-2]) if isinstance(holder, list) else place[-2]
            holder[key] = [other]
            yield alone, True


def _others(old: str, raw: Any) -> Iterator[str]:
    """Other words of the same kind."""
    for kind in _choices():
        words = [str(each) for each in kind]
        if old in words:
            yield from (word for word in words if word != old)
    names = _names(raw)
    for kind_of in names:
        if old in kind_of:
            yield from (name for name in kind_of if name != old)
    if re.search(r"\{[a-z-]+\}", old):
        yield from (name for kind_of in names for name in kind_of)
    for form, samples in _FORMS:
        if re.fullmatch(form, old):
            yield from (sample for sample in samples if sample != old)
            return
    if re.fullmatch(r"[a-z0-9-]+", old):
        yield f"{old}-2"
    yield f"{old}改"
    yield f"改{old}"


def _choices() -> list[type[Choice]]:
    return sorted(Choice.__subclasses__(), key=lambda each: each.__name__)


def _names(raw: Any) -> list[list[str]]:
    team = raw.get("team", {})
    people = ["lead", "host-sh", "ops"]
    segments = raw.get("segments", {})
    groups = list(raw.get("groups", {}))
    return [
        people,
        [*team.get("roles", {}), *team.get("duty", {}), *people],
        groups,
        [tier["key"] for tier in raw.get("tiers", [])],
        list(segments),
        *(list(values) for values in segments.values()),
        list(raw.get("metrics", {})),
        ["wecom", "wechat", "matrix", "discord"],
    ]


_FORMS: Sequence[tuple[str, Sequence[str]]] = (
    (r"-?\d+", ("7", "333", "1", "12")),
    (r"-?\d+[wdhms]", ("2h", "40d", "3m")),
    (r"[\d.]+%", ("7%", "31%")),
    (r"\d{1,2}:\d{2}", ("11:30", "07:15")),
    (r"\d{1,2}:\d{2}-\d{1,2}:\d{2}", ("10:30-20:30", "23:00-07:00")),
    (r"\d{4}-\d{2}-\d{2}", ("2026-12-19", "2026-12-05", "2027-03-06")),
    (r"#[0-9a-fA-F]{6}", ("#123456",)),
    (r"[*a-z0-9.-]+\.example", ("other.example", "*.another.example")),
    (r"https?://.*", ("https://other.example/way",)),
    (r"(?i:yes|true|on)", ("no",)),
    (r"(?i:no|false|off)", ("yes",)),
    (r"(mon|tue|wed|thu|fri|sat|sun)(-\w+)?", ("thu", "sun")),
    (r"[A-Z][a-z]+/[A-Z][a-z_]+", ("Asia/Tokyo",)),
    (r"[a-z]{2}-[A-Z]{2}", ("en-GB", "zh-TW")),
    (r"[A-Z]{2}/[a-z-]+", ("CN/national-day",)),
    (r"[A-Z]{2}", ("HK",)),
    (r"standing", ()),
)

"""Turns declared groups into the live groups to be: one each, or a copy for every value, row or run."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from groupform.config.names import Desk, Everybody, check_person, person_of
from groupform.config.placeholders import fill, unknown, words
from groupform.config.project import GroupInstance, Place
from groupform.config.suggest import folded, listed, nearest
from groupform.config.tables import Row, Table, key_problem
from groupform_schemas import CommunityFile, FromRuns, FromSegment, FromTable, Group, Person, PersonRef

_FULLWIDTH_WORD = re.compile(r"(?:｛|\{(?=[^{}]*｝))([^\W\d][\w-]*)[｝}]")
_SEVERAL = re.compile(r"[\s;|,]+")
RUN = "run"
_SELF = ("community", RUN)


@dataclass(frozen=True, slots=True)
class Ground:
    """What fan-out stands on: the community, the tables it names (None: unreadable, and said so), runs and people."""

    desk: Desk
    model: CommunityFile
    tables: Mapping[tuple[str, str | None], Table | None]
    runs: tuple[date, ...] | None
    people: Mapping[str, Person]
    common: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Copy:
    key: str | None
    values: Mapping[str, str]
    segments: Mapping[str, str]
    previously: tuple[str, ...]
    place: Place
    row: Row | None = None
    table: Table | None = None


def expand(ground: Ground) -> tuple[GroupInstance, ...]:
    """Every live group of a community, in declared order; what is wrong is reported, and that copy left out."""
    made: list[GroupInstance] = []
    for key, group in ground.model.groups.items():
        offered = offered_words(ground, key, group)
        if offered is None:
            continue
        if not _check_words(ground, key, group, offered):
            continue
        made += [found for copy in _copies(ground, key, group) if (found := _instance(ground, key, group, copy))]
    return tuple(made)


def offered_words(ground: Ground, key: str, group: Group) -> tuple[str, ...] | None:
    """The words that fan-out gives to each copy of a group; None where its source could not be read."""
    run = (RUN,) if ground.runs is not None else ()
    if group.each is None:
        return run
    source = group.each.from_
    if isinstance(source, FromTable):
        table = ground.tables.get((source.csv, group.each.key))
        return None if table is None else (*table.columns, *run)
    if isinstance(source, FromSegment):
        return (group.each.as_ or source.segment, *run)
    return (group.each.as_ or RUN, *run)


def _check_words(ground: Ground, key: str, group: Group, offered: tuple[str, ...]) -> bool:
    """Reports placeholders that no copy could fill."""
    title_words = (*offered, "community")
    texts: list[tuple[tuple[str, ...], str, tuple[str, ...]]] = [(("title",), group.title, title_words)]
    if group.topic:
        texts.append((("topic",), group.topic, (*title_words, "group", "title")))
    if group.series:
        texts.append((("series", "title"), group.series.title, (*title_words, "group", "title", "n")))
        if "n" not in words(group.series.title):
            ground.desk.warn("series-title-alike", ("groups", key, "series", "title"), title=group.series.title)
    if group.owner and group.owner.name:
        texts.append((("owner",), group.owner.name, offered))
    texts += [(("segments", name), value, offered) for name, value in group.segments.items()]
    good = True
    for path, text, allowed in texts:
        good &= report_unknown(ground.desk, ("groups", key, *path), text, allowed)
    return good


def report_unknown(desk: Desk, loc: tuple[str | int, ...], text: str, allowed: tuple[str, ...]) -> bool:
    """True when every placeholder of a text is among the allowed ones; the others are reported at their place."""
    missing = unknown(text, allowed)
    for hit in _FULLWIDTH_WORD.finditer(text):
        if hit[1] in allowed:
            desk.report("fullwidth-placeholder", loc, text=hit.group(), plain="{" + hit[1] + "}")
            return False
    for word in missing:
        suggestion = nearest(word, allowed)
        code = "unknown-placeholder" if suggestion is None else "unknown-placeholder-close"
        params = {"name": "{" + word + "}", "known": listed("{" + each + "}" for each in dict.fromkeys(allowed))}
        if suggestion:
            params["suggestion"] = "{" + suggestion + "}"
        node, whole = desk.document.node(loc)
        at = desk.document.source.text.find("{" + word + "}", node.start, node.end) if whole else -1
        if at >= 0:
            desk.document.report_at(desk.found, code, at, at + len(word) + 2, **params)
        else:
            desk.report(code, loc, **params)
    return not missing


def _copies(ground: Ground, key: str, group: Group) -> list[_Copy]:
    place = ground.desk.document.place(("groups", key), at_key=True)
    if group.each is None:
        if ground.runs is not None and _mentions_run(group):
            return _of_runs(ground, key, RUN, 1, place)
        return [_Copy(None, {}, {}, (), place)]
    source = group.each.from_
    if isinstance(source, FromSegment):
        return _of_segment(ground, key, source.segment, group.each.as_ or source.segment)
    if isinstance(source, FromRuns):
        return _of_runs(ground, key, group.each.as_ or RUN, source.run, place)
    table = ground.tables.get((source.csv, group.each.key))
    return [] if table is None or group.each.key is None else _of_table(ground, table)


def _mentions_run(group: Group) -> bool:
    texts = (group.title, group.topic or "", group.series.title if group.series else "")
    return any(RUN in words(each) for each in texts)


def _of_runs(ground: Ground, key: str, name: str, count: int, place: Place) -> list[_Copy]:
    if ground.runs is None:
        ground.desk.report("each-run-without-runs", ("groups", key, "each", "from"), key=key)
        return []
    days = [each.isoformat() for each in ground.runs[:count]]
    return [_Copy(day, {name: day, RUN: day}, {}, (), place) for day in days]


def _of_segment(ground: Ground, key: str, segment: str, name: str) -> list[_Copy]:
    values = ground.model.segments.get(segment)
    if not ground.desk.known(
        "unknown-segment", ("groups", key, "each", "from", "segment"), segment, ground.model.segments
    ):
        return []
    place = ground.desk.document.place
    if not values:
        ground.desk.warn("segment-empty", ("segments", segment), segment=segment, key=key)
    return [
        _Copy(
            value,
            {name: said.title},
            {segment: value},
            said.previously,
            place(("segments", segment, value), at_key=True),
        )
        for value, said in (values or {}).items()
    ]


def _of_table(ground: Ground, table: Table) -> list[_Copy]:
    copies = []
    in_use, claimed = {row.key for row in table.rows}, set[str]()
    for row in table.rows:
        earlier = tuple(each for each in _SEVERAL.split(row.cells.get("previously", "")) if each)
        for name in earlier:
            if name in in_use or name in claimed:
                code = "previously-in-use" if name in in_use else "previously-twice"
                table.report(ground.desk.found, code, row.starts["previously"], len(name), name=name, key=row.key)
            claimed.add(name)
        start = next(iter(row.starts.values()))
        span = table.source.span(start, start + max(len(row.key), 1))
        copies.append(_Copy(row.key, row.cells, {}, earlier, Place(span, table.source.line(span.line)), row, table))
    return copies


def _instance(ground: Ground, key: str, group: Group, copy: _Copy) -> GroupInstance | None:
    values = {**ground.common, **copy.values}
    if ground.runs and RUN not in values:
        values[RUN] = ground.runs[0].isoformat()
    title = fill(group.title, values).strip()
    good = bool(title) or _refuse(ground, copy, "title-empty", ("groups", key, "title"), group.title)
    owner = None
    if group.owner is not None:
        owner = _owner(ground, key, group.owner, copy, values)
        good = good and owner is not None
    segments = dict(copy.segments)
    for name, written in group.segments.items():
        value = _segment_value(ground, key, name, fill(written, values).strip(), written, copy)
        good = good and value is not None
        if value is not None:
            segments[name] = value
    if not good:
        return None
    return GroupInstance(
        group=key,
        instance=copy.key,
        title=title,
        model=group,
        topic=None if group.topic is None else fill(group.topic, {**values, "title": title, "group": title}),
        owner=owner,
        segments=segments,
        values={name: each for name, each in values.items() if name != "community"},
        previously=_previously(key, group, copy),
        place=copy.place,
    )


def _previously(key: str, group: Group, copy: _Copy) -> tuple[str, ...]:
    """Every name this group may have had: its key's earlier ones, the instance's, and both at once."""
    if copy.key is None:
        return group.previously
    keys, instances = (key, *group.previously), (copy.key, *copy.previously)
    names = [f"{each}/{instance}" for each in keys for instance in instances]
    return tuple(names[1:])


def _refuse(ground: Ground, copy: _Copy, code: str, loc: tuple[str, ...], text: str, **params: Any) -> bool:
    """Reports at the table's cell that brought the value, or where the value is written; always False."""
    column = next((each for each in words(text) if copy.row and each in copy.row.cells), None)
    if copy.row is not None and copy.table is not None and column is not None:
        cell = copy.row.cells[column]
        copy.table.report(ground.desk.found, code, copy.row.starts[column], len(cell), **params)
    else:
        ground.desk.report(code, loc, **params)
    return False


def _owner(ground: Ground, key: str, ref: PersonRef, copy: _Copy, values: Mapping[str, str]) -> str | None:
    loc = ("groups", key, "owner")
    if ref.name is None or "{" not in ref.name:
        return (
            person_of(ref, ground.model, ground.people)
            if check_person(ground.desk, loc, ref, ground.model, ground.people)
            else None
        )
    name = fill(ref.name, values).strip()
    if not name:
        # An empty cell: this copy has no owner of its own, the community's owner answers for it.
        return person_of(ground.model.team.owner, ground.model, ground.people)
    filled = PersonRef.model_construct(name=name, person=None, role=None, duty=None)
    if isinstance(ground.people, Everybody):
        return name
    fits = [each for each in (ground.people, ground.model.team.roles, ground.model.team.duty) if name in each]
    if len(fits) == 1:
        return person_of(filled, ground.model, ground.people)
    known = [*ground.model.team.roles, *ground.model.team.duty, *ground.people]
    suggestion = nearest(name, known)
    params: dict[str, Any] = {"name": name, "known": listed(known)}
    code = "unknown-name"
    if fits:
        code, params = (
            "name-ambiguous",
            {"name": name, "kinds": f"{{person: {name}}}, {{role: {name}}}, {{duty: {name}}}"},
        )
    elif suggestion:
        code, params = "unknown-name-close", {**params, "suggestion": suggestion}
    _refuse(ground, copy, code, loc, ref.name, **params)
    return None


def _segment_value(ground: Ground, key: str, name: str, value: str, written: str, copy: _Copy) -> str | None:
    segment = ground.model.segments.get(name)
    if segment is None:
        return None  # reported once for the declared group, by the references
    if value in segment:
        return value
    by_title = [each for each, said in segment.items() if said.title == value]
    if len(by_title) == 1:
        return by_title[0]
    suggestion = nearest(value, segment)
    params: dict[str, Any] = {"name": value, "segment": name, "known": listed(segment)}
    code = "unknown-segment-value"
    if suggestion:
        code, params = "unknown-segment-value-close", {**params, "suggestion": suggestion}
    _refuse(ground, copy, code, ("groups", key, "segments", name), written, **params)
    return None


def check_instance_keys(ground: Ground, groups: tuple[GroupInstance, ...]) -> None:
    """Reports names that an address could not carry, or that differ only in case, width or composition."""
    seen: dict[str, GroupInstance] = {}
    for each in groups:
        bad = key_problem(each.instance) if each.instance is not None else None
        place = each.place
        if bad is not None and place is not None:
            ground.desk.found.add(
                "instance-key-forbidden",
                span=place.span,
                source_line=place.source_line,
                key=each.instance,
                character=bad,
            )
        first = seen.setdefault(folded(each.name), each)
        if first is not each and place is not None and first.place is not None:
            ground.desk.found.add(
                "keys-alike",
                span=place.span,
                source_line=place.source_line,
                related=(("first-here", first.place.span),),
                key=each.name,
                other=first.name,
            )

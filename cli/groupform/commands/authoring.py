"""Owns the files that an adopted community is written as: pleasant to read, and only what differs from the defaults."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from groupform.config.project import Connection
from groupform.config.write import Written, scalar, set_value
from groupform.engine.adoption import Live, LiveGroup, Piece
from groupform.engine.keys import NO_KEY, slug, unlike
from groupform.engine.keys import sayable as line
from groupform_schemas import Person

_RIGHTS = {
    ("manage", "moderate", "announce"): "admin",
    ("moderate", "announce"): "moderator",
    ("announce",): "announcer",
}


@dataclass
class Draft:
    """A community as it will be written. `groups` are the live ones by key; `people` are new ones, by key."""

    key: str
    title: str
    groups: Mapping[str, LiveGroup]
    live: Live
    door: str
    owner: str
    roles: Mapping[str, Sequence[str]]
    owners: Mapping[str, str]
    people: dict[str, Written] = field(default_factory=dict)


def draft(
    live: Live, key: str, title: str, people: Mapping[str, Person], connection: Connection, called: Mapping[str, str]
) -> Draft:
    """What is to be written for `live`. `called` are the names that accounts go by."""
    groups = keys_for(live.groups, key)
    parts = [each for each in (live.container, *live.groups) if each is not None]
    book = _Book(people, connection.directory, called, cased=live.cased)
    held = _everywhere(parts)
    owner = next((account for account, rights in held.items() if "manage" in rights), live.me)
    roles: dict[str, list[str]] = {}
    owner_key = book.key(owner)
    for account, rights in held.items():
        if account != owner:
            roles.setdefault(_RIGHTS[rights], []).append(book.key(account))
    owners: dict[str, str] = {}
    for name, each in groups.items():
        # Somebody who manages this group, and has no rights in the whole of the community.
        others = (one for one, rights in each.may.items() if "manage" in rights and one not in held and one != owner)
        found = next(others, None)
        if found is not None:
            owners[name] = book.key(found)
    doors = Counter(each.door for each in live.groups if each.door is not None)
    door = live.container.door if live.container is not None else doors.most_common(1)[0][0] if doors else None
    return Draft(key, title, groups, live, door or "invite", owner_key, roles, owners, book.new)


def _everywhere(parts: Sequence[LiveGroup]) -> dict[str, tuple[str, ...]]:
    """Rights that somebody has in all parts alike: only those can be said of the whole community."""
    first = parts[0].may if parts else {}
    return {one: rights for one, rights in first.items() if all(each.may.get(one) == rights for each in parts)}


class _Book:
    """People by account: those the project knows, and new ones."""

    def __init__(
        self, people: Mapping[str, Person], directory: str, called: Mapping[str, str], *, cased: bool = True
    ) -> None:
        self._cased = cased
        self._keys = {self._same(each.accounts.get(directory) or ""): key for key, each in people.items()}
        self._taken = set(people)
        self._directory, self._called = directory, called
        self.new: dict[str, Written] = {}

    def key(self, account: str) -> str:
        found = self._keys.get(self._same(account))
        if found is None:
            found = unlike(slug(account.lstrip("@").partition(":")[0]) or "person", self._taken)
            self._keys[self._same(account)] = found
            self._taken.add(found)
            name = line(self._called.get(account, "")) or account
            self.new[found] = {"name": name, "accounts": {self._directory: account}}
        return found

    def _same(self, account: str) -> str:
        return account if self._cased else account.casefold()


def keys_for(groups: Sequence[LiveGroup], community: str) -> dict[str, LiveGroup]:
    """A key for each group: from its address, else from its title, else a number."""
    found: dict[str, LiveGroup] = {}
    for number, each in enumerate(groups, start=1):
        words = [slug(name) for name in (*each.names, each.title)]
        words = [word.removeprefix(f"{community}-") for word in words if len(word) > 1]
        named = next((word for word in words if not NO_KEY.fullmatch(word)), f"group-{number}")
        found[unlike(named, found)] = each
    return found


def community_text(made: Draft, *, comment: str, schema: str | None) -> str:
    """The community file."""
    lines = [f"# yaml-language-server: $schema={schema}"] if schema else []
    lines += [f"# {line(each)}" for each in comment.splitlines()]
    lines += [f"community: {made.key}", f"title: {scalar(made.title)}"]
    topic = line(made.live.container.topic) if made.live.container is not None else ""
    if topic:
        lines += ["", "positioning:", f"  statement: {scalar(topic)}"]
    lines += ["", "team:", f"  owner: {made.owner}"]
    if made.roles:
        lines.append("  roles:")
        for role, people in made.roles.items():
            rights = next(each for each, name in _RIGHTS.items() if name == role)
            lines.append(f"    {role}: {{people: [{', '.join(people)}], may: [{', '.join(rights)}]}}")
    lines += ["", f"entry: {{door: {made.door}}}"]
    head = "\n".join(lines) + "\n"
    for key, value in _words(made.live.pieces).items():
        head = set_value(head, (key,), value)
    lines = [head.rstrip("\n"), "", "groups:" if made.groups else "groups: {}"]
    # A platform may put several forward; the files name one, so several stay as they are.
    defaults = sum(each.default for each in made.groups.values())
    for key, each in made.groups.items():
        lines.append(f"  {key}:")
        lines.append(f"    title: {scalar(line(each.title) or key)}")
        if line(each.topic):
            lines.append(f"    topic: {scalar(line(each.topic))}")
        if each.kind != "chat":
            lines.append(f"    kind: {each.kind}")
        if each.encrypted:
            lines.append("    encrypted: true")
        if each.default and defaults == 1:
            lines.append("    default: true")
        if key in made.owners:
            lines.append(f"    owner: {made.owners[key]}")
        if each.door is not None and each.door != made.door:
            lines.append(f"    entry: {{door: {each.door}}}")
    return "\n".join(lines) + "\n"


def _words(pieces: Sequence[Piece]) -> dict[str, Any]:
    """What pieces say, put together by their places."""
    words: dict[str, Any] = {}
    for each in pieces:
        there = words
        for step in each.place[:-1]:
            there = there.setdefault(step, {})
        if each.place:
            there[each.place[-1]] = each.value
    return words


def adopt_table(
    container: LiveGroup | None, groups: Mapping[str, LiveGroup], pieces: Sequence[Piece] = ()
) -> dict[str, Written]:
    """The deployment's `adopt`."""
    table: dict[str, Written] = {"community": container.id} if container is not None else {}
    if groups:
        table["groups"] = {key: each.id for key, each in groups.items()}
    parts = {name: id_ for each in pieces for name, id_ in each.parts.items()}
    if parts:
        table["parts"] = parts
    return table

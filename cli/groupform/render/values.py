"""Owns how a value, and the difference between two values, is written down."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rich.cells import cell_len

from groupform.engine.plan import AttributeChange
from groupform.render.reorder import moved
from groupform.render.terminal import Terminal, clean
from groupform.render.words import Words

# Longer than this, a value is compared line by line or element by element instead of side by side.
INLINE = 64
_WORD = re.compile(r"[\w-]+", re.ASCII)
_TEXT_LINES = 6
# As many people as a reviewer wants to see by name in a line about something new.
_FEW = 4


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a difference. `sign` is `+`, `-`, `~` or nothing; `name` is set on an attribute's first line."""

    sign: str
    text: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Values:
    """Writes the values of one deployment: addresses of the same deployment lose its name."""

    terminal: Terminal
    deployment: str
    full: bool = False
    platform: str = ""

    @property
    def words(self) -> Words:
        """The provider's words for attributes and values; whoever asks for everything gets them as they are."""
        return Words(self.terminal, "" if self.full else self.platform)

    def short(self, value: Any, limit: int = 200) -> str:
        """A value on one line, cut to `limit` characters unless everything was asked for."""
        text = self._flat(value)
        if self.full or len(text) <= limit:
            return text
        return text[: limit - 1] + self.terminal.glyph("…")

    def rows(self, change: AttributeChange, *, fresh: bool) -> list[Row]:
        """An attribute's lines. `fresh` when the object is being made, so that there is no value before."""
        name = self.words.name(change.name)
        if change.sensitive:
            return [Row("", self.terminal.say("shown-sensitive"), name)]
        if change.put is not None or change.drop is not None:
            return _named(name, self._collection(change))
        before, after = change.before, change.after
        said = [self.words.value(change.name, each) for each in (before, after)]
        if any(said):
            then, now = (word or self.short(each) for word, each in zip(said, (before, after), strict=True))
            plain = fresh or before is None
            return [Row("" if fresh or not plain else "+", now if plain else self._turn(then, now), name)]
        if fresh or before is None:
            if isinstance(after, str) and "\n" in after:
                return _named(name, self._cut([Row("", clean(each)) for each in after.splitlines()]))
            if isinstance(after, dict) and len(self._flat(after)) > INLINE:
                return _named(name, self._cut([Row("", f"{k}: {self.short(v)}") for k, v in after.items()]))
            return [Row("" if fresh else "+", self.short(after), name)]
        if isinstance(before, str) and isinstance(after, str):
            return _named(name, self._texts(before, after))
        if isinstance(before, list) and isinstance(after, list):
            return _named(name, self._lists(before, after))
        if isinstance(before, dict) and isinstance(after, dict):
            return _named(name, self._mappings(before, after, change.name))
        return [Row("", self._arrow(before, after), name)]

    def brief(self, changes: Sequence[AttributeChange], said: Sequence[str]) -> str:
        """Several new values in a few words; what is `said` already is left out, and what only the platform knows."""
        words, parts = self.words, []
        wanted = words.for_people(each.name for each in changes)
        for each in sorted(changes, key=lambda each: words.rank(each.name)):
            text = self._in_brief(each, said) if each.name in wanted else None
            if text is None:
                continue
            name = words.name(each.name)
            parts.append(
                self.terminal.say("pair", name=name, value=text) if words.named(each.name) else f"{name} {text}"
            )
        named = any(words.named(each) for each in wanted)
        return (f" {self.terminal.glyph('·')} " if named else self.terminal.say("list-comma")).join(parts)

    def _in_brief(self, change: AttributeChange, said: Sequence[str]) -> str | None:
        value = change.after
        if change.sensitive:
            return self.terminal.say("shown-sensitive")
        if isinstance(value, dict) or change.put:
            inside = value if isinstance(value, dict) else change.put or {}
            words = {key: self.words.value(change.name, each) for key, each in inside.items()}
            if not 0 < len(words) <= _FEW or not (any(words.values()) or self.words.named(change.name)):
                return f"({len(inside)})"
            return self.terminal.say("list-comma").join(
                self.terminal.say("with-word", value=key, word=word) if word else clean(key)
                for key, word in words.items()
            )
        if isinstance(value, list) and value and self.words.named(change.name):
            return self.terminal.say("list-comma").join(self._flat(each) for each in value)
        word = self.words.value(change.name, value)
        if word is not None:
            return word
        if isinstance(value, str) and _WORD.fullmatch(value) and value not in said:
            return value
        return self.short(value, 48) if value not in (None, "", [], *said) else None

    def _turn(self, then: str, now: str) -> str:
        return f"{then} {self.terminal.glyph('→')} {now}"

    def _arrow(self, before: Any, after: Any) -> str:
        return self._turn(self.short(before), self.short(after))

    def _texts(self, before: str, after: str) -> list[Row]:
        if "\n" not in before + after:
            if cell_len(before) + cell_len(after) <= INLINE:
                return [Row("", self._arrow(before, after))]
            return [Row("-", self.short(before)), Row("+", self.short(after))]
        rows: list[Row] = []
        context = 1 if not self.full else 3
        for line in difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=context):
            if line.startswith(("---", "+++")) and len(rows) == 0:
                continue
            if line.startswith("@@"):
                if rows:
                    rows.append(Row("", self.terminal.glyph("…")))
                continue
            rows.append(Row(line[0].strip(), clean(line[1:])))
        # An empty line around a change tells nobody where it is.
        while rows and not rows[0].sign and not rows[0].text.strip():
            rows.pop(0)
        while rows and not rows[-1].sign and not rows[-1].text.strip():
            rows.pop()
        return rows or [Row("", self.terminal.say("shown-white-space"))]

    def _lists(self, before: list[Any], after: list[Any]) -> list[Row]:
        old, new = [self._flat(each) for each in before], [self._flat(each) for each in after]
        rows = [Row("-", each) for each in old if each not in new] + [Row("+", each) for each in new if each not in old]
        if not rows:
            return self._reordered(old, new)
        return self._cut(rows)

    def _reordered(self, old: list[str], new: list[str]) -> list[Row]:
        """Where few of many move, what moves where; otherwise the new order."""
        moves = moved(old, new) if sorted(old) == sorted(new) and len({*new}) == len(new) else []
        if not moves or len(new) <= _TEXT_LINES or len(moves) >= len(new) // 2:
            return [Row("", self.terminal.say("shown-order")), *self._cut([Row("", each) for each in new])]
        say = self.terminal.say
        return self._cut(
            [
                Row(
                    "~",
                    say("shown-first", what=what) if behind is None else say("shown-behind", what=what, behind=behind),
                )
                for what, behind in moves
            ]
        )

    def _called(self, attribute: str, value: Any) -> str:
        return self.words.value(attribute, value) or self.short(value)

    def _mappings(self, before: dict[str, Any], after: dict[str, Any], attribute: str) -> list[Row]:
        rows = []
        for key in dict.fromkeys((*before, *after)):
            if key not in after:
                rows.append(Row("-", f"{clean(key)}: {self._called(attribute, before[key])}"))
            elif key not in before:
                rows.append(Row("+", f"{clean(key)}: {self._called(attribute, after[key])}"))
            elif before[key] != after[key]:
                then, now = self._called(attribute, before[key]), self._called(attribute, after[key])
                rows.append(Row("~", f"{clean(key)}: {self._turn(then, now)}"))
        return self._cut(rows)

    def _collection(self, change: AttributeChange) -> list[Row]:
        """Elements that are ours to put in or take out; strangers' elements are not mentioned."""
        there = change.before if isinstance(change.before, dict) else {}
        wanted = change.after if isinstance(change.after, dict) else {}
        keyed = bool(there or wanted) or any(each not in (None, True) for each in (change.put or {}).values())
        rows = []
        for key, value in (change.put or {}).items():
            name = self._flat_text(key)
            if not keyed or value == key:
                rows.append(Row("+", name))
            elif key in there:
                then, now = self._called(change.name, there[key]), self._called(change.name, value)
                rows.append(Row("~", f"{name}: {self._turn(then, now)}"))
            else:
                rows.append(Row("+", f"{name}: {self._called(change.name, value)}"))
        for key in change.drop or []:
            was = f": {self._called(change.name, there[key])}" if there.get(key, key) != key else ""
            rows.append(Row("-", f"{self._flat_text(key)}{was}"))
        return self._cut(rows) or [Row("", self.terminal.say("shown-order"))]

    def _cut(self, rows: list[Row]) -> list[Row]:
        if self.full or len(rows) <= _TEXT_LINES:
            return rows
        rest = self.terminal.count("more-lines", len(rows) - _TEXT_LINES + 1)
        return [*rows[: _TEXT_LINES - 1], Row("", f"{self.terminal.glyph('…')} {rest}")]

    def _flat(self, value: Any) -> str:
        if value is None:
            return self.terminal.say("shown-none")
        if isinstance(value, bool):
            return self.terminal.say("shown-true" if value else "shown-false")
        if isinstance(value, str):
            return self._flat_text(value) if self._is_reference(value) else self._quoted(value)
        if isinstance(value, list):
            return "[" + ", ".join(self._flat(each) for each in value) + "]"
        if isinstance(value, dict):
            return "{" + ", ".join(f"{clean(str(k))}: {self._flat(v)}" for k, v in value.items()) + "}"
        return clean(json.dumps(value, ensure_ascii=False))

    def _flat_text(self, text: str) -> str:
        if self._is_reference(text):
            return clean(text.partition("/")[2].partition("@")[0])
        return clean(text)

    def _quoted(self, text: str) -> str:
        return '"' + clean(text).replace("\n", "\\n") + '"'

    def _is_reference(self, text: str) -> bool:
        return text.startswith(self.deployment + "/") and "." in text


def _named(name: str, rows: list[Row]) -> list[Row]:
    return [Row(row.sign, row.text, name if index == 0 else "") for index, row in enumerate(rows)]

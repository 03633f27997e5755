"""Reads on behind a mistake whose cure is certain: the text is mended, and every character keeps its place.

The parser stops at the first thing it cannot read. Whoever typed ten Chinese commas should hear of all ten, so each one
is mended once it is reported, and the text is read again.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass

from groupform.config.diagnostics import Span
from groupform.config.punctuation import ZERO_WIDTH, Suspect
from groupform.config.source import Source

MAX_MENDS = 100
MAX_READ = 20_000_000  # characters, over all attempts at one file

_OPENING = str.maketrans("［｛【「］｝】」", "[{[[]}]]")
_SPACED_SIGN = {
    "fullwidth-colon": ":",
    "fullwidth-comma": ",",
    "fullwidth-dash": "-",
    "yaml-colon-space": ":",
    "yaml-dash-space": "-",
}
_IN_FLOW = re.compile(r"[^,}\]\r\n]*")
_IN_BLOCK = re.compile(r"(?:(?!\s#)[^\r\n])*")
_UNSURE = frozenset({"yaml-tab", "fullwidth-space", "odd-space"})


@dataclass(frozen=True, slots=True)
class Mend:
    """An exchange of one stretch of a text. `sure` is false where the rest may mean something else afterwards."""

    start: int
    end: int
    text: str
    sure: bool = True


class Mended(Source):
    """A text after mends. Its offsets are those of the mended text; lines and columns are those of the file."""

    def __init__(self, origin: Source, text: str, anchors: list[tuple[int, int]]) -> None:
        super().__init__(origin.file, text)
        self.origin = origin
        self._anchors = anchors

    @classmethod
    def of(cls, source: Source, mend: Mend) -> Mended:
        """The source with one more mend."""
        origin, anchors = (source.origin, source._anchors) if isinstance(source, Mended) else (source, [(0, 0)])
        grown = len(mend.text) - (mend.end - mend.start)
        before = [each for each in anchors if each[0] < mend.start]
        after = [(at + grown, there) for at, there in anchors if at > mend.end]
        here = source.origin_of(mend.start), source.origin_of(mend.end)
        joined = [*before, (mend.start, here[0]), (mend.start + len(mend.text), here[1]), *after]
        return cls(origin, source.text[: mend.start] + mend.text + source.text[mend.end :], joined)

    def origin_of(self, offset: int) -> int:
        index = bisect_right(self._anchors, (offset, len(self.origin.text))) - 1
        at, there = self._anchors[max(index, 0)]
        end = self._anchors[index + 1][1] if index + 1 < len(self._anchors) else len(self.origin.text)
        return min(there + offset - at, end)

    def position(self, offset: int) -> tuple[int, int]:
        return self.origin.position(self.origin_of(offset))

    def span(self, start: int, end: int) -> Span:
        return self.origin.span(self.origin_of(start), self.origin_of(end))

    def line(self, number: int) -> str:
        return self.origin.line(number)


def mend_of(text: str, suspect: Suspect) -> Mend | None:
    """The exchange that cures a suspect; None where nobody can tell what was meant."""
    start, end, code = suspect.start, suspect.end, suspect.code
    sign = text[start:end]
    if code == "fullwidth-hash":
        return Mend(start, end, "#")
    if code == "fullwidth-quote":
        return Mend(start, end, str(suspect.params["sign"]))
    if code in _SPACED_SIGN:
        glued = bool(text[end : end + 1].strip())
        return Mend(start, end, _SPACED_SIGN[code] + (" " if glued else ""))
    if code == "fullwidth-bracket":
        return Mend(start, end, sign.translate(_OPENING))
    if code in ("placeholder-unquoted", "reference-unquoted", "yaml-character"):
        return _quoted(text, start)
    if code in _UNSURE:
        return _spaces(text, start)
    return None


def _quoted(text: str, start: int) -> Mend | None:
    """The value that begins at an offset, in quotes."""
    line = text[text.rfind("\n", 0, start) + 1 : start]
    opened = max(line.rfind("{"), line.rfind("["))
    in_flow = opened >= 0 and not any(each in line[opened:] for each in "}]")
    reference = re.compile(r"\$?\{[^{}\r\n]*\}").match(text, start)
    since = reference.end() if reference else start
    hit = (_IN_FLOW if in_flow else _IN_BLOCK).match(text, since)
    value = text[start : hit.end() if hit else since].rstrip()
    if not value or '"' in value or "\\" in value:
        return None
    return Mend(start, start + len(value), f'"{value}"')


def _spaces(text: str, start: int) -> Mend:
    """Ordinary spaces for a run of odd ones; where they begin a line, sure only if the lines around agree."""
    end = start
    while end < len(text) and _is_odd(text[end]):
        end += 1
    odd = text[start:end]
    line = text.rfind("\n", 0, start) + 1
    if text[line:start].strip():
        return Mend(start, end, " " * sum(each not in ZERO_WIDTH for each in odd))
    near = _indents(text, line, end)
    for wide in (2, 1, 4, 8):
        spaces = "".join(" " * (0 if each in ZERO_WIDTH else wide if each in "\t\u3000" else 1) for each in odd)
        if len(spaces) + start - line in near:
            return Mend(start, end, spaces, sure="\t" not in odd)
    return Mend(start, end, " " * 2 * len(odd), sure=False)


def _indents(text: str, line: int, end: int) -> set[int]:
    """How far the lines before and after are indented, as far as they are indented by ordinary spaces."""
    found = set[int]()
    above = [each for each in text[max(0, line - 2000) : line].split("\n") if each.strip()][-1:]
    below = [each for each in text[end : end + 2000].split("\n")[1:] if each.strip()][:1]
    for each in (*above, *below):
        bare = each.lstrip(" ")
        if not _is_odd(bare[:1] or "x"):
            found.add(len(each) - len(bare))
    return found


def _is_odd(character: str) -> bool:
    return character in ZERO_WIDTH or (character.isspace() and character not in " \r\n")

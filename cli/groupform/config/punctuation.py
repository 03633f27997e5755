"""Knows what a Chinese keyboard puts where YAML wants ASCII, and finds it near a place that could not be read."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Any

# Keys are ASCII: a Chinese word before a full-width colon is more likely the text that it looks like.
_KEY = r"[ \t\u3000]*(?:-[ \u3000]+)*[\"'“”]?[A-Za-z0-9_-]+[\"'“”]?[ \t\u3000]*"
ODD_SPACES = "\u00a0\u2000-\u200d\u2028\u2029\u202f\u205f\u2060\ufeff"
"""Spaces that look like one and are none, or that do not show at all; the body of a character class."""
ZERO_WIDTH = "\u200b\u200c\u200d\u2060\ufeff"
BREAKS = "\x85\u2028\u2029"
"""What YAML 1.1 takes for the end of a line, and no editor shows as one."""
_LOOK = (
    # code, what is wrong (group 1 is the place); looked for line by line, the first that fits is blamed
    ("fullwidth-colon", re.compile(rf"^{_KEY}(：)")),
    ("odd-space", re.compile(rf"^[ \t]*([{ODD_SPACES}])")),
    ("odd-space", re.compile(rf"^{_KEY}:([{ODD_SPACES}])")),
    ("yaml-colon-space", re.compile(rf"^{_KEY}(:)(?=[^\s:/])(?!.*:\s)")),
    ("fullwidth-space", re.compile(r"^[ \t]*(\u3000)")),
    ("fullwidth-space", re.compile(rf"^{_KEY}:(\u3000)")),
    ("fullwidth-hash", re.compile(r"^[ \t\u3000]*(＃)")),
    ("fullwidth-dash", re.compile(r"^[ \t\u3000]*([－—–])[ \u3000]*\S")),
    ("fullwidth-bracket", re.compile(rf"^{_KEY}:[ \t\u3000]*([［｛])")),
    ("fullwidth-bracket", re.compile(r"^[ \t]*(?:-[ \t\u3000]+)+([［｛])")),
    ("yaml-dash-space", re.compile(r"^[ \t]*(-)(?=[^\s\d-])")),
    ("placeholder-unquoted", re.compile(rf"^{_KEY}:[ \t]+(\{{[^\W\d][\w-]*\}})[ \t]*[^\s,#\}}\]]")),
    ("placeholder-unquoted", re.compile(r"^[ \t]*-[ \t]+(\{[^\W\d][\w-]*\})[ \t]*[^\s,#:\}\]]")),
)
# Text may hold any of these signs. They are to blame where a key follows or stands before, or a quote, or a bracket.
_IN_FLOW = (
    ("fullwidth-comma", re.compile(r"([，、；])(?=[ \u3000]*[\"'“]?[A-Za-z0-9_-]+[\"'”]?[ \u3000]*[:：])")),
    ("fullwidth-comma", re.compile(r"(?<=[_\]}］｝])([，、；])(?=[ \u3000]*[_\[{［｛])")),
    ("fullwidth-colon", re.compile(r"[{,，、；｛][ \u3000]*[\"'“]?[A-Za-z0-9_-]+[\"'”]?[ \u3000]*(：)")),
    ("fullwidth-bracket", re.compile(r"([［］｛｝])")),
    ("fullwidth-bracket", re.compile(r"^[^【]*(】)")),
    ("fullwidth-bracket", re.compile(r"^[^「]*(」)")),
    ("placeholder-unquoted", re.compile(r":[ \t]+(\{[^\W\d][\w-]*\})[ \t]*[^\s,#\}\]]")),
    ("reference-unquoted", re.compile(r"[:,\[][ \t]*(\$\{[^{}]*\})")),
)
# Looked for with the quotes still in place.
_HALF_QUOTE = re.compile(r"(?:[:\[{,]|^[ \t]*-)[ \t]*(?:\"[^\"“”\n]*(”)|'[^'‘’\n]*(’))[ \t]*(?=[,}\]\r]|$)")
_BLOCK = re.compile(r"(?:^|[:\s-])[|>][+-]?[0-9]?[+-]?[ \t]*(?:#.*)?\r?$")
_OPENS = re.compile(r"(?<!\$)[\[{]")
_FAR = 500  # lines; longer texts stand in files of their own
_QUOTED = re.compile(r"\"[^\"\\]*(?:\\.[^\"\\]*)*\"|'[^']*(?:''[^']*)*'")
_QUOTES = "“”‘’「」『』＂＇"
_FULLWIDTH = re.compile("[\u3000！-～。、“”‘’「」『』–—]")


@dataclass(frozen=True, slots=True)
class Suspect:
    """A character that looks like the cause: offsets in the text, the code to report, words for its sentence."""

    code: str
    start: int
    end: int
    params: dict[str, Any] = field(default_factory=dict)


def blame(text: str, since: int, at: int) -> Suspect | None:
    """The character between two offsets (whole lines, and the line before) that explains why they cannot be read."""
    begin = text.rfind("\n", 0, max(since, 0)) + 1
    if in_block(text, begin):
        return None
    finish = text.find("\n", at)
    finish = len(text) if finish < 0 else finish
    # A mark at the very start of a line, or behind the last one, speaks of the lines above it.
    above = end = begin
    while above > 0 and (above == begin or not text[above:end].strip()):
        end, above = above, text.rfind("\n", 0, above - 1) + 1
    for start, line in _lines(text, begin, finish):
        found = _look(line, start)
        if found is not None:
            return found
    if above == begin or in_block(text, above):
        return None
    return next((found for start, line in _lines(text, above, begin) if (found := _look(line, start))), None)


def in_block(text: str, start: int) -> bool:
    """Whether the line that begins at an offset is part of a block of text: under a key that ends in `|` or `>`."""
    depth = _depth(text, start)
    for _ in range(_FAR):
        if start == 0 or depth == 0:
            return False
        start = text.rfind("\n", 0, start - 1) + 1
        end = text.find("\n", start)
        line = text[start : end if end >= 0 else len(text)]
        if not line.strip() or _depth(text, start) >= depth:
            continue
        if _BLOCK.search(line):
            return True
        depth = _depth(text, start)
    return False


def _depth(text: str, start: int) -> int:
    at = start
    while at < len(text) and text[at] == " ":
        at += 1
    return at - start


def _lines(text: str, begin: int, finish: int) -> list[tuple[int, str]]:
    lines: list[tuple[int, str]] = []
    while begin <= finish and len(lines) < 200:
        end = text.find("\n", begin, finish)
        end = finish if end < 0 else end
        lines.append((begin, text[begin:end]))
        begin = end + 1
    return lines


def _look(line: str, start: int) -> Suspect | None:
    half = _HALF_QUOTE.search(line[:2000])
    if half:
        at, end = half.span(1 if half[1] else 2)
        return Suspect(
            "fullwidth-quote", start + at, start + end, {"character": line[at], "sign": '"' if half[1] else "'"}
        )
    bare = _QUOTED.sub(lambda hit: "_" * len(hit.group()), line[:2000])
    bare = re.sub(r"(?:^|[ \t])#.*", lambda hit: " " * len(hit.group()), bare)
    flow = _OPENS.search(bare)
    opened = flow.start() if flow else -1
    checks = _LOOK if opened < 0 else (*_LOOK, *_IN_FLOW)
    for code, pattern in checks:
        hit = pattern.search(bare[opened:] if (code, pattern) in _IN_FLOW else bare)
        if hit:
            at = start + hit.start(1) + (opened if (code, pattern) in _IN_FLOW else 0)
            return Suspect(code, at, at + len(hit[1]), {"character": hit[1], "text": hit[1]})
    return None


def ascii_form(text: str) -> str | None:
    """What was probably meant: full-width signs as ASCII, wrapping quotes off; None for no difference."""
    if not _FULLWIDTH.search(text):
        return None
    plain = unicodedata.normalize("NFKC", text).replace("。", ".").replace("、", ",")
    plain = plain.translate({ord(each): None for each in _QUOTES}).replace("—", "-").replace("–", "-").strip()
    return plain if plain != text else None

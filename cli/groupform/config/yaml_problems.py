"""Owns what is wrong with a text before it is a tree: its encoding, its characters, what libyaml refuses."""

from __future__ import annotations

import re
from typing import Any

import yaml

from groupform.config.diagnostics import Diagnostics, Span
from groupform.config.punctuation import BREAKS, Suspect, blame
from groupform.config.source import Source

# YAML 1.2, c-printable: what may stand in a stream. Lone surrogates cannot be decoded in the first place.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_QUOTED = re.compile(r"(?:^|(?<=[\s\[{,]))(\"[^\"\\]*(?:\\.[^\"\\]*)*\"|'[^']*(?:''[^']*)*')", re.DOTALL)
_CONFLICT = tuple(re.compile(each, re.MULTILINE) for each in (r"^<<<<<<< ", r"^=======[ \t\r]*$", r"^>>>>>>> "))
_BOMS = (
    (b"\xff\xfe\x00\x00", "UTF-32"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)

# libyaml's and PyYAML's sentences, by the words that tell them apart, most telling first.
_PROBLEMS = (
    ("tab character", "yaml-tab"),
    ("mapping values are not allowed", "yaml-colon-not-allowed"),
    ("could not find expected ':'", "yaml-colon-missing"),
    ("block sequence entries are not allowed", "yaml-dash-not-allowed"),
    ("sequence entries are not allowed", "yaml-dash-not-allowed"),
    ("mapping keys are not allowed", "yaml-key-not-allowed"),
    ("expected ',' or ']'", "yaml-list-not-closed"),
    ("expected ',' or '}'", "yaml-mapping-not-closed"),
    ("did not find expected '-' indicator", "yaml-indent-list"),
    ("expected <block end>", "yaml-indent"),
    ("did not find expected key", "yaml-indent"),
    ("unexpected end of stream", "yaml-quote-not-closed"),
    ("unexpected document indicator", "yaml-quote-not-closed"),
    ("unknown escape character", "yaml-escape"),
    ("hexdecimal", "yaml-escape"),
    ("hexadecimal", "yaml-escape"),
    ("escape code", "yaml-escape"),
    ("undefined alias", "unknown-anchor"),
    ("cannot start any token", "yaml-character"),
    ("did not find expected node content", "yaml-value-missing"),
    ("expected the node content", "yaml-value-missing"),
    ("expected comment or line break", "yaml-after-block-mark"),
    ("expected a comment or a line break", "yaml-after-block-mark"),
    ("indentation indicator", "yaml-after-block-mark"),
    ("undefined tag handle", "tag-not-allowed"),
    ("<document start>", "yaml-after-end"),
    ("version", "yaml-directive"),
    ("directive", "yaml-directive"),
    ("URI", "tag-not-allowed"),
    ("tag", "tag-not-allowed"),
    ("expected '!'", "tag-not-allowed"),
    ("alphabetic or numeric", "yaml-anchor-name"),
    ("exceed", "too-deep"),
    ("depth", "too-deep"),
)


def decode(data: bytes, file: str, found: Diagnostics) -> str | None:
    """The text of a UTF-8 file without its byte order mark; None, with a finding, for anything else."""
    whole = Source(file, "").span(0, 0)
    for mark, name in _BOMS:
        if data.startswith(mark):
            found.add("encoding-not-utf8", span=whole, encoding=name)
            return None
    if len(data) >= 4 and data[:64].count(0) * 3 > len(data[:64]):
        found.add("encoding-not-utf8", span=whole, encoding="UTF-16")
        return None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        good = data[: problem.start].decode("utf-8-sig", "ignore")
        source = Source(file, good + "\ufffd")
        place = source.span(len(good), len(good) + 1)
        line = source.line(place.line)
        try:
            data.decode("gb18030")
        except UnicodeDecodeError:
            found.add("encoding-broken", span=place, source_line=line, byte=f"0x{data[problem.start]:02x}")
        else:
            found.add("encoding-not-utf8", span=place, source_line=line, encoding="GB18030")
        return None


def refuse_characters(source: Source, found: Diagnostics) -> bool:
    """Records the first character that no YAML file may hold; True when there is none."""
    hit = _FORBIDDEN.search(source.text)
    if hit is None:
        return True
    span = source.span(hit.start(), hit.end())
    name = f"U+{ord(hit.group()):04X}"
    line = _FORBIDDEN.sub("\ufffd", source.line(span.line))
    found.add("forbidden-character", span=span, source_line=line, character=name)
    return False


def explain(problem: yaml.YAMLError, source: Source, found: Diagnostics) -> Suspect | None:
    """One finding in our own words for what the parser refused, at the place that caused it.

    Returns what is to blame where that is a sign and not merely a place: the text may be mended there.
    """
    said = " ".join(str(getattr(problem, each, None) or "") for each in ("problem", "reason", "context"))
    mark: Any = getattr(problem, "problem_mark", None)
    opened: Any = getattr(problem, "context_mark", None)
    at = _offset(mark, source) if mark is not None else getattr(problem, "position", 0) or 0
    since = _offset(opened, source) if opened is not None else at
    code = next((code for words, code in _PROBLEMS if words in said), "yaml-broken")
    if code == "yaml-character" and source.text[at : at + 1] == "\t":
        code = "yaml-tab"
    if code == "too-deep":
        found.add(code, span=(span := source.span(at, at + 1)), source_line=source.line(span.line), limit=64)
        return None
    conflict = _conflict(source.text)
    if conflict is not None:
        span = source.span(conflict, conflict + 7)
        found.add("git-conflict", span=span, source_line=source.line(span.line))
        return None
    # A block's beginning says nothing of where it broke; a key's, a quote's or a bracket's does.
    suspect = blame(source.text, at if "block" in said else min(since, at), at)
    if suspect is None and code == "yaml-colon-not-allowed":
        suspect = _word_above(source.text, at)
    quote = _open_quote(source.text, since, at)
    if suspect is None and quote is None:
        suspect = _sign_at(code, source.text, since if code == "yaml-colon-missing" else at)
    if suspect is not None:
        span = source.span(suspect.start, suspect.end)
        found.add(suspect.code, span=span, source_line=source.line(span.line), **suspect.params)
        return suspect
    if quote is not None:
        code, at = "yaml-quote-not-closed", quote
    elif code in (
        "yaml-colon-missing",
        "yaml-quote-not-closed",
    ):  # the beginning says more than where the parser gave up
        at = since
    span = source.span(at, at + 1)
    related: tuple[tuple[str, Span], ...] = ()
    if opened is not None and since < at and source.position(since)[0] != span.line:
        related = (("begun-here", source.span(since, since + 1)),)
    character = source.text[at : at + 1].strip() or "…"
    found.add(
        code,
        span=span,
        source_line=source.line(span.line),
        related=related,
        said=said.strip(),
        character=character,
        name="",
        tag="",
    )
    return None


def _sign_at(code: str, text: str, at: int) -> Suspect | None:
    """What the parser's own place says more exactly than its words."""
    start = text.rfind("\n", 0, at) + 1
    before = text[start:at].rstrip()
    sign = text[at : at + 1]
    words = {"character": sign, "text": sign}
    if code == "yaml-tab" and sign == "\t":
        return Suspect("yaml-tab", at, at + 1, words)
    if code == "yaml-character" and sign.strip():
        return Suspect(code, at, at + 1, words)
    if code in ("yaml-anchor-name", "tag-not-allowed") and text[at - 1 : at] in ("*", "&", "!"):
        return Suspect(code, at - 1, at, {"tag": "", "name": ""})
    if code == "yaml-directive":
        return Suspect(code, start, start + 1, words)
    if code == "yaml-colon-missing" and text[at - 1 : at] and text[at - 1] in BREAKS:
        return Suspect("odd-space", at - 1, at, words)
    if code in ("yaml-indent", "yaml-indent-list", "yaml-colon-not-allowed") and sign:
        return _misplaced(code, text, start, at, before)
    return None


def _misplaced(code: str, text: str, start: int, at: int, before: str) -> Suspect | None:
    sign = text[at]
    if sign in "]}":
        return Suspect("yaml-bracket-extra", at, at + 1, {"character": sign})
    if code == "yaml-colon-not-allowed":
        return _deeper(text, start, at)
    if before[-1:] in ("'", '"') and len(before) > 1:
        return Suspect("yaml-after-quote", at, at + 1, {"character": before[-1]})
    if before[-1:] in ("]", "}"):
        return Suspect("yaml-after-bracket", at, at + 1, {"character": before[-1]})
    if sign in "{[" and not before:
        return Suspect("yaml-dash-missing", at, at + 1, {"character": sign})
    return None


def _deeper(text: str, start: int, at: int) -> Suspect | None:
    """A key under a key that has its value already: the line is indented too far."""
    key = re.compile(r"( *)[\w\"'-]+[ \t]*:(?=\s)").match(text, start)
    if key is None or key.end() - 1 != at or start == 0:
        return None
    above = text[text.rfind("\n", 0, start - 1) + 1 : start]
    upper = re.match(r"( *(?:- +)?)[\w\"'-]+[ \t]*:[ \t]+[^\s#|>&]", above)
    if upper is None or len(upper[1]) >= len(key[1]):
        return None
    first = start + len(key[1])
    return Suspect("yaml-indent-deeper", first, at, {"column": len(upper[1]) + 1, "key": text[first:at].strip()})


def _open_quote(text: str, since: int, at: int) -> int | None:
    """Where a quote was opened that ran over lines to another one's beginning, just before the place that broke."""
    last = None
    for hit in _QUOTED.finditer(text, max(since - 1, 0), min(at + 1, len(text))):
        last = hit
    if last is None or "\n" not in last.group() or text[last.end() : at].strip():
        return None
    return last.start(1)


def _conflict(text: str) -> int | None:
    """Where the first of Git's three marks stands, when the other two follow it."""
    at, first = 0, None
    for mark in _CONFLICT:
        hit = mark.search(text, at)
        if hit is None:
            return None
        at, first = hit.end(), hit.start() if first is None else first
    return first


def _word_above(text: str, at: int) -> Suspect | None:
    """A line that lacks its colon, where the first colon of the line under it is what the parser refused."""
    start = text.rfind("\n", 0, at) + 1
    if re.search(r":\s", text[start:at]):
        return None
    end = start
    while end > 0:
        begin = text.rfind("\n", 0, end - 1) + 1
        line = text[begin:end]
        if line.strip() and not line.lstrip().startswith("#"):
            bare = line.split(" #")[0].rstrip()
            if re.search(r":(\s|$)", bare):
                return None
            return Suspect("yaml-colon-missing", begin + len(line) - len(line.lstrip()), begin + len(bare))
        end = begin
    return None


def _offset(mark: Any, source: Source) -> int:
    """libyaml's index of a mark counts characters, as ours do; the pure parser's too."""
    return min(int(mark.index), len(source.text))

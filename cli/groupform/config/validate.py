"""Turns a document into a model of the language, or into findings at their places, in one pass over the file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from groupform.config.diagnostics import Diagnostic, Diagnostics, Severity
from groupform.config.document import Document
from groupform.config.punctuation import ascii_form
from groupform.config.reader import Node, Plain
from groupform_schemas.errors import Finding, close, findings

M = TypeVar("M", bound=BaseModel)

_PLACEHOLDER = re.compile(r"\{[^\W\d][\w-]*\}")
_COMMA = re.compile(r"[，、]")
_LIST_OF_ONE = re.compile(r"\[[^\[\]\n,]*[，、]")
_HASH = re.compile(r"[ \t\u3000]＃")
_WRAPPED = re.compile(r"[“‘「『]([^“”‘’「」『』]*)[”’」』]")
_FIRST_SIGN = {"－": "fullwidth-dash", "—": "fullwidth-dash", "［": "fullwidth-bracket", "｛": "fullwidth-bracket"}
_FIRST_SIGN |= {"【": "fullwidth-bracket", "「": "fullwidth-bracket"}
_GLUED = re.compile(r"[A-Za-z0-9_-]+:[^\s:/]")
_NULL = re.compile(r"(?:null|Null|NULL|~)\Z")
_SOME_NULL = re.compile(r"[:\-,\[][ \t]+(?:null|Null|NULL|~)[ \t]*(?:[,}\]\r\n#]|\Z)")
_SHAPE = frozenset({"not-a-mapping", "not-a-list", "shape-unknown", "value-wrong"})


def validate(document: Document, model: type[M], found: Diagnostics) -> M | None:
    """The document as `model`; None, with every finding recorded, where it is not one."""
    data = document.root.plain()
    try:
        made = model.model_validate(data)
    except ValidationError as error:
        everything = findings(error, model)
        meant = _meant_ascii(document, data, model, everything)
        misspelt = {(*each.loc[:-1], _meant_key(each)) for each in everything if each.at_key and each.loc}
        for each in everything:
            wanted = str(each.params.get("key" if each.code == "key-missing" else "keys", "")).split(", ")
            if each.code in ("key-missing", "one-of-missing") and any((*each.loc, key) in misspelt for key in wanted):
                continue  # it is there, under a name that is reported
            _report(document, each, meant, found)
        return None
    finally:
        _lint(document, found)
    return made


def without_echoes(found: Diagnostics) -> Diagnostics:
    """Each finding once, and no warning about a keyboard's sign where that sign has already made an error."""
    wrong = {(each.span.file, each.span.line, each.span.column) for each in found if each.span and _is_error(each)}
    kept: dict[tuple[str, object, str], Diagnostic] = {}
    for each in found:
        echo = each.span is not None and (each.span.file, each.span.line, each.span.column) in wrong
        if _is_error(each) or not echo or not each.code.startswith("fullwidth"):
            kept.setdefault((each.code, each.span, repr(sorted(each.params.items()))), each)
    return Diagnostics(kept.values())


def _is_error(each: Diagnostic) -> bool:
    return each.severity is Severity.error


def _meant_key(finding: Finding) -> object:
    """The key that an unknown one probably stands for."""
    return finding.params.get("suggestion") or ascii_form(str(finding.loc[-1])) or finding.loc[-1]


def _report(
    document: Document, finding: Finding, meant: Mapping[tuple[str | int, ...], str], found: Diagnostics
) -> None:
    node, whole = document.node(finding.loc)
    if whole and _keyboard(document, finding, node, found):
        return
    if finding.loc in meant and finding.code != "full-width" and whole:
        value = str(node.value)
        document.report(found, "full-width", finding.loc, value=value, plain=meant[finding.loc])
        return
    if finding.code == "key-missing" and finding.loc[:1] in (("connections",), ("state",)):
        # These take any key, so a misspelt one is not unknown; it is only not the one that is needed.
        meant_here = close(str(finding.params["key"]), node.value) if type(node.value) is dict else None
        if meant_here is not None:
            known: dict[str, Any] = {
                "key": meant_here,
                "known": finding.params["key"],
                "suggestion": finding.params["key"],
            }
            document.report(found, "key-unknown-close", (*finding.loc, meant_here), at_key=True, **known)
            return
    params: dict[str, Any] = {
        str(key): value for key, value in finding.params.items() if key not in ("code", "severity", "span")
    }
    document.report(found, finding.code, finding.loc, at_key=finding.at_key, **params)


def _keyboard(document: Document, finding: Finding, node: Node, found: Diagnostics) -> bool:
    """Blames a sign of a Chinese keyboard where one explains the finding; True when it did."""
    key = document.source.text[node.key_start : node.key_end] if finding.at_key and node.key_start >= 0 else ""
    if key:
        if _bare_placeholder(document, document.node(finding.loc[:-1])[0]):
            return _keyboard(
                document, Finding(finding.loc[:-1], finding.code, {}), document.node(finding.loc[:-1])[0], found
            )
        if _blame_key(document, node, found):
            return True
        plain = ascii_form(key)
        if plain:
            document.report_at(found, "full-width", node.key_start, node.key_end, value=key, plain=plain)
            return True
        return False
    text = document.source.text[node.start : node.end]
    if type(node.value) is dict:
        if _bare_placeholder(document, node):
            document.report_at(found, "placeholder-unquoted", node.start, node.end, character=text, text=text)
            return True
        return not finding.at_key and any(_blame_key(document, each, found) for each in node.below())
    if type(node.value) is not str or text[:1] in ("'", '"'):
        return False
    if finding.code in _SHAPE:
        sign, code = text[:1], _FIRST_SIGN.get(text[:1], "")
        if not code and "：" in text:
            sign, code = "：", "fullwidth-colon"
        if not code and _GLUED.match(text):
            sign, code = ":", "yaml-colon-space"
        if not code and finding.code == "not-a-list" and (comma := _COMMA.search(text)):
            sign, code = comma.group(), "fullwidth-comma"
        if code:
            at = node.start + text.index(sign)
            document.report_at(found, code, at, at + 1, character=sign, text=sign)
            return True
        return False
    parent, _ = document.node(finding.loc[:-1])
    in_flow = document.source.text[parent.start : parent.start + 1] in ("[", "{")
    hit = _COMMA.search(text)
    if in_flow and hit:
        at = node.start + hit.start()
        document.report_at(found, "fullwidth-comma", at, at + 1, character=hit.group(), text=hit.group())
        return True
    return False


def _bare_placeholder(document: Document, node: Node) -> bool:
    """Whether a mapping is `{word}`: a placeholder that lacks its quotes."""
    text = document.source.text[node.start : node.end]
    return type(node.value) is dict and len(node.value) == 1 and _PLACEHOLDER.fullmatch(text) is not None


def _blame_key(document: Document, node: Node, found: Diagnostics) -> bool:
    """Reports a sign that has glued a key to its value, or to its neighbour; True when there is one."""
    key = document.source.text[node.key_start : node.key_end] if node.key_start >= 0 else ""
    sign = next((each for each in _KEY_SIGNS if each in key), None)
    if sign is None or key[:1] in ("'", '"'):
        return False
    at = node.key_start + key.index(sign)
    document.report_at(found, _KEY_SIGNS[sign], at, at + 1, character=sign, text=key)
    return True


_KEY_SIGNS = {
    "：": "fullwidth-colon",
    "，": "fullwidth-comma",
    "、": "fullwidth-comma",
    "\u3000": "fullwidth-space",
    "；": "fullwidth-comma",
    "＃": "fullwidth-hash",
    "－": "fullwidth-dash",
    **dict.fromkeys("［］｛｝【】「」", "fullwidth-bracket"),
    **dict.fromkeys("\u00a0\u200b\u200c\u200d\u2060\ufeff", "odd-space"),
    ":": "yaml-colon-space",
}


def _meant_ascii(
    document: Document, data: Plain, model: type[BaseModel], everything: tuple[Finding, ...]
) -> dict[tuple[str | int, ...], str]:
    """The findings that would not be there in ASCII: each value is tried in its plain form, all at once."""
    tried: dict[tuple[str | int, ...], str] = {}
    for each in everything:
        node, whole = document.node(each.loc)
        plain = ascii_form(node.value) if whole and type(node.value) is str else None
        if plain is not None and not each.at_key:
            tried[tuple(each.loc)] = plain
    if not tried:
        return {}
    for loc, plain in tried.items():
        data = _replaced(data, loc, plain)
    try:
        model.model_validate(data)
    except ValidationError as error:
        for each in findings(error, model):
            tried.pop(tuple(each.loc), None)
    return tried


def _replaced(data: Plain, loc: tuple[str | int, ...], value: str) -> Plain:
    """A copy of plain data with one value exchanged; what is shared by aliases stays untouched elsewhere."""
    if not loc:
        return value
    copy: Any = dict(data) if isinstance(data, dict) else list(data)
    copy[loc[0]] = _replaced(copy[loc[0]], loc[1:], value)
    return copy


def _lint(document: Document, found: Diagnostics) -> None:
    """Warns of what is good YAML and still hardly what was meant; walks the nodes only where a sign of it stands."""
    text = document.source.text
    if not any(each.search(text) for each in (_LIST_OF_ONE, _HASH, _WRAPPED, _SOME_NULL)):
        return
    waiting, seen = [document.root], set[int]()
    while waiting:
        node = waiting.pop()
        if type(node.value) is dict or type(node.value) is list:
            if id(node.value) in seen:
                continue
            seen.add(id(node.value))
            waiting.extend(node.below())
            if type(node.value) is list and len(node.value) == 1 and text[node.start : node.start + 1] == "[":
                _lint_list(document, node.value[0], found)
        elif type(node.value) is str and node.value:
            _lint_text(document, node, found)


def _lint_list(document: Document, node: Node, found: Diagnostics) -> None:
    written = document.source.text[node.start : node.end]
    hit = _COMMA.search(written)
    if hit and written[:1] not in ("'", '"', "[", "{", "*"):
        _warn(document, "fullwidth-comma-in-list", node.start + hit.start(), 1, found, character=hit.group())


def _lint_text(document: Document, node: Node, found: Diagnostics) -> None:
    written = document.source.text[node.start : node.end]
    if written[:1] in ("'", '"', "|", ">", "*"):
        return
    if _NULL.match(written):
        _warn(document, "null-is-text", node.start, len(written), found, text=written)
    hit = _HASH.search(written)
    if hit:
        _warn(document, "fullwidth-hash-in-text", node.start + hit.end() - 1, 1, found)
    if _WRAPPED.fullmatch(written):
        _warn(document, "fullwidth-quotes", node.start, len(written), found, text=written)


def _warn(document: Document, code: str, start: int, length: int, found: Diagnostics, **params: Any) -> None:
    span = document.source.span(start, start + length)
    line = document.source.line(span.line)
    found.add(code, severity=Severity.warning, span=span, source_line=line, **params)

"""Turns a document into a model of the language, or into findings at their places, in one pass over the file."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from groupform.config.diagnostics import Diagnostic, Diagnostics, Severity
from groupform.config.document import Document
from groupform.config.meaning import meant, split_choices, translated
from groupform.config.punctuation import ODD_SPACES, ascii_form
from groupform.config.reader import Node, Plain
from groupform_schemas.errors import Finding, close, findings, keys_at

M = TypeVar("M", bound=BaseModel)

_PLACEHOLDER = re.compile(r"\{[^\W\d][\w-]*\}")
_COMMA = re.compile(r"[，、]")
_BRACKET = re.compile(r"[［］｛｝]")
_LIST_OF_ONE = re.compile(r"\[[^\[\]\n,]*[，、]")
_HASH = re.compile(r"[ \t\u3000]＃")
_ODD = re.compile(f"[{ODD_SPACES}]")
_FLOW_SIGN = re.compile(r"([［］｛｝【】「」：，、])")
_KEYS_COLON = re.compile(r"(?<![^\s])[ \t]*[\"'“]?[A-Za-z0-9_-]+[\"'”]?[ \t]*(：)", re.MULTILINE)
_WRAPPED = re.compile(r"[“‘「『]([^“”‘’「」『』]*)[”’」』]")
_FIRST_SIGN = {"－": "fullwidth-dash", "—": "fullwidth-dash", "［": "fullwidth-bracket", "｛": "fullwidth-bracket"}
_FIRST_SIGN |= {"【": "fullwidth-bracket", "「": "fullwidth-bracket"}
_ANCHOR_ALONE = re.compile(r"[ \t]*:[ \t]+(&[\w-]+)[ \t]*(?=[\r\n,}\]#]|\Z)")
_GLUED = re.compile(r"[A-Za-z0-9_-]+:[^\s:/]")
_NULL = re.compile(r"(?:null|Null|NULL|~)\Z")
_SOME_NULL = re.compile(r"[:\-,\[][ \t]+(?:null|Null|NULL|~)[ \t]*(?:[,}\]\r\n#]|\Z)")
_SHAPE = frozenset({"not-a-mapping", "not-a-list", "shape-unknown", "value-wrong"})


def validate(
    document: Document, model: type[M], found: Diagnostics, *, titles: Mapping[str, str] = MappingProxyType({})
) -> M | None:
    """The document as `model`; None, with every finding recorded, where it is not one.

    `titles` are what members see, with the key of what is called so: people write one for the other.
    """
    data = document.root.plain()
    try:
        made = model.model_validate(data)
    except ValidationError as error:
        everything = findings(error, model)
        everything = tuple(_put_right(each, model, data, titles) for each in everything)
        guesses, still = _meant_values(document, data, model, everything)
        everything = tuple(still.get(tuple(each.loc), each) for each in everything)
        misspelt = {(*each.loc[:-1], _meant_key(each)) for each in everything if each.at_key and each.loc}
        misspelt |= {tuple(each.params["path"]) for each in everything if each.code == "key-misplaced"}  # type: ignore[arg-type]
        for each in everything:
            if _is_there(each, misspelt):
                continue  # under a name that is reported
            _report(document, each, guesses, found)
        return None
    finally:
        _lint(document, found)
    return made


_MISSING = {"key-missing": "key", "one-of-missing": "keys", "needs-key": "other"}


def _is_there(finding: Finding, misspelt: Collection[tuple[object, ...]]) -> bool:
    """Whether a key that is said to be missing stands there under another spelling."""
    word = _MISSING.get(finding.code)
    if word is None:
        return False
    above = finding.loc[:-1] if finding.code == "needs-key" else finding.loc
    return any((*above, key) in misspelt for key in str(finding.params[word]).split(", "))


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
    written = str(finding.loc[-1])
    return finding.params.get("suggestion") or re.split(r"[:：，、]", ascii_form(written) or written)[0].strip()


def _report(
    document: Document, finding: Finding, guesses: Mapping[tuple[str | int, ...], str], found: Diagnostics
) -> None:
    node, whole = document.node(finding.loc)
    if whole and _keyboard(document, finding, node, found):
        return
    if finding.loc in guesses and finding.code != "full-width" and whole:
        value, plain = str(node.value), guesses[finding.loc]
        code = "full-width" if plain == (ascii_form(value) or "").strip("\"'") else "meant-otherwise"
        document.report(found, code, finding.loc, value=value, plain=plain)
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
    if finding.code == "value-empty":
        if _blame_key(document, node, found):
            return True
        alone = _ANCHOR_ALONE.match(document.source.text, node.key_end) if node.key_end >= 0 else None
        if alone:
            document.report_at(found, "anchor-alone", alone.start(1), alone.end(1), text=alone[1])
            return True
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
        if code == "fullwidth-bracket" or (code == "fullwidth-colon" and "\n" in text):
            return _each_sign(document, node, found, _FLOW_SIGN if code == "fullwidth-bracket" else _KEYS_COLON)
        if not code and finding.code == "not-a-list" and text[-1:] in ("]", "}"):
            sign, code = text[-1], "bracket-not-opened"
        if code:
            at = node.start + text.rindex(sign) if code == "bracket-not-opened" else node.start + text.index(sign)
            document.report_at(found, code, at, at + 1, character=sign, text=sign)
            return True
        return False
    for code, pattern in (("fullwidth-hash", _HASH), ("odd-space", _ODD)):
        hit = pattern.search(text)
        if hit:
            document.report_at(found, code, node.start + hit.end() - 1, node.start + hit.end())
            return True
    parent, _ = document.node(finding.loc[:-1])
    in_flow = document.source.text[parent.start : parent.start + 1] in ("[", "{")
    for code, pattern in (("fullwidth-comma", _COMMA), ("fullwidth-bracket", _BRACKET)) if in_flow else ():
        hit = pattern.search(text)
        if hit:
            at = node.start + hit.start()
            document.report_at(found, code, at, at + 1, character=hit.group(), text=hit.group())
            return True
    return False


def _each_sign(document: Document, node: Node, found: Diagnostics, pattern: re.Pattern[str]) -> bool:
    """Reports every full-width sign of a value that was to be a list or a mapping; False where there is none."""
    hits = list(pattern.finditer(document.source.text, node.start, node.end))
    for hit in hits:
        code = "fullwidth-" + {"：": "colon", "，": "comma", "、": "comma"}.get(hit[1], "bracket")
        document.report_at(found, code, hit.start(1), hit.end(1), character=hit[1], text=hit[1])
    return bool(hits)


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
    **dict.fromkeys("［］｛｝【】「」", "fullwidth-bracket"),
    **dict.fromkeys("\u00a0\u200b\u200c\u200d\u2060\ufeff", "odd-space"),
    ":": "yaml-colon-space",
}


def _meant_values(
    document: Document, data: Plain, model: type[BaseModel], everything: tuple[Finding, ...]
) -> tuple[dict[tuple[str | int, ...], str], dict[tuple[str | int, ...], Finding]]:
    """Values in the form that was probably meant, and only those that the model takes in that form.

    All are tried at once, and twice: a guess may show what kind of value is wanted. Besides, what is said of a value
    once its width is right and it is still wrong.
    """
    tried: dict[tuple[str | int, ...], str] = {}
    waiting = {tuple(each.loc): each for each in everything if not each.at_key}
    still: dict[tuple[str | int, ...], Finding] = {}
    for _ in range(2):
        for loc, each in waiting.items():
            node, whole = document.node(loc)
            value = node.value if whole and type(node.value) is str else None
            guess = (meant(each.code, value) or ascii_form(value)) if value is not None else None
            if guess is not None:
                tried[loc] = guess
        trial = data
        for loc, plain in tried.items():
            trial = _replaced(trial, loc, plain)
        try:
            if not tried:
                break
            model.model_validate(trial)
        except ValidationError as error:
            wrong = {tuple(each.loc): each for each in findings(error, model)}
            waiting = {loc: wrong[loc] for loc in tried if loc in wrong}
        else:
            waiting = {}
    for loc, each in waiting.items():
        if tried.pop(loc, None) is not None and "value" in each.params and each.code != "full-width":
            still[loc] = replace(each, params={**each.params, "value": str(document.node(loc)[0].value)})
    return tried, {loc: each for loc, each in still.items() if not each.at_key}


def _put_right(finding: Finding, model: type[BaseModel], data: Plain, titles: Mapping[str, str]) -> Finding:
    """The finding with what more can be told of it: a Chinese word, a key on the wrong level, a title for a key."""
    params = finding.params
    if finding.code == "key-unknown" or finding.code == "key-unknown-close":
        key = str(params["key"])
        for depth in range(len(finding.loc) - 2, -1, -1):
            above = finding.loc[:depth]
            if key in keys_at(model, above) and key not in _at(data, above):
                words = {"key": key, "parent": finding.loc[-2], "path": (*above, key)}
                return replace(finding, code="key-misplaced", params=words)
        word = translated(key, str(params["known"]).split(", "))
        if word is not None:
            return replace(finding, code="key-unknown-close", params={**params, "suggestion": word})
    if finding.code in ("not-a-choice", "not-a-choice-close"):
        choices, value = str(params["choices"]).split(", "), str(params["value"])
        several = split_choices(value, choices)
        if several is not None and isinstance(finding.loc[-1], int):
            return replace(finding, code="comma-missing", params={"text": value, "plain": several})
        word = translated(value, choices)
        if word is not None:
            return replace(finding, code="not-a-choice-close", params={**params, "suggestion": word})
    if finding.code in ("not-a-key", "not-a-group-name") and not finding.at_key:
        called = titles.get(str(params["value"]).strip())
        if called is not None:
            return replace(finding, code="title-for-key", params={"value": params["value"], "plain": called})
    if finding.code == "not-a-weekday" and finding.at_key:
        days = meant(finding.code, str(params["value"]))
        if days is not None:
            return replace(finding, code="meant-otherwise", params={"value": params["value"], "plain": days})
    return finding


def _at(data: Plain, loc: Sequence[str | int]) -> Plain:
    for step in loc:
        data = data[step]
    return data if isinstance(data, dict) else {}


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

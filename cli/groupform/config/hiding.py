"""Keeps what somebody wrote into a project file by mistake, a token or a password, out of every finding about it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from groupform.config.diagnostics import Diagnostic, Diagnostics
from groupform.config.variables import looks_secret

HIDDEN = "*"
_SHORTEST = 6
"""A word of fewer characters keeps no door shut, and would turn ordinary words into stars."""

# Read as text and not as YAML: a file that cannot be parsed is read out in findings as well.
_BLOCK = re.compile(r"^[\"']?conn\w*[\"']?\s*[:：].*(?:\n(?![A-Za-z\"']).*)*", re.MULTILINE)
_STATE = re.compile(r"^[\"']?state[\"']?\s*[:：].*(?:\n(?![A-Za-z\"']).*)*", re.MULTILINE)
_KEY = re.compile(r"(?P<key>[\w-]+)[\"']?\s*[:：][ \t]*")
_REFERENCE = re.compile(r"\$\{(?:env:[A-Za-z_][A-Za-z0-9_]*|file:[^{}]*)\}")
_WORD = re.compile(rf"[^\s\[\]{{}},，、\"'$]{{{_SHORTEST},}}")
_LOGIN = re.compile(r"://([^@\s]+)@")
_QUERY = re.compile(rf"[?&][\w-]+=([^&\s\"'{{}}]{{{_SHORTEST},}})")


def without_secrets(found: Diagnostics, text: str) -> Diagnostics:
    """The findings, with stars where they would show what stands under a secret's name in the project file `text`."""
    words = sorted(_written(text), key=len, reverse=True)
    return Diagnostics(_hidden(each, words) for each in found) if words else found


def _written(text: str) -> set[str]:
    """Every word that stands where only a reference to a secret should."""
    blocks = [each.group() for each in _BLOCK.finditer(text)]
    if not blocks and "connections" in text:
        blocks = [text]
    blocks += [each.group() for each in _STATE.finditer(text)]
    words: set[str] = set()
    for block in blocks:
        for value in _values(block):
            words.update(_WORD.findall(_REFERENCE.sub(" ", value)))
        for login in _LOGIN.findall(_REFERENCE.sub("", block)):
            words.update(part for part in login.split(":") if len(part) >= _SHORTEST)
        words.update(_QUERY.findall(block))
    return words


def _values(block: str) -> Iterator[str]:
    """What stands after each key that sounds like a secret: the rest of its value, further lines included."""
    for hit in _KEY.finditer(block):
        if not looks_secret(hit["key"]):
            continue
        line, _, below = block[hit.end() :].partition("\n")
        yield _one_line(_REFERENCE.sub(" ", line))  # before anything is split: a reference ends in a brace of its own
        indent = len(block[: hit.start()].rpartition("\n")[2]) - len(block[: hit.start()].rpartition("\n")[2].lstrip())
        for each in below.split("\n"):
            deeper = len(each) - len(each.lstrip()) > indent
            if each.strip() and not deeper:
                break
            if _KEY.match(each.lstrip(" -")) is None:
                yield each


def _one_line(line: str) -> str:
    if line[:1] in ('"', "'"):
        end = line.find(line[0], 1)
        return line if end < 0 else line[1:end]
    if line[:1] == "[":
        return line.partition("]")[0]
    # A brace belongs to the value only where a reference opens it.
    return re.split(r"[,，]|(?<!\$)\}\s*$", line, maxsplit=1)[0]


def _hidden(each: Diagnostic, words: Collection[str]) -> Diagnostic:
    params: Mapping[str, object] = MappingProxyType(
        {name: _starred(value, words) if isinstance(value, str) else value for name, value in each.params.items()}
    )
    line = _starred(each.source_line, words) if each.source_line is not None else None
    return replace(each, params=params, source_line=line)


def _starred(text: str, words: Collection[str]) -> str:
    """Stars of the same width, so that a caret still points at the right place. A word may have been cut off."""
    for word in words:
        for length in range(len(word), _SHORTEST - 1, -1):
            if word[:length] in text:
                text = text.replace(word[:length], HIDDEN * length)
                break
    return text

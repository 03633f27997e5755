"""Writes a value into a YAML text and leaves everything else as it was: comments, order, quotes, indentation."""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from groupform.config.diagnostics import Diagnostics
from groupform.config.reader import Node, read

Written: TypeAlias = "str | int | bool | Sequence[Written] | Mapping[str, Written]"

_UNDER_KEY = re.compile(r"^( *)[^\s#-][^\n]*:[ \t]*(?:#[^\n]*)?\n( *)- ", re.MULTILINE)
_PLAIN = re.compile(r"[^\W_][\w ./·-]*\Z")
# What readers of YAML, editors among them, take for a number or a date; ours reads every scalar by its field.
_NUMBER = re.compile(r"[0-9][0-9a-fA-FoOxX_.+-]*\Z")
_WORDS = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})
# Cannot be seen, or turns what stands beside it around: written so that whoever reviews the file knows of it. Joiners
# and what chooses a picture's form are part of the words and pictures that they stand in.
_UNSEEN = ("Cc", "Cf", "Cn", "Co", "Zl", "Zp")
_ONE_LINE = 100
_JOINERS = "\u200c\u200d"
_SHORT = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}


class Unwritable(Exception):  # noqa: N818 - says why the caller has to ask a person to edit the file
    """The text cannot take the value: it is not YAML of ours, or the path does not lead through it."""


def set_value(text: str, path: Sequence[str | int], value: Written) -> str:
    """The text with the value at `path` (keys and positions) replaced, or added where only its last key is missing.

    A text for a text is exchanged in its own few characters; anything else goes through ruamel's round trip.
    Raises Unwritable, also where the result would not read back as what was written.
    """
    if not path:
        raise Unwritable("a value needs a place")
    if text.startswith("\ufeff"):
        return "\ufeff" + set_value(text[1:], path, value)
    node = _find(_root(text), path)
    made = None
    # A block of text, an alias or an anchor is more than its own characters.
    short = node is not None and type(node.value) is str and text[node.start] not in "|>*&!"
    if short and node is not None and isinstance(value, str | int):
        made = text[: node.start] + (scalar(value) if isinstance(value, str) else _as_text(value)) + text[node.end :]
    if made is None:
        made = _round_trip(text, path, value)
    back = _find(_root(made), path)
    if back is None or back.plain() != _as_text(value):
        raise Unwritable("the value does not read back as it was written")
    return made


def _root(text: str) -> Node:
    found = Diagnostics()
    done = read(text.encode("utf-8", "surrogatepass"), "text", found)
    if done is None or found.failed:
        raise Unwritable("the text cannot be read")
    return done[1]


def _find(node: Node, path: Sequence[str | int]) -> Node | None:
    for step in path:
        if type(node.value) is dict and step in node.value:
            node = node.value[str(step)]
        elif type(node.value) is list and isinstance(step, int) and 0 <= step < len(node.value):
            node = node.value[step]
        else:
            return None
    return node


def scalar(text: str) -> str:
    """A text as one line of YAML: bare where nobody could misread it, in a flow as well, in double quotes otherwise."""
    bare = _PLAIN.match(text) and text == text.strip() and not _NUMBER.match(text) and text.lower() not in _WORDS
    if bare and not any(map(_hides, text)):
        return text
    return f'"{"".join(map(_escaped, text))}"'


def _hides(rune: str) -> bool:
    odd_space = unicodedata.category(rune) == "Zs" and rune not in " \u3000"
    return odd_space or (unicodedata.category(rune) in _UNSEEN and rune not in _JOINERS)


def _escaped(rune: str) -> str:
    if rune in _SHORT:
        return _SHORT[rune]
    if not _hides(rune):
        return rune
    return f"\\u{ord(rune):04x}" if ord(rune) < 0x10000 else f"\\U{ord(rune):08x}"


def _as_text(value: Written) -> Any:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Mapping):
        return {key: _as_text(each) for key, each in value.items()}
    return [_as_text(each) for each in value]


def _round_trip(text: str, path: Sequence[str | int], value: Written) -> str:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    yaml = YAML(typ="rt")
    yaml.preserve_quotes = True
    yaml.width = 4096
    found = _UNDER_KEY.search(text)
    offset = len(found[2]) - len(found[1]) if found else 2
    yaml.indent(mapping=2, sequence=max(offset, 0) + 2, offset=max(offset, 0))
    try:
        document = yaml.load(text)
        there = document
        around = [there]
        for step in path[:-1]:
            there = there[step]
            around.append(there)
        there[path[-1]] = _in_style(value, around)
        out = io.StringIO()
        yaml.dump(document, out)
    except (YAMLError, LookupError, TypeError, AttributeError) as problem:
        raise Unwritable(str(path[-1])) from problem
    return out.getvalue()


def _in_style(value: Written, around: Sequence[Any]) -> Any:
    """The value as its neighbours are written: on one line among such; whoever would be too long for one gets lines."""
    made = _plain(value)
    if not isinstance(value, Mapping):
        return made
    if len(str(value)) > _ONE_LINE:
        for each in around:
            if hasattr(each, "fa"):
                each.fa.set_block_style()
        return made
    others = list(around[-1].values()) if isinstance(around[-1], Mapping) else []
    if others and all(hasattr(each, "fa") and each.fa.flow_style() for each in others):
        from ruamel.yaml.comments import CommentedMap

        made = CommentedMap(made)
        made.fa.set_flow_style()
    return made


def _plain(value: Written) -> Any:
    if isinstance(value, str | int):
        return value
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    return [_plain(each) for each in value]

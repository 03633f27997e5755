"""Owns when two texts mean the same to whoever reads them, so that a comma asks nobody to do anything again."""

from __future__ import annotations

import re
import unicodedata

from groupform.compile.resource import Json

# What tells one thing from another wherever it stands: shares, mentions, topics, alternatives, placeholders.
_TELLING = frozenset("%‰#@&/\\*_{}")
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://[^\s\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]+", re.IGNORECASE)
_JOINS_WORDS = frozenset(".:-'")
_JOINS_NUMBERS = frozenset(".,:-")


def meaning(value: Json) -> Json:
    """A value in a form that is equal for equal meaning: width, case, white space and punctuation do not count.

    Addresses (`https://…`) stay letter for letter, and so does what makes a number, a time or a sign: 1.5 is not 15.
    """
    if isinstance(value, str):
        return _spoken(value)
    if isinstance(value, list):
        return [meaning(each) for each in value]
    if isinstance(value, dict):
        return {key: meaning(each) for key, each in value.items()}
    return value


def alike(left: Json, right: Json) -> bool:
    """Whether two values differ in nothing that anybody would act upon."""
    return type(left) is type(right) and (left == right or meaning(left) == meaning(right))


def _spoken(text: str) -> str:
    parts: list[str] = []
    end = 0
    for found in _ADDRESS.finditer(text):
        # What closes the sentence behind an address is not part of it.
        address = found[0].rstrip(".,;:!?)]}'\"")
        parts += [_words(text[end : found.start()]), address]
        end = found.start() + len(address)
    parts.append(_words(text[end:]))
    return " ".join(each for each in parts if each)


def _words(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).casefold()
    kept: list[str] = []
    for index, rune in enumerate(plain):
        before = plain[index - 1] if index else " "
        after = plain[index + 1] if index + 1 < len(plain) else " "
        kept.append(rune if _counts(rune, before, after) else " ")
    return _closed("".join(kept))


def _counts(rune: str, before: str, after: str) -> bool:
    category = unicodedata.category(rune)
    if category[0] not in "PZC":
        return True
    if rune in _TELLING:
        return True
    if before.isdigit() and after.isdigit() and rune in _JOINS_NUMBERS:
        return True
    if rune == "-" and after.isdigit() and not before.isalnum():
        return True
    return _latin(before) and _latin(after) and rune in _JOINS_WORDS


def _closed(text: str) -> str:
    """Blanks only where two words or numbers would run into each other without one."""
    words = text.split()
    made = words[0] if words else ""
    for each in words[1:]:
        made += (" " if _latin(made[-1]) and _latin(each[0]) else "") + each
    return made


def _latin(rune: str) -> bool:
    return rune.isalnum() and ord(rune) < 0x2E80

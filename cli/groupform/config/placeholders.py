"""Finds and fills `{words}` in titles and texts; `{{words}}` in double braces are left alone."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

# Begins with a plain brace so that the search leaps from one to the next; a doubled pair is matched, and passed over.
_WORD = re.compile(r"\{(?P<doubled>\{)?(?P<word>[^\W\d][\w-]*)\}(?(doubled)\})")

MEMBER = "member"
"""Only a text that is sent to somebody can name them."""
TEXT_WORDS = ("community", "group", "title")
"""What any text inside a community can say: the community's title, and the group's, by either name."""


def words(text: str) -> Iterator[str]:
    """The placeholders of a text, in order, repeats included."""
    return (hit["word"] for hit in _WORD.finditer(text) if not hit["doubled"])


def unknown(text: str, allowed: Collection[str]) -> tuple[str, ...]:
    """The placeholders of a text that nothing fills, each once, in order."""
    if "{" not in text:
        return ()
    return tuple(dict.fromkeys(each for each in words(text) if each not in allowed))


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with every placeholder that has a value filled; the others stay as they are, for whoever fills them."""
    if "{" not in text:
        return text
    return _WORD.sub(lambda hit: hit.group() if hit["doubled"] else values.get(hit["word"], hit.group()), text)

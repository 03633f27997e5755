"""Owns what a platform's attributes and their values are called: in people's words where its provider offers them.

A provider's catalogue may name an attribute as `<platform>-attr-<name>`, or as `<platform>-inner-<name>` where it only
matters to whoever knows the platform, a value as `<platform>-value-<name>-<value>`, and a resource type as
`<platform>-type-<name>`. What is not named reads as it is. Attributes are told in the order of the catalogue.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from groupform.messages import load
from groupform.render.terminal import Terminal

_PART_OF_A_CODE = re.compile(r"[a-z0-9_]+")


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one platform; with an empty `platform` everything reads as it is."""

    terminal: Terminal
    platform: str = ""

    def name(self, attribute: str) -> str:
        """What an attribute is called."""
        for kind in ("attr", "inner"):
            code = f"{self.platform}-{kind}-{attribute}"
            if self.platform and self.terminal.words.has(code):
                return self.terminal.say(code)
        return attribute

    def named(self, attribute: str) -> bool:
        """Whether the provider has a word for an attribute."""
        return any(self.terminal.words.has(f"{self.platform}-{kind}-{attribute}") for kind in ("attr", "inner"))

    def rank(self, attribute: str) -> int:
        """Where an attribute stands among those that the provider has named; the others come last."""
        code = f"{self.platform}-attr-{attribute}"
        return next((place for place, each in enumerate(load(self.terminal.words.lang)) if each == code), sys.maxsize)

    def kind(self, resource_type: str) -> str:
        """What a resource type is called."""
        code = f"{self.platform}-type-{resource_type}"
        return self.terminal.say(code) if self.platform and self.terminal.words.has(code) else resource_type

    def for_people(self, attributes: Iterable[str]) -> set[str]:
        """Those that say something to anybody; all of them where the provider has named none."""
        every = set(attributes)
        named = {each for each in every if self.terminal.words.has(f"{self.platform}-attr-{each}")}
        known = {each for each in every if self.terminal.words.has(f"{self.platform}-inner-{each}")}
        return every - known if named or known else every

    def value(self, attribute: str, value: Any) -> str | None:
        """What a value is called, or None where it has no name of its own."""
        if not self.platform or isinstance(value, bool) or not isinstance(value, str | int):
            return None
        if not _PART_OF_A_CODE.fullmatch(str(value)):
            return None
        code = f"{self.platform}-value-{attribute}-{value}"
        return self.terminal.say(code) if self.terminal.words.has(code) else None

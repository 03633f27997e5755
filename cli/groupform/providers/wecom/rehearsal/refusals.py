"""Owns how the rehearsal says no: the code of the facts, and words that name what was wrong."""

# ruff: noqa: N818 - an answer of the platform, not a crash

from __future__ import annotations

BAD_FIELD = 40058
EMPTY_FIELD = 40063


class Refused(Exception):
    """The platform answers with this errcode. `why` goes into the errmsg."""

    def __init__(self, errcode: int, why: str) -> None:
        self.errcode = errcode
        self.why = why
        super().__init__(f"{errcode}: {why}")


class Undocumented(Exception):
    """No page names this: a path, a method. The real platform answers something that is no API."""

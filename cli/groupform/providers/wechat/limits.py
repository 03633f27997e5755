"""Owns what is said about the limits of WeChat groups: hearsay, so that it advises and never refuses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from groupform.config.diagnostics import Diagnostic

# No official page is known for any of these numbers (shared/platforms/wechat_qq_manual.md, A.1, A.2 and D.1).


@dataclass(frozen=True, slots=True)
class Limits:
    """Numbers that steps and warnings speak of. A connection may set each under its name, where it knows better."""

    max_members: int = 500
    max_admins: int = 3
    qr_members: int = 200
    notice_length: int = 500
    """Not a limit that anybody has stated: past this a notice is long for a telephone's screen."""


NAMES = tuple(each.name for each in fields(Limits))


def read_limits(settings: Mapping[str, Any]) -> tuple[Limits, list[Diagnostic]]:
    """The limits of a connection, and what is wrong with its settings: an unknown key, or a value that is no number."""
    found: dict[str, int] = {}
    wrong: list[Diagnostic] = []
    for key, value in settings.items():
        text = str(value).strip()
        if key not in NAMES:
            wrong.append(Diagnostic("wechat-setting-unknown", params={"key": key, "known": ", ".join(NAMES)}))
        elif not (text.isascii() and text.isdigit() and int(text[:9]) > 0 and len(text) < 10):
            wrong.append(Diagnostic("wechat-setting-not-a-number", params={"key": key, "value": text}))
        else:
            found[key] = int(text)
    return Limits(**found), wrong

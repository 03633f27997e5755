"""Owns what is said about the limits of groups that have no API: hearsay, so that it advises and never refuses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from groupform.config.diagnostics import Diagnostic

# No official page is known for any of these numbers (shared/platforms/wechat_qq_manual.md, A.1, A.2, B.1 and D.1).


@dataclass(frozen=True, slots=True)
class Limits:
    """Numbers that steps and warnings speak of; None where nothing is said. A connection may set those that are there,
    each under its name, where it knows better."""

    max_members: int | None = None
    max_admins: int | None = None
    qr_members: int | None = None
    """Above so many members a QR code admits nobody."""
    notice_length: int | None = None
    """Not a limit that anybody has stated: past this a notice is long for a telephone's screen."""

    @property
    def names(self) -> tuple[str, ...]:
        """Those that this platform speaks of."""
        return tuple(each.name for each in fields(self) if getattr(self, each.name) is not None)


def read_limits(platform: str, known: Limits, settings: Mapping[str, Any]) -> tuple[Limits, list[Diagnostic]]:
    """The limits of a connection, and what is wrong with its settings: an unknown key, or a value that is no number."""
    found: dict[str, int] = {}
    wrong: list[Diagnostic] = []
    for key, value in settings.items():
        text = str(value).strip()
        if key not in known.names:
            params = {"key": key, "known": ", ".join(known.names)}
            wrong.append(Diagnostic(f"{platform}-setting-unknown", params=params))
        elif not (text.isascii() and text.isdigit() and int(text[:9]) > 0 and len(text) < 10):
            wrong.append(Diagnostic(f"{platform}-setting-not-a-number", params={"key": key, "value": text}))
        else:
            found[key] = int(text)
    return replace(known, **found), wrong

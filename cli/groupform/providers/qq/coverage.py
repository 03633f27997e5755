"""Owns what may become of each leaf of the language in QQ groups, where that differs from other platforms by hand."""

from __future__ import annotations

from groupform.compile.coverage import Row, rows
from groupform.compile.resource import Outcome
from groupform.providers.byhand.coverage import table

_A, _I, _G = Outcome.attest, Outcome.informational, Outcome.gap


def _asks(prefix: str) -> tuple[Row, ...]:
    return rows(f"{prefix}.asks.*", "ask choices.segment", _A, _G, reason="-gap-nobody-asks")


TABLE = table(
    "qq",
    *_asks("tiers.*.entry"),
    *_asks("entry"),
    *_asks("groups.*.entry"),
    # A code works whatever the way of joining is: it leads to the question or the review.
    *rows("invitations.*", "group source", _A, _I, reason="coverage-nothing-deployed"),
)

"""Owns the coverage table: what becomes of each declared leaf, the worst first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rich.text import Text

from groupform.compile.coverage import WORST_FIRST
from groupform.compile.resource import Claim, Outcome
from groupform.render.plan_view import pattern
from groupform.render.terminal import Terminal, clean, print_wrapped

_STYLES = {Outcome.gap: "alarm", Outcome.attest: "caution", Outcome.hand_over: "caution", Outcome.native: "good"}


@dataclass(frozen=True, slots=True)
class CoverageRow:
    """Claims that are alike: `count` leaves of the same pattern with the same outcome and reason."""

    path: str
    count: int
    claim: Claim


def coverage_rows(claims: Sequence[Claim], *, full: bool = False) -> list[CoverageRow]:
    """Claims in showing order; copies of a fanned-out group as one row, unless all of them were asked for."""
    ranked = _ranked(claims)
    if full:
        return [CoverageRow(each.path, 1, each) for each in ranked]
    together: dict[tuple[Any, ...], list[Claim]] = {}
    for each in ranked:
        words = tuple(sorted((name, str(value)) for name, value in each.params.items()))
        together.setdefault((pattern(each.path), each.outcome, each.attribute, each.reason, words), []).append(each)
    return [
        CoverageRow(pattern(each[0].path) if len(each) > 1 else each[0].path, len(each), each[0])
        for each in together.values()
    ]


def _ranked(claims: Sequence[Claim]) -> list[Claim]:
    """The worst outcome first, one reason's claims together, each as early as its first."""
    first: dict[tuple[Outcome, str | None, str], int] = {}
    for index, each in enumerate(claims):
        first.setdefault((each.outcome, each.reason, str(dict(each.params))), index)

    def rank(each: Claim) -> tuple[int, int]:
        return WORST_FIRST.index(each.outcome), first[each.outcome, each.reason, str(dict(each.params))]

    return sorted(claims, key=rank)


def show_coverage(
    terminal: Terminal, deployment: str, platform: str, claims: Sequence[Claim], *, full: bool = False
) -> None:
    """Prints one deployment's table to `out`."""
    head = Text.assemble((clean(deployment), "head"))
    head.append(f"  {clean(platform)}", style="faint")
    terminal.line(head)
    counts = Counter(each.outcome for each in claims)
    parts = [
        terminal.say("coverage-count", outcome=_word(terminal, each), count=counts[each])
        for each in WORST_FIRST
        if counts[each]
    ]
    terminal.line(terminal.say("list-comma").join(parts), indent=2, hanging=2)
    before: tuple[Outcome, str] | None = None
    for row in coverage_rows(claims, full=full):
        outcome, why = row.claim.outcome, _why(terminal, row.claim)
        if before is None or outcome is not before[0]:
            terminal.line()
            terminal.line(_word(terminal, outcome), indent=2, style=_STYLES.get(outcome, "head"))
        if why and (outcome, why) != before:
            terminal.line(why, indent=4, hanging=2, style="faint")
        before = (outcome, why)
        text = Text(clean(row.path))
        if row.count > 1:
            text.append(f" ({row.count})", style="faint")
        where = carried_by(row.claim)
        if where:
            text.append(f"  {terminal.glyph('→')} {clean(where)}", style="faint")
        print_wrapped(terminal.out, text, indent=6 if why else 4, hanging=4)


def _why(terminal: Terminal, claim: Claim) -> str:
    return terminal.say(claim.reason, **claim.params) if claim.reason else ""


def carried_by(claim: Claim) -> str:
    """`room.join_rule`: the type and attribute that carry a leaf, or nothing."""
    if claim.address is None:
        return ""
    return f"{claim.address.type}.{claim.attribute}" if claim.attribute else claim.address.type


def coverage_json(terminal: Terminal, deployment: str, platform: str, claims: Sequence[Claim]) -> dict[str, Any]:
    """One deployment's claims as data, every one of them."""
    return {
        "deployment": deployment,
        "platform": platform,
        "claims": [
            {
                "path": each.path,
                "outcome": each.outcome.value,
                "address": str(each.address) if each.address else None,
                "attribute": each.attribute,
                "reason": each.reason,
                "message": terminal.say(each.reason, **each.params) if each.reason else None,
            }
            for each in sorted(claims, key=lambda each: WORST_FIRST.index(each.outcome))
        ],
    }


def _word(terminal: Terminal, outcome: Outcome) -> str:
    return terminal.say(f"outcome-{outcome.value}")

"""Owns what a platform cannot do of what is declared, and which of it is known and agreed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from groupform.compile.resource import Claim, Outcome
from groupform.engine.decide import Decision
from groupform.engine.plan import Gap, GuardFinding, Reason, Why
from groupform.engine.words import words
from groupform_schemas import OnGap

ONE_WAY = "one-way"
"""The guard that speaks of what cannot be taken back."""


def list_gaps(
    claims: Iterable[Claim], decisions: Iterable[Decision], accepted: Sequence[str], on_gap: OnGap
) -> tuple[Gap, ...]:
    """Every gap once, in the order of claims; then attributes and objects that nobody can write."""
    ignoring = on_gap is OnGap.ignore
    found: dict[tuple[str, str], Gap] = {}

    def note(path: str, code: str, params: dict[str, object]) -> None:
        agreed = ignoring or is_accepted(path, accepted)
        gap = Gap(path=path, reason=Reason(code=code, params=words(params)), accepted=agreed)
        found.setdefault((path, code), gap)

    for claim in claims:
        if claim.outcome is Outcome.gap:
            note(claim.path, claim.reason or "plan-gap", dict(claim.params))
    for each in decisions:
        if each.nobody:
            note(each.subject.address, "plan-nobody-creates", {"label": each.subject.label})
        for change in each.helpless:
            note(
                f"{each.subject.address}!{change.name}",
                "plan-nobody-writes",
                {"label": each.subject.label, "attribute": change.name},
            )
        for change in each.difference.locked:
            code = each.subject.kind.one_ways[change.name].kept
            note(f"{each.subject.address}!{change.name}", code, {"label": each.subject.label})
    return tuple(found.values())


def is_accepted(path: str, accepted: Iterable[str]) -> bool:
    """Whether an agreed path names this one, or a part of the tree it is in.

    `entry` covers `entry.account_age`; `groups.city` covers `groups.city/sh.title`; `*` stands for any text.
    """
    return any(_pattern(each).match(path) is not None for each in accepted)


def guard_gaps(gaps: Iterable[Gap], on_gap: OnGap) -> list[GuardFinding]:
    """One finding for each gap that is not agreed, where the project wants gaps to be errors."""
    if on_gap is not OnGap.error:
        return []
    return [
        GuardFinding(
            guard="gap",
            reason=Reason(code="plan-guard-gap", params={"path": each.path, "because": each.reason.code}),
            approvable=False,
        )
        for each in gaps
        if not each.accepted
    ]


def guard_locked(decisions: Iterable[Decision], accepted: Sequence[str]) -> list[GuardFinding]:
    """What cannot be taken back and is declared no more, or never was.

    It blocks where the files went from it: whoever took it out believes that it ends. What somebody switched on by hand
    is a remark. An agreed gap says nothing.
    """
    return [
        GuardFinding(
            guard=ONE_WAY,
            reason=Reason(
                code=each.subject.kind.one_ways[change.name].kept,
                params={"label": each.subject.label, "attribute": change.name},
            ),
            addresses=[each.subject.address],
            blocks=change.why is Why.change,
            approvable=False,
        )
        for each in decisions
        for change in each.difference.locked
        if not is_accepted(f"{each.subject.address}!{change.name}", accepted)
    ]


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, text.strip().split("*"))) + r"(?=$|[./\[#!])")

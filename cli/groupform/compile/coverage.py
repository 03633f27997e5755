"""Owns coverage: what may become of each leaf on a platform (tables), and what did become of it (claims, DESIGN §4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from groupform.compile.leaves import Leaf
from groupform.compile.resource import Claim, Outcome

WORST_FIRST = (
    Outcome.gap,
    Outcome.attest,
    Outcome.hand_over,
    Outcome.scheduled,
    Outcome.informational,
    Outcome.excluded,
    Outcome.native,
)
"""The order in which an operator wants to read outcomes."""
CARRIED = frozenset({Outcome.native, Outcome.hand_over, Outcome.attest})
"""Outcomes of a leaf whose value lives in an attribute: a change of the leaf is a change of desired."""
SILENT = frozenset({Outcome.informational, Outcome.gap, Outcome.scheduled})
"""Outcomes that need no attribute, so that a table alone can claim them."""


@dataclass(frozen=True, slots=True)
class Row:
    """What may become of the leaves of one pattern. `reason` is a message code: why it is no more than that."""

    pattern: str
    outcomes: tuple[Outcome, ...]
    reason: str | None = None

    @property
    def fixed(self) -> Outcome | None:
        """The outcome that holds whatever the value, where there is only one that needs no attribute."""
        return self.outcomes[0] if len(self.outcomes) == 1 and self.outcomes[0] in SILENT else None


def rows(prefix: str, names: str, *outcomes: Outcome, reason: str | None = None) -> tuple[Row, ...]:
    """One row for each of `names` (separated by space) below `prefix`; `.` among them is the prefix itself."""
    return tuple(Row(prefix if name == "." else f"{prefix}.{name}", outcomes, reason) for name in names.split())


@dataclass(frozen=True)
class Table:
    """A provider's coverage table. Raises ValueError when a pattern stands twice, or a row has no outcome."""

    rows: tuple[Row, ...]

    def __post_init__(self) -> None:
        seen: set[str] = set()
        for row in self.rows:
            if row.pattern in seen or not row.outcomes:
                raise ValueError(f"coverage row {row.pattern} stands twice, or has no outcome")
            seen.add(row.pattern)

    @cached_property
    def _rows_by_pattern(self) -> dict[str, Row]:
        return {row.pattern: row for row in self.rows}

    def row(self, pattern: str) -> Row | None:
        """The row that decides about a pattern, or None where the provider has not decided."""
        return self._rows_by_pattern.get(pattern)


def complete(found: Sequence[Leaf], claims: Iterable[Claim], table: Table) -> tuple[Claim, ...]:
    """Adds the claims that need no compiler: excluded groups, and rows with one outcome that needs no attribute.

    The result is in the order of the leaves; several claims on one leaf stay in the compiler's order. Claims whose path
    is no leaf are kept at the end, for `stray` to find.
    """
    by_path: dict[str, list[Claim]] = {}
    for claim in claims:
        by_path.setdefault(claim.path, []).append(claim)
    completed: list[Claim] = []
    for leaf in found:
        own = by_path.pop(leaf.path, None)
        if own is not None:
            completed.extend(own)
        elif leaf.excluded:
            completed.append(Claim(leaf.path, Outcome.excluded, reason="coverage-excluded", params=_words(leaf)))
        else:
            row = table.row(leaf.pattern)
            if row is not None and row.fixed is not None:
                completed.append(Claim(leaf.path, row.fixed, reason=row.reason, params=_words(leaf)))
    for others in by_path.values():
        completed.extend(others)
    return tuple(completed)


def unclaimed(found: Iterable[Leaf], claims: Iterable[Claim]) -> Sequence[Leaf]:
    """Leaves that nothing was said about: each is a defect of a compiler."""
    claimed = {claim.path for claim in claims}
    return tuple(leaf for leaf in found if leaf.path not in claimed)


def stray(found: Iterable[Leaf], claims: Iterable[Claim]) -> Sequence[Claim]:
    """Claims on what is not declared: each is a defect of a compiler."""
    declared = {leaf.path for leaf in found}
    return tuple(claim for claim in claims if claim.path not in declared)


def unlisted(found: Iterable[Leaf], claims: Iterable[Claim], table: Table) -> Sequence[Claim]:
    """Claims with an outcome that the table does not list: compiler and documentation disagree."""
    patterns = {leaf.path: leaf.pattern for leaf in found}
    wrong = []
    for claim in claims:
        row = table.row(patterns.get(claim.path, ""))
        if claim.outcome is not Outcome.excluded and (row is None or claim.outcome not in row.outcomes):
            wrong.append(claim)
    return tuple(wrong)


def _words(leaf: Leaf) -> Mapping[str, object]:
    return {"group": leaf.group} if leaf.group is not None else {}

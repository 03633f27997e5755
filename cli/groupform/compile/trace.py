"""Owns the memory of a compiler: which leaf went into which attribute, so that claims are made from what was done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from groupform.compile.address import Address
from groupform.compile.coverage import SILENT, Table, complete
from groupform.compile.leaves import Leaf
from groupform.compile.resource import Claim, Outcome


class Trace:
    """Notes made while resources are built. The first note on a place stands: one copy speaks for all of them."""

    def __init__(self, carried: Outcome) -> None:
        """`carried` is the outcome of a leaf that an attribute carries, where a note does not say otherwise."""
        self._carried = carried
        self._exact: dict[str, Claim] = {}
        self._below: dict[str, Claim] = {}
        self._partly: dict[str, dict[str, Claim]] = {}
        self._instead: dict[str, Claim] = {}
        self._besides: set[str] = set()

    def carry(
        self,
        path: str,
        address: Address,
        attribute: str | None = None,
        *,
        below: bool = False,
        outcome: Outcome | None = None,
        reason: str | None = None,
    ) -> None:
        """The leaf at `path` went into this attribute; with `below`, so did every leaf under it."""
        notes = self._below if below else self._exact
        if path not in notes:
            notes[path] = Claim(path, outcome or self._carried, address, attribute, reason)

    def lack(self, path: str, reason: str, **params: object) -> None:
        """Part of what the leaf at `path` asks for is not possible, besides what carries it."""
        self._partly.setdefault(path, {}).setdefault(reason, Claim(path, Outcome.gap, reason=reason, params=params))

    def instead(self, path: str, outcome: Outcome, reason: str, **params: object) -> None:
        """What the leaf becomes where nothing carries it, in place of what the table says."""
        self._instead.setdefault(path, Claim(path, outcome, reason=reason, params=params))

    def besides(self, path: str) -> None:
        """What carries a leaf at or below `path` is not all of it: what else the table says of it stands as well."""
        self._besides.add(path)

    def claims(self, found: Sequence[Leaf], table: Table) -> tuple[Claim, ...]:
        """A claim for each leaf: what was noted, else the row's one outcome that needs no attribute."""
        return complete(found, (claim for leaf in found for claim in self._of(leaf, table)), table)

    def _of(self, leaf: Leaf, table: Table) -> Iterator[Claim]:
        carried = self._exact.get(leaf.path) or self._above(leaf.path)
        if carried is not None:
            yield Claim(leaf.path, carried.outcome, carried.address, carried.attribute, carried.reason)
        partly: Mapping[str, Claim] = self._partly.get(leaf.path, {})
        yield from partly.values()
        more = carried is not None and self._also(leaf.path)
        if ((carried is not None or partly) and not more) or leaf.excluded:
            return
        if leaf.path in self._instead:
            yield self._instead[leaf.path]
            return
        row = table.row(leaf.pattern)
        silent = [outcome for outcome in row.outcomes if outcome in SILENT] if row is not None else []
        if Outcome.scheduled in silent:
            # What is sent at its time is sent, unless a note says otherwise.
            silent = [Outcome.scheduled]
        if row is not None and len(silent) == 1:
            yield Claim(leaf.path, silent[0], reason=row.reason)

    def _also(self, path: str) -> bool:
        return any(path == each or path.startswith(f"{each}.") for each in self._besides)

    def _above(self, path: str) -> Claim | None:
        while True:
            if path in self._below:
                return self._below[path]
            path, dot, _ = path.rpartition(".")
            if not dot:
                return None

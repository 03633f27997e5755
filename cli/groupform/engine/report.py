"""Owns the sums of an apply: what was done, what failed, what was held back, and the report made of them."""

from __future__ import annotations

from dataclasses import dataclass, field

from groupform.engine.applies import FAILURES, WITHHELD
from groupform.engine.carry import Outcome
from groupform.engine.plan import Change, Reason, Step
from groupform.engine.recover import Recovered
from groupform.engine.tasks import Task
from groupform.engine.world import ApplyReport, Failed


@dataclass
class Tally:
    """What has come of the tasks so far, by address."""

    done: set[str] = field(default_factory=set)
    failed: dict[str, Failed] = field(default_factory=dict)
    blocked: set[str] = field(default_factory=set)
    protected: set[str] = field(default_factory=set)
    withheld: set[str] = field(default_factory=set)
    refused: dict[str, dict[str, str]] = field(default_factory=dict)
    recovered: list[Reason] = field(default_factory=list)
    unreachable: bool = False
    unfinished: bool = False

    def conclude(self, task: Task, outcome: Outcome) -> None:
        """Counts one task."""
        address = task.change.address
        self.unreachable = self.unreachable or outcome.unreachable
        if outcome.refused:
            self.refused.setdefault(address, {}).update(outcome.refused)
        if outcome.failed is not None:
            self.failed.setdefault(address, outcome.failed)
        elif outcome.interrupted:
            self.unfinished = True
        elif not task.change.temporary:
            self.done.add(address)

    def recover(self, found: Recovered) -> None:
        """Counts what became of an open intent."""
        if found.said is not None:
            self.recovered.append(found.said)
        if found.failed is not None:
            self.failed[found.failed.address] = found.failed
        self.unreachable = self.unreachable or found.unreachable

    def touched(self) -> bool:
        """True when something has been changed on the platform, or may have been."""
        unknown = self.unfinished or any(each.unknown for each in self.failed.values())
        return bool(self.done or self.recovered or unknown)

    def whole(self, stopped: Reason | None) -> bool:
        """True when nothing of the plan is left to do."""
        return stopped is None and not (self.failed or self.blocked or self.withheld or self.unfinished)

    @property
    def shortfall(self) -> str:
        """Why something is left, where nothing stopped the apply."""
        return FAILURES if self.failed or self.blocked or self.unfinished else WITHHELD

    def report(
        self,
        deployment: str,
        changes: list[Change],
        steps: tuple[Step, ...],
        *,
        stopped: Reason | None,
        requests: int,
        seconds: float,
    ) -> ApplyReport:
        """The report, in the plan's order."""
        order = {address: rank for rank, address in enumerate(dict.fromkeys(each.address for each in changes))}

        def sorted_(addresses: set[str]) -> tuple[str, ...]:
            return tuple(sorted(addresses, key=lambda each: (order.get(each, len(order)), each)))

        out_of_hand = self.failed.keys()
        return ApplyReport(
            deployment=deployment,
            done=sorted_(self.done - out_of_hand),
            failed=tuple(self.failed[each] for each in sorted_(set(out_of_hand))),
            blocked=sorted_(self.blocked - out_of_hand - self.protected),
            protected=sorted_(self.protected - out_of_hand),
            withheld=sorted_(self.withheld - out_of_hand),
            steps=steps,
            recovered=tuple(self.recovered),
            refused={each: self.refused[each] for each in sorted_(set(self.refused))},
            stopped=stopped,
            unreachable=self.unreachable,
            requests=requests,
            seconds=seconds,
        )

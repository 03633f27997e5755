"""Owns what is said of creates whose outcome was never learned: found, not there, too early to tell, or unknowable."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from groupform.engine.plan import GuardFinding, Reason
from groupform.engine.provider import Free, Ours
from groupform.engine.subjects import Subject


def recovery(subjects: Iterable[Subject], as_of: datetime) -> tuple[list[Reason], list[GuardFinding]]:
    """A sentence for each open intent, and a finding where only a person can tell whether it came true."""
    said: list[Reason] = []
    unknown: list[GuardFinding] = []
    lost: list[str] = []
    for each in subjects:
        if each.intent is None:
            continue
        params = {"label": each.label, "address": each.address, "sent_at": each.intent.sent_at}
        if isinstance(each.found, Ours):
            said.append(Reason(code="plan-recovery-found", params={**params, "id": each.found.id}))
        elif isinstance(each.found, Free) and each.intent.lost:
            lost += [each.address] if each.resource is not None else []
        elif isinstance(each.found, Free) and not each.kind.listable:
            reason = Reason(code="plan-recovery-unknown", params=params)
            said.append(reason)
            if each.resource is not None:
                unknown.append(GuardFinding(guard="recovery", reason=reason, addresses=[each.address], alone=True))
        elif isinstance(each.found, Free):
            sent = datetime.fromisoformat(each.intent.sent_at.replace("Z", "+00:00"))
            settled = (as_of - sent).total_seconds() >= each.kind.settle
            code = "plan-recovery-absent" if settled else "plan-recovery-early"
            said.append(Reason(code=code, params=params))
    if lost:
        # A rebuilt state may ask for as many as there are copies of a group: one question, answered one by one.
        reason = Reason(code="plan-recovery-lost", params={"count": len(lost), "address": lost[0]})
        said.append(reason)
        unknown.append(GuardFinding(guard="recovery", reason=reason, addresses=sorted(lost), alone=True))
    return said, unknown

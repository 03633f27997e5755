"""Owns what a plan says beside its changes: what speaks against it, what cannot be done, seen or read."""

from __future__ import annotations

import shlex

from rich.text import Text

from groupform.engine.plan import DeploymentPlan, GuardFinding
from groupform.render.plan_view import declared, drift_alone, findings, gap_groups, short_address, unread_groups
from groupform.render.terminal import Terminal, clean

_SHOWN_UNMANAGED = 5
_SHOWN_GAPS = 12
_SHOWN_ADDRESSES = 3
_SHOWN_WAITING = 6
_SHOWN_UNREAD = 5
_SHOWN_DRIFT = 12


def show_findings(terminal: Terminal, plan: DeploymentPlan) -> None:
    """Prints guards, failed checks and conflicts, each with the way past it where there is one."""
    every = findings(plan)
    if not every:
        return
    terminal.line()
    for kind, each in every:
        head = Text()
        style = "alarm" if each.blocks else "caution"
        mark = terminal.glyph("✗" if each.blocks else "⚠")
        title = f"finding-{kind}" if each.blocks else "finding-remark"
        head.append(f"{mark} {terminal.say(title)}", style=style)
        head.append(terminal.say(each.reason.code, **each.reason.params))
        terminal.line(head, indent=2, hanging=2)
        if each.addresses:
            terminal.line(_addresses(terminal, each), indent=4, hanging=2, style="faint")
        hint = terminal.hint(each.reason.code, **each.reason.params)
        if hint:
            terminal.line(f"{terminal.glyph('→')} {hint}", indent=4, hanging=2, style="note")
        if each.blocks:
            way = way_past(terminal, each, plan.digest)
            terminal.line(f"{terminal.glyph('→')} {way}", indent=4, hanging=2, style="note")


def way_past(terminal: Terminal, finding: GuardFinding, digest: str) -> str:
    """How to get past a finding, as a command where a command can."""
    if not finding.approvable:
        return terminal.say("finding-not-approvable")
    if 1 <= len(finding.addresses) <= _SHOWN_ADDRESSES:
        flags = " ".join(f"--approve {shlex.quote(each)}" for each in finding.addresses)
    else:
        flags = f"--approve {digest}"
    return terminal.say("finding-approve", flags=flags)


def show_drift(terminal: Terminal, plan: DeploymentPlan) -> None:
    """Prints what was changed on the platform and no change speaks of, and what has become equal by itself."""
    changed = drift_alone(plan)
    if changed:
        terminal.line()
        terminal.line(terminal.count("drift-title", len(changed)), indent=2, hanging=2, style="caution")
        for each in changed[:_SHOWN_DRIFT]:
            terminal.line(f"{terminal.glyph('⚠')} {clean(each)}", indent=4, hanging=2)
        if len(changed) > _SHOWN_DRIFT:
            rest = terminal.count("more-addresses", len(changed) - _SHOWN_DRIFT)
            terminal.line(rest, indent=4, style="faint")
    settled = {each.partition("!")[0] for each in plan.converged}
    if settled:
        terminal.line(terminal.count("converged", len(settled)), indent=2, hanging=2, style="faint")


def show_remembered(terminal: Terminal, plan: DeploymentPlan) -> None:
    """Prints of which objects only the state learns something: what becomes of them once they are declared no more."""
    if not plan.remembered:
        return
    shown = terminal.say("list-comma").join(short_address(each) for each in plan.remembered[:_SHOWN_ADDRESSES])
    rest = len(plan.remembered) - _SHOWN_ADDRESSES
    names = clean(shown) + (f" {terminal.glyph('…')} {terminal.count('more-addresses', rest)}" if rest > 0 else "")
    terminal.line(terminal.count("remembered", len(plan.remembered), names=names), indent=2, hanging=2, style="note")


def show_waiting(terminal: Terminal, plan: DeploymentPlan) -> None:
    """Prints the changes that cannot be made yet, and what each waits for."""
    if not plan.waiting:
        return
    terminal.line()
    terminal.line(terminal.count("waiting-title", len(plan.waiting)), indent=2, hanging=2, style="head")
    for each in plan.waiting[:_SHOWN_WAITING]:
        first = terminal.say("list-comma").join(short_address(one) for one in each.blocked_by)
        text = Text(clean(f"{short_address(each.address)}  {each.label}  "))
        text.append(terminal.say("steps-after", first=first), style="faint")
        terminal.line(text, indent=4, hanging=2)
    if len(plan.waiting) > _SHOWN_WAITING:
        rest = len(plan.waiting) - _SHOWN_WAITING
        terminal.line(terminal.count("more-addresses", rest), indent=4, style="faint")


def show_unreadable(terminal: Terminal, plan: DeploymentPlan) -> None:
    """Prints what could not be read; nothing is planned for it, and nothing counts as gone."""
    if not plan.unreadable:
        return
    terminal.line()
    terminal.line(terminal.count("unreadable-title", len(plan.unreadable)), indent=2, hanging=2, style="caution")
    for each in unread_groups(plan):
        for one in each.objects[:_SHOWN_UNREAD]:
            head = Text.assemble((f"? {clean(short_address(one.address))}", "caution"))
            head.append(f"  {clean(one.label)}", style="")
            terminal.line(head, indent=4, hanging=4)
        if len(each.objects) > _SHOWN_UNREAD:
            rest = terminal.count("more-addresses", len(each.objects) - _SHOWN_UNREAD)
            terminal.line(f"{terminal.glyph('…')} {rest}", indent=6, style="faint")
        terminal.line(terminal.say(each.reason.code, **each.reason.params), indent=6, hanging=2)
        hint = terminal.hint(each.reason.code, **each.reason.params)
        if hint:
            terminal.line(f"{terminal.glyph('→')} {hint}", indent=6, hanging=2, style="note")


def show_gaps(terminal: Terminal, plan: DeploymentPlan, *, full: bool) -> None:
    """Prints what is declared and cannot be done here; in one line once it has been said before."""
    shouted = gap_groups((each for each in plan.gaps if not each.accepted), terminal.say_reason)
    accepted = declared(each.path for each in plan.gaps if each.accepted)
    count = sum(each.count for each in shouted)
    if not shouted and not accepted:
        return
    terminal.line()
    if shouted and not full:
        terminal.line(terminal.count("gaps-known", count), indent=2, hanging=2, style="faint")
    elif shouted:
        terminal.line(terminal.say("gaps-title", platform=plan.platform), indent=2, hanging=2, style="head")
        for each in shouted[:_SHOWN_GAPS]:
            text = Text.assemble(("! ", "caution"))
            text.append(terminal.say(each.gap.reason.code, **each.gap.reason.params))
            text.append(f" ({each.count})" if each.count > 1 else "", style="faint")
            text.append("  " + clean(terminal.say("list-comma").join(each.places)), style="faint")
            terminal.line(text, indent=4, hanging=2)
        if len(shouted) > _SHOWN_GAPS:
            rest = sum(each.count for each in shouted[_SHOWN_GAPS:])
            terminal.line(terminal.count("gaps-more", rest), indent=4, style="faint")
    if accepted:
        terminal.line(terminal.count("gaps-accepted", accepted), indent=2, hanging=2, style="faint")


def show_unmanaged(terminal: Terminal, plan: DeploymentPlan, *, full: bool) -> None:
    """Prints what is there and was never declared: it is left alone."""
    if not plan.unmanaged:
        return
    shown = plan.unmanaged if full else plan.unmanaged[:_SHOWN_UNMANAGED]
    names = terminal.say("list-comma").join(clean(each.label or each.id) for each in shown)
    if len(shown) < len(plan.unmanaged):
        names += terminal.glyph("…")
    terminal.line()
    text = terminal.count("unmanaged", len(plan.unmanaged), names=names)
    terminal.line(text, indent=2, hanging=2, style="faint")


def _addresses(terminal: Terminal, finding: GuardFinding) -> str:
    shown = [short_address(each) for each in finding.addresses[:_SHOWN_ADDRESSES]]
    rest = len(finding.addresses) - len(shown)
    more = [terminal.count("more-addresses", rest)] if rest else []
    return clean(terminal.say("list-comma").join([*shown, *more]))

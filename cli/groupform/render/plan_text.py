"""Owns the plan as text: what would happen, to how many people, and what is left to do, in ten seconds."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.text import Text

from groupform.engine.plan import Action, Change, DeploymentPlan, Plan, Reason, Why
from groupform.render.families import Bundle, Family, families, told
from groupform.render.plan_notes import (
    show_drift,
    show_findings,
    show_gaps,
    show_remembered,
    show_unmanaged,
    show_unreadable,
    show_waiting,
)
from groupform.render.plan_steps import show_steps
from groupform.render.plan_undone import show_lost, show_undone
from groupform.render.plan_view import Tally, drifted, is_first, kept_names, short_address, tally
from groupform.render.terminal import Terminal, clean
from groupform.render.values import Row, Values

STYLES = {
    Action.create: "add",
    Action.update: "change",
    Action.replace: "replace",
    Action.delete: "remove",
    Action.archive: "remove",
    Action.forget: "remove",
    Action.bind: "keep",
    Action.adopt: "keep",
    Action.move: "keep",
}
_SIGNS = {"+": "add", "-": "remove", "~": "change"}
_NAME_WIDTH = 18


def show_plan(terminal: Terminal, plan: Plan, *, full: bool = False) -> None:
    """Prints a plan to `out`: the whole in one line, then deployment by deployment."""
    if len(plan.deployments) > 1:
        total = sum((tally(each) for each in plan.deployments), Tally())
        terminal.line(summary(terminal, total), style="head")
        terminal.line()
    for number, each in enumerate(plan.deployments):
        if number:
            terminal.line()
        show_deployment(terminal, each, full=full)


def summary(terminal: Terminal, total: Tally) -> str:
    """`3 to add, 1 to change | affects up to 42 people | 2 steps for people | 1 cannot be done`."""
    comma, dot = terminal.say("list-comma"), f" {terminal.glyph('·')} "
    actions = [terminal.say(f"review-{each}", count=total.actions[each]) for each in Action if total.actions[each]]
    parts = [comma.join(actions) if actions else terminal.say("review-nothing")]
    if total.parts:
        parts[0] = terminal.count("review-parts", total.parts, what=parts[0])
    if total.people:
        parts.append(terminal.count("review-people", total.people))
    if total.protected:
        parts.append(terminal.count("review-protected", total.protected))
    if total.unreadable:
        parts.append(terminal.count("review-unreadable", total.unreadable))
    if total.steps:
        parts.append(terminal.count("review-steps", total.steps))
    if total.gaps:
        parts.append(terminal.count("review-gaps", total.gaps))
    return dot.join(parts)


def show_deployment(terminal: Terminal, plan: DeploymentPlan, *, full: bool = False) -> None:
    """Prints one deployment's plan."""
    dot = terminal.glyph("·")
    # A platform without an API has nobody to sign in as.
    named = any(each.isalnum() for each in plan.inputs.account)
    place = f"{plan.platform} {dot} {plan.inputs.account}" if named else plan.platform
    head = Text.assemble((plan.deployment, "head"))
    head.append(clean(f"  {place} {dot} {plan.environment}"), style="faint")
    terminal.line(head, hanging=2)
    terminal.line(summary(terminal, tally(plan)), indent=2, hanging=2, style="head")
    if plan.undone is not None:
        show_undone(terminal, plan.undone)
    for reason in plan.recovery:
        terminal.line(terminal.say(reason.code, **reason.params), indent=2, hanging=2, style="note")
    if plan.changes:
        terminal.line()
        _show_changes(terminal, plan, full=full)
    elif plan.unchanged:
        terminal.line(terminal.count("review-unchanged", plan.unchanged), indent=2, hanging=2)
    show_drift(terminal, plan)
    show_remembered(terminal, plan)
    show_unreadable(terminal, plan)
    show_findings(terminal, plan)
    show_steps(terminal, plan, full=full)
    show_waiting(terminal, plan)
    show_gaps(terminal, plan, full=full or is_first(plan))
    show_unmanaged(terminal, plan, full=full)
    if plan.undone is not None:
        show_lost(terminal, plan.undone)
    if plan.changes:
        terminal.line()
        _show_cost(terminal, plan)


def _show_changes(terminal: Terminal, plan: DeploymentPlan, *, full: bool) -> None:
    values = Values(terminal, plan.deployment, full, plan.platform)
    every = families(plan.changes, full=full)
    widest = max((cell_len(short_address(each.change.address)) for family in every for each in family.shown), default=0)
    for family in every:
        for index, bundle in enumerate(family.shown):
            detailed = index < family.detailed and not family.same
            _show_bundle(terminal, bundle, values, min(widest, 32), detailed=detailed)
        if family.hidden:
            _show_hidden(terminal, family)
        if family.same:
            _show_attributes(terminal, family.shown[0].change, values)


def _show_hidden(terminal: Terminal, family: Family) -> None:
    text = terminal.count("review-more-alike", family.hidden)
    if family.hidden_people:
        text += f" {terminal.glyph('·')} " + terminal.count("review-people", family.hidden_people)
    terminal.line(f"{terminal.glyph('…')} {text}", indent=4, hanging=2, style="faint")


def _show_bundle(terminal: Terminal, bundle: Bundle, values: Values, width: int, *, detailed: bool) -> None:
    change = bundle.change
    style = STYLES[change.action]
    address = short_address(change.address)
    head = Text()
    head.append(f"{terminal.glyph(change.action.glyph)} ", style=style)
    head.append(clean(address), style=style)
    head.stylize("bold", 0, len(head))
    head.append(" " * max(width - cell_len(address), 0) + "  ")
    head.append(clean(change.label))
    if bundle.along:
        head.append(f"  {along(values, bundle)}", style="faint")
    for note, note_style in _remarks(terminal, change):
        head.append(f"  {note}", style=note_style)
    terminal.line(head, indent=2, hanging=4)
    if change.previous:
        text = terminal.say("review-was", address=short_address(change.previous))
        terminal.line(text, indent=6, hanging=2, style="faint")
    for each in (change.reason, *change.irreversible):
        if each is not None:
            _show_reason(terminal, each, alarming=each in change.irreversible)
    kept = kept_names(change)
    if kept:
        text = terminal.say("review-kept", what=terminal.say("list-comma").join(kept))
        terminal.line(text, indent=6, hanging=2, style="faint")
    if not detailed:
        return
    if change.action is Action.create and not values.full:
        _show_brief(terminal, values.brief(change.attributes, said_of(change)))
    else:
        _show_attributes(terminal, change, values)


def along(values: Values, bundle: Bundle) -> str:
    """`with alias, notice, pin`."""
    say = values.terminal.say
    kinds = dict.fromkeys(values.words.kind(each.type) for each in bundle.along)
    return say("review-along", what=say("list-comma").join(kinds))


def said_of(change: Change) -> tuple[str, ...]:
    """What a change's heading says."""
    return (change.label, change.address, short_address(change.address))


def _show_brief(terminal: Terminal, text: str) -> None:
    """What a new object is like, in two lines at most: everything is new, so nothing stands out."""
    room = 2 * (terminal.out.width - 8)
    if cell_len(text) > room:
        while cell_len(text) > room - 3:
            text = text[:-1]
        text += terminal.glyph("…")
    if text:
        terminal.line(text, indent=6, style="faint")


def _remarks(terminal: Terminal, change: Change) -> list[tuple[str, str]]:
    found = []
    if change.protected:
        found.append((terminal.say("review-is-protected"), "caution"))
    if change.action in (Action.forget, Action.archive, Action.replace):
        found.append((terminal.say(f"review-note-{change.action}"), "faint"))
    if change.impact:
        found.append((terminal.count("review-inside", change.impact), "caution"))
    if change.temporary:
        found.append((terminal.say("review-temporary"), "faint"))
    if drifted(change):
        found.append((f"{terminal.glyph('⚠')} {terminal.say('review-drift')}", "caution"))
    return found


def _show_reason(terminal: Terminal, reason: Reason, *, alarming: bool) -> None:
    style = "alarm" if alarming else "faint"
    terminal.line(terminal.say(reason.code, **reason.params), indent=6, hanging=2, style=style)
    hint = terminal.hint(reason.code, **reason.params)
    if hint:
        terminal.line(f"{terminal.glyph('→')} {hint}", indent=6, hanging=2, style="note")


def _show_attributes(terminal: Terminal, change: Change, values: Values) -> None:
    if change.action not in (Action.create, Action.update, Action.replace, Action.move, Action.adopt):
        return
    fresh = change.action is Action.create
    shown = [each for each in told(change) if not (fresh and each.after is None and not each.put)]
    width = min(max((cell_len(values.words.name(each.name)) for each in shown), default=0), _NAME_WIDTH)
    for each in shown:
        mark = terminal.glyph("⚠") if each.why is Why.drift else ""
        note = terminal.say("review-replaces") if each.replaces else ""
        _show_rows(terminal, values.rows(each, fresh=fresh), width, mark, note)


def _show_rows(terminal: Terminal, rows: Sequence[Row], width: int, mark: str, note: str) -> None:
    for row in rows:
        text = Text()
        text.append(row.name + " " * max(width - cell_len(row.name), 0) + "  ", style="faint")
        lead = cell_len(text.plain)
        if row.sign:
            text.append(f"{row.sign} ", style=_SIGNS.get(row.sign, ""))
        text.append(row.text, style=_SIGNS.get(row.sign, "") if row.sign != "~" else "")
        if row.name and mark:
            text.append(f"  {mark}", style="caution")
        if row.name and note:
            text.append(f"  {note}", style="faint")
        terminal.line(text, indent=6, hanging=lead + (2 if row.sign else 0))


def _show_cost(terminal: Terminal, plan: DeploymentPlan) -> None:
    text = terminal.count("review-unchanged-rest", plan.unchanged) if plan.unchanged else ""
    if plan.predicted_requests:
        cost = terminal.count(
            "review-cost", plan.predicted_requests, time=spoken_time(terminal, plan.predicted_seconds)
        )
        text = text + terminal.say("sentence-gap") + cost if text else cost
    if text:
        terminal.line(text, indent=2, hanging=2, style="faint")


def spoken_time(terminal: Terminal, seconds: float) -> str:
    """`under a second`, `12 s`, `3 min`, `2 h 5 min`."""
    whole = round(seconds)
    if whole < 1:
        return terminal.say("time-moment")
    if whole < 90:
        return terminal.say("time-seconds", count=whole)
    minutes = round(whole / 60)
    if minutes < 90:
        return terminal.say("time-minutes", count=minutes)
    return terminal.say("time-hours", hours=minutes // 60, minutes=minutes % 60)

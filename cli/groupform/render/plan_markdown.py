"""Owns the plan as GitHub-flavoured Markdown, for a comment on a pull request."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from groupform.engine.plan import Action, Change, DeploymentPlan, Plan, Undone
from groupform.render.families import Bundle, families, told
from groupform.render.markdown_marks import code as code
from groupform.render.markdown_marks import escape as escape
from groupform.render.markdown_marks import fence as fence
from groupform.render.plan_notes import way_past
from groupform.render.plan_text import along, said_of, spoken_time, summary
from groupform.render.plan_undone import heading, revert, sentences
from groupform.render.plan_view import (
    Tally,
    drift_alone,
    drifted,
    findings,
    gap_groups,
    is_first,
    kept_names,
    short_address,
    steps_to_show,
    tally,
    unread_groups,
)
from groupform.render.steps_markdown import checklist
from groupform.render.terminal import Terminal, clean
from groupform.render.values import Values

# GitHub refuses a comment above 65,536 characters (docs.github.com, REST API, issue comments).
LIMIT = 60_000
_BRIEF = 160

# In a `diff` block GitHub colours a line by its first character; `!` is its orange.
_SIGNS = {Action.create: "+", Action.update: "!", Action.replace: "!"}
_SIGNS |= dict.fromkeys((Action.bind, Action.adopt, Action.move), " ")


@dataclass(frozen=True, slots=True)
class _Detail:
    """How much is said: attributes or headings only, and at most so many lines a list."""

    attributes: bool
    lines: int


_LEVELS = (_Detail(True, 2000), _Detail(False, 400), _Detail(False, 25))


def plan_markdown(terminal: Terminal, plan: Plan, *, limit: int = LIMIT) -> str:
    """The plan as Markdown of at most `limit` characters: what does not fit is counted, never cut off in the middle."""
    text = ""
    for detail in _LEVELS:
        text = _whole(terminal, plan, detail)
        if len(text) <= limit:
            return text
    rest = "\n\n" + escape(terminal.say("markdown-cut")) + "\n"
    cut = text[: limit - len(rest)]
    return cut[: cut.rfind("\n\n")] + rest if "\n\n" in cut else rest.lstrip()


def _whole(terminal: Terminal, plan: Plan, detail: _Detail) -> str:
    parts = ["## groupform plan"]
    if len(plan.deployments) > 1:
        total = sum((tally(each) for each in plan.deployments), Tally())
        parts.append(f"**{escape(summary(terminal, total))}**")
    for each in plan.deployments:
        parts.extend(_deployment(terminal, each, detail))
    if plan.digest:
        parts.append(f"<sub>{escape(terminal.say('markdown-digest'))} {code(plan.digest)}</sub>")
    return "\n\n".join(parts) + "\n"


def _deployment(terminal: Terminal, plan: DeploymentPlan, detail: _Detail) -> Iterable[str]:
    account = f" · {code(plan.inputs.account)}" if plan.inputs.account else ""
    yield f"### {code(plan.deployment)} {escape(plan.platform)}{account} · {escape(plan.environment)}"
    yield f"**{escape(summary(terminal, tally(plan)))}**"
    if plan.undone is not None:
        yield "\n".join(f"> {escape(each)}" for each in heading(terminal, plan.undone))
    yield from _findings(terminal, plan)
    if plan.unreadable:
        lines = [
            f"- {', '.join(code(short_address(one.address)) for one in each.objects[: detail.lines])} "
            + f"{escape(each.objects[0].label)}: {escape(terminal.say(each.reason.code, **each.reason.params))}"
            for each in unread_groups(plan)
        ]
        title = escape(terminal.count("unreadable-title", len(plan.unreadable)))
        yield "\n".join((f"> [!WARNING]\n> {title}\n", *lines))
    if plan.changes:
        body = fence("diff", _changes(terminal, plan, detail))
        title = escape(terminal.count("markdown-changes", len(plan.changes)))
        yield _details(title, body, opened=len(plan.changes) <= 20)
    else:
        yield escape(terminal.count("review-unchanged", plan.unchanged))
    changed = drift_alone(plan)
    if changed:
        places = ", ".join(code(each) for each in changed[: detail.lines])
        yield f"{escape(terminal.count('drift-title', len(changed)))} {places}"
    if plan.remembered:
        names = ", ".join(code(short_address(each)) for each in plan.remembered[: detail.lines])
        yield escape(terminal.count("remembered", len(plan.remembered), names="")) + names
    shown, rest = steps_to_show(plan)
    shown, rest = shown[: detail.lines], rest + len(shown[detail.lines :])
    if shown:
        yield f"#### {escape(terminal.say('steps-title'))}"
        yield "\n".join(checklist(terminal, shown))
    if rest:
        yield escape(terminal.count("steps-rest", rest))
    yield from _gaps(terminal, plan, detail)
    if plan.undone is not None:
        yield from _undone(terminal, plan.undone)
    if plan.predicted_requests:
        time = spoken_time(terminal, plan.predicted_seconds)
        yield f"<sub>{escape(terminal.count('review-cost', plan.predicted_requests, time=time))}</sub>"


def _findings(terminal: Terminal, plan: DeploymentPlan) -> Iterable[str]:
    for kind, each in findings(plan):
        text = escape(terminal.say(each.reason.code, **each.reason.params))
        lines = [
            f"> [!{'CAUTION' if each.blocks else 'WARNING'}]",
            f"> **{escape(terminal.say(f'finding-{kind}' if each.blocks else 'finding-remark').strip())}** {text}",
        ]
        if each.addresses:
            lines.append("> " + ", ".join(code(address) for address in each.addresses[:20]))
        hint = terminal.hint(each.reason.code, **each.reason.params)
        if hint:
            lines.append(f"> {escape(hint)}")
        if each.blocks:
            lines.append(f"> {escape(way_past(terminal, each, plan.digest))}")
        yield "  \n".join(lines).replace("]  \n", "]\n", 1)


def _changes(terminal: Terminal, plan: DeploymentPlan, detail: _Detail) -> list[str]:
    values = Values(terminal, plan.deployment, platform=plan.platform)
    lines: list[str] = []
    for family in families(plan.changes):
        for index, bundle in enumerate(family.shown):
            lines.append(_head(terminal, bundle, values))
            if detail.attributes and index < family.detailed and not family.same:
                lines.extend(_attributes(bundle.change, values))
        if family.hidden:
            lines.append(f"    … {terminal.count('review-more-alike', family.hidden)}")
        if family.same and detail.attributes:
            lines.extend(_attributes(family.shown[0].change, values))
    if len(lines) > detail.lines:
        rest = len(lines) - detail.lines
        lines = [*lines[: detail.lines], f"    … {terminal.count('more-lines', rest)}"]
    return lines


def _head(terminal: Terminal, bundle: Bundle, values: Values) -> str:
    change = bundle.change
    sign = _SIGNS.get(change.action, "-")
    notes = [along(values, bundle)] if bundle.along else []
    if change.protected:
        notes.append(terminal.say("review-is-protected"))
    if change.action in (Action.forget, Action.archive, Action.replace):
        notes.append(terminal.say(f"review-note-{change.action}"))
    if change.previous:
        notes.append(terminal.say("review-was", address=short_address(change.previous)))
    if change.impact:
        notes.append(terminal.count("review-inside", change.impact))
    if drifted(change):
        notes.append(terminal.say("review-drift"))
    if change.reason:
        notes.append(terminal.say(change.reason.code, **change.reason.params))
    kept = kept_names(change)
    if kept:
        notes.append(terminal.say("review-kept", what=terminal.say("list-comma").join(kept)))
    notes.extend(terminal.say(each.code, **each.params) for each in change.irreversible)
    tail = f"  ({'; '.join(notes)})" if notes else ""
    label = clean(change.label).replace("\n", " ")
    return f"{sign} {change.action.glyph} {clean(short_address(change.address))}  {label}{tail}"


def _attributes(change: Change, values: Values) -> Iterable[str]:
    if change.action not in (Action.create, Action.update, Action.replace, Action.move, Action.adopt):
        return
    fresh = change.action is Action.create
    if fresh:
        brief = values.brief(change.attributes, said_of(change))
        yield f"        {brief if len(brief) <= _BRIEF else brief[: _BRIEF - 1] + '…'}"
        return
    for attribute in told(change):
        for row in values.rows(attribute, fresh=fresh):
            sign = row.sign if row.sign in ("+", "-") and not fresh else " "
            name = f"{row.name}: " if row.name else "  "
            yield f"{sign}       {name}{row.text}"


def _gaps(terminal: Terminal, plan: DeploymentPlan, detail: _Detail) -> Iterable[str]:
    shouted = gap_groups((each for each in plan.gaps if not each.accepted), terminal.say_reason)
    accepted = sum(1 for each in plan.gaps if each.accepted)
    count = sum(each.count for each in shouted)
    if shouted and is_first(plan):
        lines = [
            f"- {escape(terminal.say(each.gap.reason.code, **each.gap.reason.params))}"
            f"{f' ({each.count})' if each.count > 1 else ''}: {', '.join(code(place) for place in each.places)}"
            for each in shouted[: detail.lines]
        ]
        yield _details(escape(terminal.count("review-gaps", count)), "\n".join(lines), opened=False)
    elif shouted:
        yield escape(terminal.count("gaps-known", count))
    if accepted:
        yield escape(terminal.count("gaps-accepted", accepted))


def _undone(terminal: Terminal, undone: Undone) -> Iterable[str]:
    lost = [f"- {escape(each)}" for each in sentences(terminal, undone.lost)]
    if lost:
        yield "\n".join((f"#### {escape(terminal.say('undo-lost-title'))}\n", *lost))
    first, *rest = revert(terminal, undone)
    yield "\n".join((f"**{escape(first)}**\n", *(f"- {escape(each)}" for each in rest)))


def _details(title: str, body: str, *, opened: bool) -> str:
    return f"<details{' open' if opened else ''}><summary>{title}</summary>\n\n{body}\n\n</details>"

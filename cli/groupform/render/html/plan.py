"""Owns the plan as a page, opened from a job's files: nothing is fetched, what is folded away is behind its line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from groupform.engine.plan import Action, Change, DeploymentPlan, Plan, Reason, Step
from groupform.render.families import Bundle, bundles, families, told
from groupform.render.html.frame import environment, part, policy
from groupform.render.plan_notes import way_past
from groupform.render.plan_text import STYLES, along, said_of, spoken_time, summary
from groupform.render.plan_undone import heading, revert, sentences
from groupform.render.plan_view import (
    Tally,
    drift_alone,
    drifted,
    findings,
    gap_groups,
    kept_names,
    short_address,
    steps_to_show,
    tally,
    unread_groups,
)
from groupform.render.side_by_side import pairs
from groupform.render.step_batches import batches, name_of
from groupform.render.step_words import (
    day,
    differs,
    further,
    headline,
    purpose,
    text_title,
    where_and_how,
    without_name,
)
from groupform.render.terminal import Terminal, clean
from groupform.render.values import Row, Values


@dataclass(frozen=True, slots=True)
class _Change:
    glyph: str
    style: str
    address: str
    label: str
    notes: tuple[str, ...]
    reasons: tuple[tuple[str, str | None, bool], ...]
    brief: str
    rows: tuple[Row, ...]
    along: tuple[tuple[str, str, str], ...]
    """What comes with it: glyph, address, label."""


@dataclass(frozen=True, slots=True)
class _Family:
    """Changes that are alike: the first few, and behind a line the others."""

    shown: tuple[_Change, ...]
    more: str
    others: tuple[_Change, ...]


@dataclass(frozen=True, slots=True)
class _Finding:
    title: str
    text: str
    blocks: bool
    addresses: tuple[str, ...]
    hints: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Step:
    sentence: str
    status: str
    status_name: str
    facts: tuple[str, ...]
    texts: tuple[tuple[str, str], ...]
    """Under what it is called, each text to paste."""
    beside: tuple[tuple[str, str, bool], ...]
    """Where the text changes: line by line the old one, the new one, and whether they differ."""
    key: str


@dataclass(frozen=True, slots=True)
class _Batch:
    who: str
    headline: str
    steps: tuple[_Step, ...]


@dataclass(frozen=True, slots=True)
class _Section:
    """One deployment."""

    name: str
    place: str
    summary: str
    lead: tuple[str, ...]
    findings: tuple[_Finding, ...]
    unread: tuple[tuple[tuple[str, ...], str, str | None], ...]
    families: tuple[_Family, ...]
    asides: tuple[tuple[str, tuple[str, ...]], ...]
    """What is said before the steps: a line, and what it is about."""
    steps: tuple[_Batch, ...]
    rest: str
    others: tuple[_Batch, ...]
    waiting: tuple[str, tuple[str, ...]] | None
    gaps: tuple[str, tuple[tuple[str, int, str], ...]] | None
    notes: tuple[str, ...]
    lost: tuple[str, tuple[str, ...]] | None
    revert: tuple[str, ...]


def plan_html(terminal: Terminal, plan: Plan, *, full: bool = False) -> str:
    """The page, as one document of HTML: the same plan gives the same bytes. With `full` every value is whole, that of
    new objects too, and no change stands behind another."""
    total = sum((tally(each) for each in plan.deployments), Tally())
    style = part("plan.css")
    return (
        environment()
        .from_string(part("plan.html.j2"))
        .render(
            lang=terminal.words.lang,
            policy=policy(style),
            style=Markup(style),
            title=terminal.say("plan-page-title"),
            summary=summary(terminal, total) if plan.deployments else terminal.say("review-nothing"),
            many=len(plan.deployments) > 1,
            sections=[_section(terminal, each, full) for each in plan.deployments],
            digest=plan.digest,
            say=terminal.say,
        )
    )


def _section(terminal: Terminal, plan: DeploymentPlan, full: bool) -> _Section:
    named = any(each.isalnum() for each in plan.inputs.account)
    place = [plan.platform, *([plan.inputs.account] if named else []), plan.environment]
    now, rest = steps_to_show(plan)
    told_now = {each.key for each in now}
    later = [each for each in plan.steps if each.key not in told_now]
    undone = plan.undone
    lost = tuple(clean(each) for each in sentences(terminal, undone.lost)) if undone is not None else ()
    return _Section(
        name=clean(plan.deployment),
        place=clean(" · ".join(place)),
        summary=summary(terminal, tally(plan)),
        lead=tuple(
            clean(each)
            for each in (
                *(heading(terminal, undone) if undone is not None else ()),
                *(_said(terminal, each) for each in plan.recovery),
            )
        ),
        findings=tuple(_findings(terminal, plan)),
        unread=tuple(
            (
                tuple(f"{clean(short_address(one.address))}  {clean(one.label)}" for one in each.objects),
                _said(terminal, each.reason),
                terminal.hint(each.reason.code, **each.reason.params),
            )
            for each in unread_groups(plan)
        ),
        families=tuple(_families(terminal, plan, full)),
        asides=tuple(_asides(terminal, plan)),
        steps=tuple(_batches(terminal, now)),
        rest=terminal.count("steps-rest", rest) if rest else "",
        others=tuple(_batches(terminal, later)),
        waiting=_waiting(terminal, plan),
        gaps=_gaps(terminal, plan),
        notes=tuple(_notes(terminal, plan)),
        lost=(terminal.say("undo-lost-title"), lost) if lost else None,
        revert=tuple(clean(each) for each in revert(terminal, undone)) if undone is not None else (),
    )


def _said(terminal: Terminal, reason: Reason) -> str:
    return clean(terminal.say(reason.code, **reason.params))


def _findings(terminal: Terminal, plan: DeploymentPlan) -> Iterator[_Finding]:
    for kind, each in findings(plan):
        hint = terminal.hint(each.reason.code, **each.reason.params)
        past = way_past(terminal, each, plan.digest) if each.blocks else None
        title = terminal.say(f"finding-{kind}" if each.blocks else "finding-remark").strip()
        yield _Finding(
            title,
            _said(terminal, each.reason),
            each.blocks,
            tuple(clean(short_address(one)) for one in each.addresses),
            tuple(clean(one) for one in (hint, past) if one),
        )


def _families(terminal: Terminal, plan: DeploymentPlan, full: bool) -> Iterator[_Family]:
    """Those that a terminal folds away stand behind the line that counts them."""
    values = Values(terminal, plan.deployment, full, plan.platform)
    every = families(plan.changes, full=full)
    shown = {id(each.change) for family in every for each in family.shown}
    folded = [each for each in bundles(plan.changes) if id(each.change) not in shown] if not full else []
    for family in every:
        own: list[Bundle] = []
        if family.hidden:
            kind, action = family.shown[0].change.type, family.shown[0].change.action
            alike = [each for each in folded if (each.change.type, each.change.action) == (kind, action)]
            own = alike[: family.hidden]
            taken = {id(each) for each in own}
            folded = [each for each in folded if id(each) not in taken]
        yield _Family(
            tuple(_change(terminal, each, values) for each in family.shown),
            terminal.count("review-more-alike", family.hidden) if family.hidden else "",
            tuple(_change(terminal, each, values) for each in own),
        )
    if folded:
        rest = tuple(_change(terminal, each, values) for each in folded)
        yield _Family((), terminal.count("review-more-alike", len(rest)), rest)


def _change(terminal: Terminal, bundle: Bundle, values: Values) -> _Change:
    change = bundle.change
    fresh = change.action is Action.create
    known = (Action.update, Action.replace, Action.move, Action.adopt, *([Action.create] if values.full else []))
    rows = [row for each in told(change) for row in values.rows(each, fresh=fresh)] if change.action in known else []
    return _Change(
        change.action.glyph,
        STYLES[change.action],
        clean(short_address(change.address)),
        clean(change.label),
        tuple(_remarks(terminal, bundle, values)),
        tuple(
            (_said(terminal, each), terminal.hint(each.code, **each.params), each in change.irreversible)
            for each in (change.reason, *change.irreversible)
            if each is not None
        ),
        clean(values.brief(change.attributes, said_of(change))) if fresh and not values.full else "",
        tuple(Row(each.sign, clean(each.text), clean(each.name)) for each in rows),
        tuple((each.action.glyph, clean(short_address(each.address)), clean(each.label)) for each in bundle.along),
    )


def _remarks(terminal: Terminal, bundle: Bundle, values: Values) -> Iterator[str]:
    change: Change = bundle.change
    if bundle.along:
        yield along(values, bundle)
    if change.protected:
        yield terminal.say("review-is-protected")
    if change.action in (Action.forget, Action.archive, Action.replace):
        yield terminal.say(f"review-note-{change.action}")
    if change.previous:
        yield terminal.say("review-was", address=short_address(change.previous))
    if change.impact:
        yield terminal.count("review-inside", change.impact)
    if change.temporary:
        yield terminal.say("review-temporary")
    if drifted(change):
        yield terminal.say("review-drift")
    kept = kept_names(change)
    if kept:
        yield terminal.say("review-kept", what=terminal.say("list-comma").join(kept))


def _asides(terminal: Terminal, plan: DeploymentPlan) -> Iterator[tuple[str, tuple[str, ...]]]:
    if not plan.changes and plan.unchanged:
        yield terminal.count("review-unchanged", plan.unchanged), ()
    changed = drift_alone(plan)
    if changed:
        yield terminal.count("drift-title", len(changed)), tuple(clean(each) for each in changed)
    settled = {each.partition("!")[0] for each in plan.converged}
    if settled:
        yield terminal.count("converged", len(settled)), ()
    if plan.remembered:
        names = terminal.say("list-comma").join(short_address(each) for each in plan.remembered)
        yield terminal.count("remembered", len(plan.remembered), names=clean(names)), ()


def _batches(terminal: Terminal, steps: Sequence[Step]) -> Iterator[_Batch]:
    for each in batches(steps):
        title = headline(terminal, each) if len(each.steps) > 1 else ""
        yield _Batch(clean(each.name), clean(title), tuple(_step(terminal, one) for one in each.steps))


def _step(terminal: Terminal, step: Step) -> _Step:
    comma = terminal.say("list-comma")
    why = purpose(terminal, step)
    facts = [
        where_and_how(terminal, step),
        terminal.say("steps-why", why=why) if why else None,
        terminal.say("steps-due", due=day(step.due)) if step.due else None,
        terminal.say("steps-after", first=comma.join(map(short_address, step.blocked_by))) if step.blocked_by else None,
        terminal.say("steps-instead-of", who=name_of(step), other=step.instead_of) if step.instead_of else None,
        *(terminal.say("steps-file", path=each.path) for each in step.files),
    ]
    turned = bool(step.text and step.was and differs(terminal, step))
    texts = [(text_title(terminal, step), step.text)] if step.text and not turned else []
    return _Step(
        clean(without_name(terminal, step)),
        str(step.status),
        terminal.say(f"steps-status-{step.status}"),
        tuple(clean(each) for each in facts if each),
        tuple((clean(title), _plain(text)) for title, text in (*texts, *further(terminal, step))),
        tuple((_plain(a), _plain(b), a != b) for a, b in _beside(step)) if turned else (),
        clean(step.key),
    )


def _beside(step: Step) -> Iterator[tuple[str, str]]:
    for pair in pairs(step.was or "", step.text or ""):
        yield pair.old or "", pair.new or ""


def _plain(text: str) -> str:
    return "\n".join(clean(each) for each in text.splitlines())


def _waiting(terminal: Terminal, plan: DeploymentPlan) -> tuple[str, tuple[str, ...]] | None:
    if not plan.waiting:
        return None
    comma = terminal.say("list-comma")
    lines = [
        f"{short_address(each.address)}  {each.label}  "
        + terminal.say("steps-after", first=comma.join(map(short_address, each.blocked_by)))
        for each in plan.waiting
    ]
    return terminal.count("waiting-title", len(plan.waiting)), tuple(map(clean, lines))


def _gaps(terminal: Terminal, plan: DeploymentPlan) -> tuple[str, tuple[tuple[str, int, str], ...]] | None:
    shouted = gap_groups((each for each in plan.gaps if not each.accepted), terminal.say_reason)
    if not shouted:
        return None
    comma = terminal.say("list-comma")
    lines = [(_said(terminal, each.gap.reason), each.count, clean(comma.join(each.places))) for each in shouted]
    return terminal.count("review-gaps", sum(each.count for each in shouted)), tuple(lines)


def _notes(terminal: Terminal, plan: DeploymentPlan) -> Iterator[str]:
    accepted = tally_accepted(plan)
    if accepted:
        yield terminal.count("gaps-accepted", accepted)
    if plan.unmanaged:
        names = terminal.say("list-comma").join(clean(each.label or each.id) for each in plan.unmanaged)
        yield terminal.count("unmanaged", len(plan.unmanaged), names=names)
    if plan.changes and plan.unchanged:
        yield terminal.count("review-unchanged-rest", plan.unchanged)
    if plan.changes and plan.predicted_requests:
        time = spoken_time(terminal, plan.predicted_seconds)
        yield terminal.count("review-cost", plan.predicted_requests, time=time)


def tally_accepted(plan: DeploymentPlan) -> int:
    """How many gaps the project has accepted."""
    return len({each.path for each in plan.gaps if each.accepted})

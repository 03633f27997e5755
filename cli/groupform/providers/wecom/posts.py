"""Owns what becomes of the calendar's posts on WeCom: mass messages, which a group's owner sends (shared facts §4)."""

from __future__ import annotations

from collections.abc import Iterator

from groupform.calendar.parts import filled_text
from groupform.compile.resource import Outcome
from groupform.compile.team import owners_of, people_of
from groupform.compile.titles import text_words
from groupform.config.diagnostics import Severity
from groupform.config.placeholders import words
from groupform.config.project import GroupInstance
from groupform.providers.wecom.bench import Bench
from groupform.providers.wecom.limits import LIMITS
from groupform_schemas import CalendarItem, Post


def compile_posts(bench: Bench) -> None:
    """Notes who will have to send each post, and what a mass message cannot be."""
    for key, planned in bench.deployment.community.model.calendar.items():
        path = f"calendar.{key}"
        # That it stands on the team's calendar is one thing; that it is sent another.
        bench.trace.besides(path)
        if planned.post is not None:
            _beside(bench, path, planned.post)
            _sender(bench, path, planned)
            _many(bench, path, planned, planned.post)


def _beside(bench: Bench, path: str, post: Post) -> None:
    limit = LIMITS["attachments-of-a-message"]
    count = len(post.attach or ()) + (post.card is not None)
    if count > limit.most:
        bench.warn(
            "wecom-post-attachments", bench.place(f"{path}.post"), key=path.partition(".")[2], count=count,
            limit=limit.most, source=limit.source,
        )  # fmt: skip


def _sender(bench: Bench, path: str, planned: CalendarItem) -> None:
    """Only the owner of a group can send there: `by` means them, or a role or duty of theirs, or nothing."""
    if planned.by is None:
        return
    named = people_of(bench.deployment, planned.by)
    others = {
        bench.label(group): owner
        for group in _groups(bench, planned)
        if (owner := next(iter(owners_of(bench.deployment, group)), None)) is not None and owner not in named
    }
    leaves = [f"{path}.by", *(f"{path}.by.{each}" for each in ("person", "role", "duty"))]
    for leaf in leaves:
        if others:
            bench.trace.instead(leaf, Outcome.gap, "wecom-gap-by", groups=", ".join(others))
        else:
            bench.trace.instead(leaf, Outcome.scheduled, "wecom-scheduled")


def _many(bench: Bench, path: str, planned: CalendarItem, post: Post) -> None:
    """Words that differ from group to group make a message for each: somebody has to confirm them one by one."""
    community = bench.deployment.community
    if not set(words(filled_text(community, post, {}))) - {"community"}:
        return
    texts: dict[str, set[str]] = {}
    for group in _groups(bench, planned):
        owner = next(iter(owners_of(bench.deployment, group)), None)
        if owner is not None:
            values = {**group.values, **text_words(bench.deployment, group)}
            texts.setdefault(owner, set()).add(filled_text(community, post, values))
    owner, several = max(texts.items(), key=lambda each: len(each[1]), default=("", set()))
    if len(several) > 1:
        name = bench.deployment.people[owner].name if owner in bench.deployment.people else owner
        bench.warn(
            "wecom-post-many-messages", bench.place(f"{path}.post"), severity=Severity.note,
            key=path.partition(".")[2], owner=name, count=len(several),
        )  # fmt: skip


def _groups(bench: Bench, planned: CalendarItem) -> Iterator[GroupInstance]:
    return (each for each in bench.deployment.groups if each.name in planned.to or each.group in planned.to)
